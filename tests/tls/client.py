#!/usr/bin/env python3
"""client.py COMMAND ADDRESS ...: clients of TLS that do what no good one does."""
import contextlib
import os
import socket
import ssl
import struct
import sys
import threading
import time

PATIENCE = 60


def connect(address):
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), PATIENCE)


def context(**settings):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    for name, value in settings.items():
        setattr(made, name, value)
    return made


class Session:
    """TLS over a socket with the records in our hands, so that each direction can be
    ended by itself."""

    def __init__(self, raw, made=None):
        self.raw = raw
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (made or context()).wrap_bio(self.incoming, self.outgoing,
                                                server_hostname="mail.example.org")

    def flush(self):
        out = self.outgoing.read()
        if out:
            self.raw.sendall(out)

    def pull(self):
        """Takes what the peer has sent; False at the end of its TCP stream."""
        got = self.raw.recv(65536)
        if got:
            self.incoming.write(got)
        else:
            self.incoming.write_eof()
        return bool(got)

    def do(self, call, *arguments):
        while True:
            try:
                result = call(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.pull()

    def shake_hands(self):
        self.do(self.tls.do_handshake)

    def write(self, data):
        while data:
            data = data[self.do(self.tls.write, data):]

    def read(self, size=65536):
        """b"" is close_notify; an end without it is an ssl.SSLEOFError."""
        try:
            return self.do(self.tls.read, size)
        except ssl.SSLZeroReturnError:
            return b""  # said so where ours was sent before

    def read_line(self):
        line = b""
        while not line.endswith(b"\n"):
            got = self.read(1)
            if not got:
                break
            line += got
        return line

    def read_all(self):
        got = b""
        while True:
            more = self.read()
            if not more:
                return got
            got += more

    def close_notify(self):
        """Ours alone, without waiting for theirs."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        self.flush()


def reset(raw):
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def hello():
    """The bytes of a ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context().wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()


def greeted(address):
    """A session whose server has said "ready". OpenSSL's clients can't read a ticket any
    more after their close_notify, and it comes before that."""
    session = Session(connect(address))
    session.shake_hands()
    if session.read_line() != b"ready\n":
        sys.exit("no greeting")
    return session


# --- commands ---


def half_close(address, text):
    """Ends its own direction with close_notify; prints what still comes, and how that
    ends."""
    session = greeted(address)
    session.write(text.encode())
    session.close_notify()
    session.raw.shutdown(socket.SHUT_WR)
    print(session.read_all().decode(), end="")
    print("close_notify", "and FIN" if not session.raw.recv(1) else "alone")


def first_theirs(address, text):
    """Reads to the server's close_notify, and only then says something."""
    session = Session(connect(address))
    session.shake_hands()
    print(session.read_all().decode(), end="")
    print("close_notify")
    session.write(text.encode())
    session.close_notify()
    session.raw.close()


def flood_after(address):
    """Reads a line, and goes on sending until the connection breaks."""
    session = Session(connect(address))
    session.shake_hands()
    print(session.read_line().decode(), end="", flush=True)
    with contextlib.suppress(OSError):
        while True:
            session.write(b"x" * 10000)


def cut(address, text):
    """Sends and ends the TCP stream without close_notify."""
    session = greeted(address)
    session.write(text.encode())
    session.raw.shutdown(socket.SHUT_WR)
    with contextlib.suppress(ssl.SSLError, OSError):
        while session.pull():
            pass


def sink(address, size):
    """Reads the answer slowly to its end; prints how many bytes."""
    session = Session(connect(address))
    session.shake_hands()
    time.sleep(1)
    got = len(session.read_all())
    print(got, "close_notify")
    sys.exit(got != int(size))


def flood(address, size):
    """Sends so many bytes, and prints what is answered."""
    session = greeted(address)
    block = b"x" * 50000
    for _ in range(int(size) // len(block)):
        session.write(block)
    session.close_notify()
    print(session.read_all().decode(), end="")


STALLS = {
    "nothing": lambda raw: None,
    "a byte": lambda raw: raw.sendall(b"\x16"),
    "half a hello": lambda raw: raw.sendall(hello()[:100]),
    "a hello": lambda raw: raw.sendall(hello()),
    "no finish": lambda raw: (raw.sendall(hello()), raw.recv(65536)),
    "garbage": lambda raw: raw.sendall(b"GET / HTTP/1.0\r\n\r\n" * 20),
}


def trouble(address, seconds):
    """Stalls, closes and resets at each step of the handshake. Those that stall have to
    be cut off after SECONDS, and not much later; those that talk nonsense before."""
    held, took = [], {}

    def wait(name, raw, begin):
        with contextlib.suppress(ConnectionError):
            while raw.recv(65536):
                pass
        took[name] = time.monotonic() - begin

    for name, step in STALLS.items():
        for end in (None, socket.socket.close, reset):
            begin = time.monotonic()
            raw = connect(address)
            step(raw)
            if end:
                end(raw)
            else:
                held.append(threading.Thread(target=wait, args=(name, raw, begin)))
                held[-1].start()
    for waiting in held:
        waiting.join()
    print({name: round(time_taken, 1) for name, time_taken in took.items()})
    least = {name: 0 if name == "garbage" else float(seconds) for name in STALLS}
    sys.exit(not all(least[name] <= took[name] < float(seconds) * 6 for name in STALLS))


def resume(address, version):
    """Two sessions; prints whether the second was resumed."""
    made = context(maximum_version=ssl.TLSVersion[version])
    kept = None
    for _ in range(2):
        with made.wrap_socket(connect(address), session=kept) as tls:
            tls.recv(1000)  # the greeting, and the ticket before it
            kept = tls.session
            print(tls.version(), "resumed" if tls.session_reused else "new")
            tls.sendall(b"QUIT\r\n")
            with contextlib.suppress(OSError):
                while tls.recv(1000):
                    pass


def load(address, seconds, threads=4):
    """Session after session; prints their number and the certificates seen, and fails
    where one failed."""
    end = time.monotonic() + float(seconds)
    done, seen, failed = [], set(), []

    def run():
        while time.monotonic() < end:
            try:
                with context().wrap_socket(connect(address)) as tls:
                    seen.add(tls.getpeercert(True))
                    if not tls.recv(1000).startswith((b"220", b"+OK")):
                        raise OSError("no greeting")
                    tls.sendall(b"QUIT\r\n")
                    if not tls.recv(1000).startswith((b"221", b"+OK")):
                        raise OSError("no answer")
                    done.append(1)
            except OSError as error:
                failed.append(error)

    runners = [threading.Thread(target=run) for _ in range(int(threads))]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    print(f"sessions={len(done)} certificates={len(seen)} failed={failed[:3]}")
    sys.exit(bool(failed) or not done)


def hold(address, count):
    """So many sessions at once; says "held", waits for its input to end, and then each
    of them has to answer."""
    made = context()
    held = []
    for _ in range(int(count)):
        tls = made.wrap_socket(connect(address))
        if not tls.recv(1000).startswith(b"220"):
            sys.exit("no greeting")
        held.append(tls)
    print("held", flush=True)
    sys.stdin.read()
    for tls in held:
        tls.sendall(b"NOOP\r\n")
    for tls in held:
        if not tls.recv(1000).startswith(b"250"):
            sys.exit("no answer")
    print("all answered")


def inject(address, protocol):
    """Plaintext behind the command that starts TLS, in one write; prints the answers
    to it and what an attempt to go on with TLS gives."""
    raw = connect(address)
    start, more = {"smtp": (b"STARTTLS\r\n", b"RSET\r\n"),
                   "pop3": (b"STLS\r\n", b"CAPA\r\n")}[protocol]
    raw.recv(1000)
    if protocol == "smtp":
        raw.sendall(b"EHLO client.example.net\r\n")
        raw.recv(1000)
    raw.sendall(start + more)
    got = b""
    with contextlib.suppress(OSError):
        while True:
            part = raw.recv(1000)
            if not part:
                break
            got += part
    print(got.decode(), end="")


def late(address, protocol):
    """Waits for the go-ahead, then sends plaintext in place of a hello."""
    raw = connect(address)
    start = {"smtp": b"STARTTLS\r\n", "pop3": b"STLS\r\n"}[protocol]
    raw.recv(1000)
    raw.sendall(start)
    print(raw.recv(1000).decode(), end="")
    raw.sendall(b"NOOP\r\nNOOP\r\nNOOP\r\n")
    got = b""
    with contextlib.suppress(OSError):
        while True:
            part = raw.recv(1000)
            if not part:
                break
            got += part
    # An alert at most, and no reply.
    sys.exit(b"250" in got or b"+OK" in got or b"-ERR" in got)


def user_before(address, user):
    """USER before STLS, PASS after it; prints the last answer."""
    raw = connect(address)
    raw.recv(1000)
    for command in (f"USER {user}", "STLS"):
        raw.sendall(command.encode() + b"\r\n")
        raw.recv(1000)
    with context().wrap_socket(raw) as tls:
        tls.sendall(b"PASS secret\r\n")
        print(tls.recv(1000).decode(), end="")


def ask(path, *fields):
    """Knocks at the door with these fields and, where the first is "server", with a
    socket; prints the answer's lines."""
    door = socket.socket(socket.AF_UNIX)
    door.settimeout(PATIENCE)
    door.connect(path)
    packet = b"".join(field.encode() + b"\0" for field in fields)
    ours, theirs = socket.socketpair()
    fds = [theirs.fileno()] if fields and fields[0] == "server" else []
    if packet:
        socket.send_fds(door, [packet], fds)
    theirs.close()
    ours.close()
    got = b""
    with contextlib.suppress(OSError):
        while True:
            part = door.recv(1000)
            if not part:
                break
            got += part
    print(got.decode(), end="")


def certificate(address, name, kind="any"):
    """Prints the common name and the type of the key that the server shows for NAME;
    KIND (ec, rsa) says what we can do."""
    made = context(maximum_version=ssl.TLSVersion.TLSv1_2)
    if kind != "any":
        made.set_ciphers({"ec": "ECDHE-ECDSA-AES256-GCM-SHA384",
                          "rsa": "ECDHE-RSA-AES256-GCM-SHA384"}[kind])
    with made.wrap_socket(connect(address), server_hostname=name or None) as tls:
        der = tls.getpeercert(True)
        cipher = tls.cipher()[0]
    path = f"shown.{os.getpid()}"
    with open(path, "w", encoding="ascii") as out:
        out.write(ssl.DER_cert_to_PEM_cert(der))
    subject = os.popen(f"openssl x509 -noout -subject -in {path}").read().strip()
    print(subject.rpartition("CN = ")[2], "ec" if "ECDSA" in cipher else "rsa")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
