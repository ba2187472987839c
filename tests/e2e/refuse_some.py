"""A small SMTP server for the tests: refuses bad@ for good, busy@ for now, takes the
rest and appends the accepted recipients to a file. Usage: ADDRESS PORT FILE."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        accepted = []
        self.say("220 picky.example ESMTP")
        for raw in self.rfile:
            line = raw.decode(errors="replace").strip()
            verb = line.upper()
            if verb.startswith("EHLO"):
                self.say("250-picky.example\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME")
            elif verb.startswith("RCPT TO:<BAD@"):
                self.say("550-5.1.1 there is\r\n550 5.1.1 no pigeon of that name")
            elif verb.startswith("RCPT TO:<BUSY@"):
                self.say("450 4.2.1 asleep")
            elif verb.startswith("RCPT"):
                accepted.append(line)
                self.say("250 2.1.5 ok")
            elif verb == "DATA":
                self.say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                with open(sys.argv[3], "a", encoding="utf-8") as out:
                    out.write("".join(a + "\n" for a in accepted))
                accepted = []
                self.say("250 2.0.0 taken")
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 ok")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server((sys.argv[1], int(sys.argv[2])), Session).serve_forever()
