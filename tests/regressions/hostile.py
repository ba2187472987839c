"""Programs of pombo on one end of a socket pair and under a memory limit, with a
hostile peer (the test) on the other."""
import os
import resource
import socket
import subprocess
import tempfile

BIN = os.environ["POMBO_BIN"]
with open(BIN + "/smtpd", "rb") as program:
    SANITIZED = b"__asan_init" in program.read()
# The sanitizers need terabytes of address space, and time: there a quarter of each
# flood, and a limit only on what was in memory at once.
GIGABYTE = (1 << 30) >> (2 if SANITIZED else 0)
MEMORY = 48 << 20
RESIDENT_KB = 400000 if SANITIZED else 24000
BLOCK = 1 << 20


def limit():
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def flood(sock, bytes_=b"x", total=GIGABYTE):
    """Sends TOTAL bytes; stops where the other side hangs up. How many went."""
    block = (bytes_ * (BLOCK // len(bytes_) + 1))[:BLOCK]
    sent = 0
    try:
        while sent < total:
            sent += sock.send(block[:total - sent])
    except (BrokenPipeError, ConnectionResetError):
        pass
    return sent


class Program:
    def __init__(self, name, *args, **env):
        self.sock, child = socket.socketpair()
        self.sock.settimeout(60)
        self.log_file = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [os.path.join(BIN, name), *args], stdin=child, stdout=child, stderr=self.log_file,
            env={**os.environ, "TCPREMOTEIP": "198.51.100.7", **env}, preexec_fn=limit)
        child.close()
        self.file = self.sock.makefile("rb")

    def say(self, data):
        self.sock.sendall(data)

    def line(self):
        return self.file.readline()

    def netstring(self):
        """The rest up to a comma: after it may come a reset, where we have sent more."""
        text = b""
        while not text.endswith(b",") and (byte := self.file.read(1)):
            text += byte
        return text

    def reply(self):
        """A reply of SMTP: its last line; b"" where the program has gone."""
        line = self.line()
        while line[3:4] == b"-":
            line = self.line()
        return line

    def ask(self, command, expected):
        self.say(command + b"\r\n")
        reply = self.reply()
        assert reply.startswith(expected), (command[:80], reply)
        return reply

    def begin(self, sender=b"<bob@far.example>", recipient=b"<ann@example.org>"):
        """Greeting, EHLO and an envelope."""
        assert self.reply().startswith(b"220 ")
        self.ask(b"EHLO client.example", b"250 ")
        self.envelope(sender, recipient)

    def envelope(self, sender=b"<bob@far.example>", recipient=b"<ann@example.org>"):
        self.ask(b"MAIL FROM:" + sender, b"250 ")
        self.ask(b"RCPT TO:" + recipient, b"250 ")

    def flood(self, bytes_=b"x", total=GIGABYTE):
        return flood(self.sock, bytes_, total)

    def end(self):
        """Hangs up and waits: the exit code. Checks what was in memory."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        assert usage.ru_maxrss <= RESIDENT_KB, "%d KB in memory" % usage.ru_maxrss
        return self.process.returncode

    def log(self):
        self.log_file.seek(0)
        return self.log_file.read()
