"""Plays qsend for one worker (qlocal, qnotify), and writes the queue files that its
jobs speak of, as doc/INTERNALS and lib/queuefile.h describe them."""
import array
import os
import secrets
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "qsend"))
import queuefile  # noqa: E402

DIR = os.environ["POMBO_DIR"]
MAIL = os.path.join(DIR, "mail")
NEW = os.path.join(DIR, "queue", "new")
CUR = os.path.join(DIR, "queue", "cur")


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ queuefile.TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Message:
    """A message in cur/. recipients: ADDRESS, or (ADDRESS, NOTIFY, ORCPT, FLAGS)."""

    def __init__(self, body=b"Subject: test\n\nhello\n", recipients=("bob@example.org",),
                 sender="ann@example.org", flags="", envid="", by="test",
                 arrival=1700000000, crc=None, name=None):
        self.name = name or queuefile.make_name()
        rows = [(r, "", "", "") if isinstance(r, str) else r for r in recipients]
        lines = ["T %d" % arrival, "B " + by, "F " + flags.replace("n", ""), "E " + envid, "S " + sender]
        for address, notify, orcpt, marks in rows:
            lines.append("R . %s %s %s %s" % (notify or "-", marks or "-", orcpt or "-",
                                              address))
        header = ("\n".join(lines) + "\n\n").encode()
        self.path = os.path.join(CUR, self.name)
        with open(self.path, "wb") as file:
            file.write(b"pombo 1 %08x %08x\n" % (len(header), crc32c(header)))
            file.write(header)
            file.write(body)
            file.write(b"END%c%016x %08x\n" % (b" n"["n" in flags], len(body),
                                              crc32c(body) if crc is None else crc))

    def states(self):
        with open(self.path, "rb") as file:
            return "".join(r[0] for r in queuefile.read_recipients(file.read())[0])


class Queued:
    """A file in new/, read strictly."""

    def __init__(self, name):
        with open(os.path.join(NEW, name), "rb") as file:
            data = file.read()
        magic, version, length, crc = data[:25].split(b" ")
        assert (magic, version, data[25:26]) == (b"pombo", b"1", b"\n"), data[:26]
        header = data[26:26 + int(length, 16)]
        assert crc32c(header) == int(crc, 16)
        self.body = data[26 + len(header):-30]
        assert data[-30:] in (b"END %016x %08x\n" % (len(self.body), crc32c(self.body)),
                              b"ENDn%016x %08x\n" % (len(self.body), crc32c(self.body)))
        assert header.endswith(b"\n\n")
        lines = [line.split(" ", 1) for line in header.decode()[:-2].split("\n")]
        self.fields = {key: value for key, value in lines if key != "R"}
        self.recipients = [value.split(" ", 4) for key, value in lines if key == "R"]


class Worker:
    def __init__(self, *command):
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(120)
        self.command, self.theirs, self.number = command, theirs, 0
        self.process = None

    def start(self):
        env = dict(os.environ)
        if self.command[0] == "strace":         # leaks can't be looked for under it
            env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        with open(os.path.join(DIR, "log"), "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=self.theirs, stderr=log,
                                            stdout=subprocess.DEVNULL, env=env)
        self.theirs.close()
        return self

    def send(self, *fields, fd=-1):
        data = b"".join(os.fsencode(str(f)) + b"\0" for f in fields)
        extra = []
        if fd >= 0:
            extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        self.sock.sendmsg([data], extra)

    def job(self, verb, message, *fields):
        self.number += 1
        fd = os.open(message.path, os.O_RDONLY if verb == "job" else os.O_RDWR)
        self.send(verb, self.number, message.name, *fields, fd=fd)
        os.close(fd)
        return self.number

    def results(self, count=1):
        """{(NUMBER, INDEX): (STATUS, ENHANCED, HOST, TEXT)} of so many recipients."""
        found = {}
        while len(found) < count:
            data = self.sock.recv(65536)
            assert data.endswith(b"\0"), data
            fields = data.decode().split("\0")[:-1]
            assert fields[0] == "result" and len(fields) % 5 == 2, fields
            for i in range(2, len(fields), 5):
                key = (int(fields[1]), int(fields[i]))
                assert key not in found
                found[key] = tuple(fields[i + 1:i + 5])
        return found

    def run(self, verb, message, *fields, count=1):
        """One job's results, {INDEX: ...}; starts the worker where it does not run."""
        number = self.job(verb, message, *fields)
        if not self.process:
            self.start()
        found = self.results(count)
        assert all(key[0] == number for key in found)
        return {key[1]: value for key, value in found.items()}

    def close(self):
        self.sock.close()
        return self.process.wait(10)


def program(name):
    return os.path.join(os.environ["POMBO_BIN"], name)


def log():
    with open(os.path.join(DIR, "log"), encoding="utf-8") as file:
        return file.read()


def files(mailbox, folder="new"):
    """{name: content} of a mailbox's folder."""
    where, found = os.path.join(MAIL, mailbox, folder), {}
    for name in os.listdir(where) if os.path.isdir(where) else []:
        with open(os.path.join(where, name), "rb") as file:
            found[name] = file.read()
    return found


def only(mailbox):
    found = files(mailbox)
    assert len(found) == 1, found
    assert not files(mailbox, "tmp")
    return next(iter(found.items()))


def all_files():
    return [os.path.join(where, name) for where, _, names in os.walk(MAIL) for name in names]


def left_in_tmp():
    return [f for f in all_files() if "/tmp/" in f[len(MAIL):]]


def random_text(lines):
    return b"".join(secrets.token_hex(36).encode() + b"\n" for _ in range(lines))
