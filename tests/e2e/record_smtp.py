"""A small SMTP server for the tests that appends every byte it gets in DATA to FILE, and
the commands to FILE.commands. Usage: ADDRESS PORT FILE."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 recorder.example ESMTP")
        for raw in self.rfile:
            verb = raw.decode(errors="replace").strip().upper()
            with open(sys.argv[3] + ".commands", "ab") as out:
                out.write(raw)
            if verb.startswith("EHLO"):
                self.say("250-recorder.example\r\n250 8BITMIME")
            elif verb == "DATA":
                self.say("354 go on")
                with open(sys.argv[3], "ab") as out:
                    while (line := self.rfile.readline()) not in (b".\r\n", b""):
                        out.write(line)
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
