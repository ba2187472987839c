#!/usr/bin/env python3
"""A server of SMTP that does what a test tells it.

    fake_smtp.py DIR [ADDRESS[:PORT]] [RULE]...

(an IPv6 address in brackets) writes its port to DIR/port, each line that it gets to DIR/seen as "N VERB ..." (N: the
connection's number), how many lines came in one piece as "N +COUNT", and each message,
as it came, to DIR/message.N.M.

RULE is [COUNT*]REGEX=ACTION: the first whose REGEX matches the start of a command, and
that was not used COUNT times yet, tells the answer. "TCP" stands for a new connection, "CONNECT" for the greeting,
"BODY" for a message's end, "BYTES" for the first bytes of a message. ACTION is the
reply, with \\n between its lines, or CLOSE, or HANG (says nothing),
or STOP (does not even read); REPLY|CLOSE closes after the reply,
REPLY|DROP resets the connection; EHLO=a,b,c offers extensions, WITHIN=a,b,c
others in their place within TLS.
REPLY|TLS goes on in TLS with DIR/chain.pem and DIR/key.pem, as "N tls NAME" in DIR/seen
tells; REPLY|SCRAM:MODE (with an empty REPLY) goes on with the client's first message of
SCRAM-SHA-256 (scram_server.py);
FIRST-CLOSE, FIRST-DROP and FIRST-HANG behind the bar take the client's first
flight of the handshake and do so; HALF-CLOSE, HALF-DROP and HALF-HANG send half of the
server's flight before that.
"""
import base64
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

import scram_server

ADDRESS = re.compile(r"(?P<host>[0-9.]+|\[[0-9a-f:]+\])(:(?P<port>\d+))?")

DEFAULTS = {
    "CONNECT": "220 fake.example ESMTP",
    "HELO": "250 fake.example",
    "MAIL": "250 2.1.0 sender ok",
    "RCPT": "250 2.1.5 recipient ok",
    "DATA": "354 go on",
    "BODY": "250 2.0.0 taken",
    "RSET": "250 2.0.0 reset",
    "QUIT": "221 2.0.0 bye",
}


class Rule:
    def __init__(self, text):
        match = re.match(r"(?:(\d+)\*)?(.*?)=(.*)", text, re.S)
        self.left = int(match[1]) if match[1] else 1 << 30
        self.regex = re.compile(match[2])
        self.action = match[3]


class Gone(Exception):
    pass


