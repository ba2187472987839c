"""The next host of the crash tests: an SMTP server that keeps what it takes.
Usage: ADDRESS PORT FOLDER. Each message is a file in FOLDER: its recipients a line each,
an empty line, the text. bad@ is refused for good; the first try of slow@ is put off."""
import os
import socketserver
import sys
import threading

tried = set()
lock = threading.Lock()
count = 0


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def rcpt(self, address):
        if address.startswith("bad"):
            return "550 5.1.1 no such pigeon"
        if address.startswith("slow"):
            with lock:
                if address not in tried:
                    tried.add(address)
                    return "450 4.2.1 asleep"
        self.recipients.append(address)
        return "250 2.1.5 ok"

    def data(self):
        global count
        if not self.recipients:
            return self.say("554 5.5.1 no recipients")
        self.say("354 go on")
        text = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return None  # cut off: not taken
            text += line[1:] if line.startswith(b".") else line
        with lock:
            count += 1
            name = f"{sys.argv[3]}/{count}"
        with open(name + ".part", "wb") as out:
            out.write("".join(r + "\n" for r in self.recipients).encode() + b"\n" + text)
        os.rename(name + ".part", name)
        self.recipients = []
        return self.say("250 2.0.0 taken")

    def handle(self):
        self.recipients = []
        try:
            self.serve()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def serve(self):
        self.say("220 sink.test ESMTP")
        for raw in self.rfile:
            line = raw.decode(errors="replace").strip()
            verb = line.upper()
            if verb.startswith("EHLO"):
                self.say("250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
            elif verb.startswith("RCPT"):
                self.say(self.rcpt(line.split("<")[1].split(">")[0]))
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


with Server((sys.argv[1], int(sys.argv[2])), Session) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
