"""Clients that note what was acknowledged, and go on for as long as there is an answer."""
import os
import socket
import ssl
import subprocess

WAIT = 60


class Gone(Exception):
    """The server closed the connection."""


def make_pair(folder):
    """A certificate for anybody, once."""
    if not os.path.exists(folder):
        os.makedirs(folder)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=tls", "-keyout",
                        folder + "/privkey.pem", "-out", folder + "/fullchain.pem"],
                       check=True, capture_output=True)


def careless_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Lines:
    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(WAIT)
        self.rest = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone from error

    def read(self):
        """One line without its end."""
        while b"\n" not in self.rest:
            try:
                got = self.socket.recv(65536)
            except ConnectionResetError:
                got = b""
            if not got:
                raise Gone
            self.rest += got
        line, _, self.rest = self.rest.partition(b"\n")
        return line.rstrip(b"\r").decode(errors="replace")

    def close(self):
        self.socket.close()


class Smtp(Lines):
    """replies: every reply that was no 2xx or 3xx."""

    def __init__(self, connection):
        super().__init__(connection)
        self.bad = []

    def reply(self):
        while (line := self.read())[3:4] == "-":
            pass
        if line[:1] not in "23":
            self.bad.append(line)
        if line.startswith("421"):
            raise Gone
        return line[:1]

    def command(self, line):
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def begin(self):
        return self.reply() == "2" and self.command("EHLO client.test") == "2"

    def envelope(self, mail):
        if self.command(f"MAIL FROM:<{mail.sender}>") != "2":
            return False
        for address, notify in mail.recipients:
            wish = " NOTIFY=SUCCESS" if "s" in notify else ""
            if self.command(f"RCPT TO:<{address}>{wish}") != "2":
                return False
        return True

    def data(self, mail):
        """True where the message was taken."""
        if self.envelope(mail) and self.command("DATA") == "3":
            self.send(mail.lines() + b".\r\n")
            return self.reply() == "2"
        self.command("RSET")
        return False

    def chunks(self, mail):
        """The same by BDAT, in two pieces."""
        text = mail.text.replace("\n", "\r\n").encode()
        half = len(text) // 2
        if self.envelope(mail):
            self.send(b"BDAT %d\r\n" % half + text[:half])
            if self.reply() == "2":
                self.send(b"BDAT %d LAST\r\n" % (len(text) - half) + text[half:])
                if self.reply() == "2":
                    return True
        self.command("RSET")
        return False


def send_by_smtp(connection, ledger, mails, by_chunks=()):
    """One session with all of MAILS; the replies that were no 2xx or 3xx."""
    client = Smtp(connection)
    try:
        if client.begin():
            for mail in mails:
                way = client.chunks if mail in by_chunks else client.data
                if way(mail):
                    ledger.acknowledge(mail)
            client.command("QUIT")
    except Gone:
        pass
    client.close()
    return client.bad


def netstring(data):
    return b"%d:%s," % (len(data), data)


def send_by_qmqp(connection, ledger, mail):
    """The answer: its first byte and text, or nothing."""
    client = Lines(connection)
    parts = [mail.text.encode(), mail.sender.encode()] + [a.encode() for a, _ in mail.recipients]
    try:
        client.send(netstring(b"".join(netstring(p) for p in parts)))
        answer = b""
        while got := connection.recv(4096):
            answer += got
    except (Gone, ConnectionResetError):
        answer = b""
    client.close()
    answer = answer.partition(b":")[2].decode(errors="replace")
    if answer.startswith("K") and answer.endswith(","):
        ledger.acknowledge(mail)
    return answer


class Pop3(Lines):
    def command(self, line):
        """The whole answer's first line."""
        self.send(line.encode() + b"\r\n")
        return self.read()

    def retrieve(self, number):
        """The message, or None where it was not given to its end."""
        if not self.command(f"RETR {number}").startswith("+OK"):
            return None
        lines = []
        while (line := self.read()) != ".":
            lines.append(line[1:] if line.startswith("..") else line)
        return "\n".join(lines) + "\n"


def connect(address):
    """A connection, or None where nobody listens; ADDRESS is a path or (host, port)."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    connection = socket.socket(family)
    connection.settimeout(WAIT)
    try:
        connection.connect(address)
    except (ConnectionRefusedError, FileNotFoundError, ConnectionResetError):
        connection.close()
        return None
    return connection