class Connection:
    def __init__(self, server, sock, number):
        self.server, self.sock, self.number = server, sock, number
        self.pending, self.messages, self.recipients = b"", 0, 0
        self.is_tls = False

    def note(self, text):
        with self.server.lock, open(self.server.path("seen"), "a") as file:
            file.write("%d %s\n" % (self.number, text))

    def receive(self):
        data = self.sock.recv(1 << 20)
        if not data:
            raise Gone
        self.pending += data
        return data

    def line(self):
        while b"\n" not in self.pending:
            self.note("+%d" % self.receive().count(b"\n"))
        line, self.pending = self.pending.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "surrogateescape")

    def message(self):
        parts, at = b"", 0
        while True:
            if parts.startswith(b".\r\n"):
                at = 0
                break
            at = parts.find(b"\r\n.\r\n", max(0, at - 5))
            if at >= 0:
                at += 2
                break
            at = len(parts)
            if not self.pending:
                self.receive()
            parts, self.pending = parts + self.pending, b""
            self.answer("BYTES", None)
        self.pending = parts[at + 3:]
        self.messages += 1
        name = "message.%d.%d" % (self.number, self.messages)
        with open(self.server.path(name), "wb") as file:
            file.write(parts[:at])
        self.note("message %d" % at)

    def say(self, text):
        lines = text.split("\\n") + [""]
        self.sock.sendall("\r\n".join(lines).encode("utf-8", "surrogateescape"))

    def answer(self, command, default):
        action = self.server.choose(command) or default
        if action is None:
            return None
        if action == "STOP":
            time.sleep(10)
            raise Gone
        if action == "HANG":
            self.sock.settimeout(10)
            while True:
                self.receive()
        text, _, then = action.partition("|")
        if action in ("CLOSE", "DROP"):
            text, then = "", action
        if text:
            self.say(text)
        if then == "TLS":
            self.start_tls()
            return text
        if then.startswith("SCRAM"):
            scram_server.run(self, base64.b64decode(command.split()[2]), then[6:])
            return text
        if then.startswith("HALF"):
            self.send_half()
        elif then.startswith("FIRST"):
            self.receive()
        if then.endswith("HANG"):
            time.sleep(30)
        if then.endswith("DROP"):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
        if then:
            raise Gone
        return text

    def start_tls(self):
        context = self.server.context()
        names = []
        context.sni_callback = lambda _sock, name, _context: names.append(name)
        self.pending = b""
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.is_tls = True
        self.note("tls %s" % (names[0] if names else None))

    def send_half(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.server.context().wrap_bio(incoming, outgoing, server_side=True)
        while outgoing.pending == 0:
            incoming.write(self.sock.recv(1 << 16))
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
        flight = outgoing.read()
        self.sock.sendall(flight[:len(flight) // 2])

    def serve(self):
        self.note("connect")
        self.answer("TCP", None)
        self.answer("CONNECT", DEFAULTS["CONNECT"])
        while True:
            command = self.line()
            self.note(command)
            verb = command[:4].upper()
            if verb == "EHLO":
                offered = self.server.extensions
                if self.is_tls and self.server.within is not None:
                    offered = self.server.within
                lines = ["fake.example greets you"] + offered
                text = "\\n".join("250%s%s" % ("- "[i == len(lines) - 1], line)
                                  for i, line in enumerate(lines))
                self.answer(command, text)
                continue
            default = DEFAULTS.get(verb, "500 5.5.1 what")
            if verb == "DATA" and self.recipients == 0:
                default = "554 5.5.1 no valid recipients"
            said = self.answer(command, default)
            self.recipients += verb == "RCPT" and said.startswith("250")
            if verb in ("MAIL", "RSET"):
                self.recipients = 0
            if verb == "DATA" and said.startswith("354"):
                self.message()
                self.answer("BODY", DEFAULTS["BODY"] if self.recipients
                            else "554 5.5.1 no valid recipients")
                self.recipients = 0
            if verb == "QUIT":
                raise Gone

    def run(self):
        try:
            self.serve()
        except (Gone, OSError):  # ssl.SSLError is one
            pass
        self.note("end")
        self.sock.close()


class Server:
    def __init__(self, folder, address, rules):
        self.folder, self.lock, self.count = folder, threading.Lock(), 0
        self.extensions, self.within = [], None
        self.rules = []
        for rule in rules:
            if rule.startswith("EHLO=") and not re.match(r"EHLO=(\d|CLOSE|HANG)", rule):
                self.extensions = [word for word in rule[5:].split(",") if word]
            elif rule.startswith("WITHIN="):
                self.within = [word for word in rule[7:].split(",") if word]
            else:
                self.rules.append(Rule(rule))
        host, port = ADDRESS.fullmatch(address).group("host", "port")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host.strip("[]"), int(port or 0)),
                                             family=family, backlog=50)
        # So little is on the way that one who does not read is noticed soon.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        with open(self.path("port.new"), "w") as file:
            file.write("%d\n" % self.listener.getsockname()[1])
        os.rename(self.path("port.new"), self.path("port"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path("chain.pem"), self.path("key.pem"))
        return context

    def choose(self, command):
        with self.lock:
            for rule in self.rules:
                if rule.left > 0 and rule.regex.match(command):
                    rule.left -= 1
                    return rule.action
        return None

    def run(self):
        while True:
            sock, _ = self.listener.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.count += 1
            connection = Connection(self, sock, self.count)
            threading.Thread(target=connection.run, daemon=True).start()


def main(args):
    folder = args.pop(0)
    address = args.pop(0) if args and ADDRESS.fullmatch(args[0]) else "127.0.0.1"
    Server(folder, address, args).run()


if __name__ == "__main__":
    main(sys.argv[1:])
