"""The next host: an SMTP server in a thread, which keeps what it takes. bad...@ is refused
for good, slowN...@ is put off N times. Its answer to a message names subject and recipients,
for the recording to know what was relayed when."""
import re
import socketserver
import threading

PORT = 2525


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def rcpt(self, address):
        sink = self.server.sink
        slow = re.match(r"slow(\d)", address)
        with sink.lock:
            if address.startswith("bad"):
                return "550 5.1.1 no such pigeon"
            if slow and sink.tries.get(address, 0) < min(int(slow.group(1)), sink.patience):
                sink.tries[address] = sink.tries.get(address, 0) + 1
                return "450 4.2.1 asleep"
        self.recipients.append(address)
        return "250 2.1.5 ok"

    def data(self):
        if not self.recipients:
            return self.say("554 5.5.1 no recipients")
        self.say("354 go on")
        text = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return None
            text += line[1:] if line.startswith(b".") else line
        # A report of TLS goes by its domain.
        subject = re.search(rb"^(?:Subject|TLS-Report-Domain): (\S+)\r$", text, re.M).group(1).decode()
        with self.server.sink.lock:
            self.server.sink.taken.append((subject, tuple(self.recipients), text))
        return self.say(f"250 2.0.0 taken {subject} {','.join(self.recipients)}")

    def handle(self):
        self.recipients = []
        try:
            self.serve()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def serve(self):
        self.say("220 sink.test ESMTP")
        for raw in self.rfile:
            verb = raw.decode(errors="replace").strip().upper()
            if verb.startswith("EHLO"):
                self.say("250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
            elif verb.startswith("RCPT"):
                self.say(self.rcpt(raw.decode().split("<")[1].split(">")[0]))
            elif verb == "DATA":
                self.data()
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                if verb.startswith(("MAIL", "RSET")):
                    self.recipients = []
                self.say("250 2.0.0 ok")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


class Sink:
    """patience: how often at most a slow recipient is put off."""

    def __init__(self, patience):
        self.lock = threading.Lock()
        self.patience = patience
        self.reset(patience)
        self.server = Server(("127.0.0.1", PORT), Session)
        self.server.sink = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def reset(self, patience):
        with self.lock:
            self.taken, self.tries, self.patience = [], {}, patience

    def close(self):
        self.server.shutdown()
        self.server.server_close()
