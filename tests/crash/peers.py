"""What the system under test speaks to: a name server that leads each domain to the next
host, and the next host, an SMTP server that keeps what it takes. Both are threads.

The next host refuses bad...@ for good, puts the first try of slow...@ and late...@ off, and
tired...@ always. Mail to guarded.test it takes only after a log-in."""
import base64
import socket
import ssl
import struct
import threading


SECRET = base64.b64encode(b"\0ann\0secret pigeon").decode()


class NameServer:
    """Answers MX with mx.DOMAIN and A with 127.0.0.2, whatever it is asked, and TXT below
    sts.test with the record of a policy of MTA-STS."""

    def __init__(self, port=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(2048)
            try:
                self.socket.sendto(self.answer(query), client)
            except (OSError, IndexError):
                pass

    @staticmethod
    def answer(query):
        end = query.index(b"\0", 12) + 1
        kind = struct.unpack("!H", query[end:end + 2])[0]
        question = query[12:end + 4]
        data = {1: bytes([127, 0, 0, 2]), 15: b"\0\x0a\2mx\xc0\x0c"}.get(kind, b"")
        if kind == 16 and b"\3sts\4test" in question:
            data = b"\x10v=STSv1; id=new;"
        head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1 if data else 0, 0, 0)
        if not data:
            return head + question
        return head + question + b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


class FarHost:
    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.2", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.reset()
        threading.Thread(target=self.serve, daemon=True).start()

    def reset(self):
        with self.lock:
            self.tried = set()
            self.taken = []  # (recipient, text)
            self.context = None

    def offer_tls(self, folder):
        """By the pair in FOLDER; None: no more. Mail to secret.test needs it then."""
        context = None
        if folder:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder + "/fullchain.pem", folder + "/privkey.pem")
        with self.lock:
            self.context = context

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def rcpt(self, address, is_known):
        if address.endswith("@guarded.test") and not is_known:
            return "530 5.7.0 log in first"
        if address.startswith("bad"):
            return "550 5.1.1 no such pigeon"
        if address.startswith("tired"):
            return "450 4.2.1 asleep"
        if address.startswith(("slow", "late")):
            with self.lock:
                if address not in self.tried:
                    self.tried.add(address)
                    return "450 4.2.1 asleep"
        return "250 2.1.5 ok"

    def talk(self, connection):
        try:
            with connection:
                with connection.makefile("rb") as lines:
                    connection.sendall(b"220 far.test ESMTP\r\n")
                    is_secret = self.session(connection, lines, False)
                if is_secret:
                    with self.context.wrap_socket(connection, server_side=True) as secret, \
                            secret.makefile("rb") as lines:
                        self.session(secret, lines, True)
        except OSError:
            pass

    def data(self, connection, lines, recipients):
        if not recipients:
            return "554 5.5.1 no recipients"
        connection.sendall(b"354 go on\r\n")
        text = b""
        while (line := lines.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise OSError("cut off: not taken")
            text += line[1:] if line.startswith(b".") else line
        with self.lock:
            self.taken += [(r, text.decode(errors="replace").replace("\r\n", "\n"))
                           for r in recipients]
        return "250 2.0.0 taken"

    def session(self, connection, lines, is_secret):
        """True where TLS is to begin."""
        recipients, is_known = [], False
        while (raw := lines.readline()).endswith(b"\n"):
            line = raw.decode(errors="replace").strip()
            verb = line.upper()
            answer = "250 2.0.0 ok"
            if verb.startswith("EHLO"):
                answer = "250-far.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-AUTH PLAIN\r\n" + \
                    ("250-STARTTLS\r\n" if self.context and not is_secret else "") + \
                    "250 ENHANCEDSTATUSCODES"
            elif verb == "STARTTLS" and self.context and not is_secret:
                connection.sendall(b"220 2.0.0 go on\r\n")
                return True
            elif verb.startswith("RCPT"):
                address = line.split("<")[1].split(">")[0]
                answer = self.rcpt(address, is_known) if is_secret or "@secret" not in address else \
                    "550 5.7.1 not in plain text"
                if answer.startswith("250"):
                    recipients.append(address)
            elif verb.startswith("AUTH"):
                is_known = line == "AUTH PLAIN " + SECRET
                answer = "235 2.7.0 ok" if is_known else "535 5.7.8 wrong"
            elif verb == "DATA":
                answer = self.data(connection, lines, recipients)
                recipients = []
            elif verb == "QUIT":
                answer = "221 2.0.0 bye"
            elif verb.startswith(("MAIL", "RSET")):
                recipients = []
            connection.sendall(answer.encode() + b"\r\n")
            if verb == "QUIT":
                break
        return False
