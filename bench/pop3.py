"""The POP3 workloads."""
import os
import pwd
import shutil
import socket
import subprocess
import time

LINE = "X" * 75 + "\n"


class Client:
    """A client that waits for each answer, as most do; with CONTEXT inside TLS."""

    def __init__(self, system, context=None):
        port = system.spec["tls"]["ecdsa"] if context else system.port
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        if context:
            self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb", 65536)
        self.line()
        self.ask("USER u" + system.spec.get("login_domain", ""))
        self.ask("PASS secret")

    def line(self):
        line = self.file.readline()
        if not line.startswith(b"+OK"):
            raise RuntimeError(repr(line))
        return line

    def ask(self, command):
        self.socket.sendall(command.encode() + b"\r\n")
        return self.line()

    def ask_for_text(self, command):
        """The octets of a multi-line answer."""
        self.ask(command)
        octets = 0
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise RuntimeError("the connection broke off")
            octets += len(line)
        return octets

    def quit(self):
        self.ask("QUIT")
        self.file.close()
        self.socket.close()


def make_message(number, size):
    head = (f"From: a@bench.test\nTo: u@bench.test\nSubject: {number}\n"
            f"Date: Mon, 1 Jan 2024 00:00:00 +0000\nMessage-ID: <{number}@bench.test>\n\n")
    return head + LINE * ((size - len(head)) // len(LINE))


def fill_mbox(system, count, size):
    path = system.root + "/var/mail/u"
    with open(path, "w", encoding="ascii") as out:
        for i in range(count):
            out.write("From a@bench.test Mon Jan  1 00:00:00 2024\n" + make_message(i, size) + "\n")
    os.chown(path, 3001, 3000)
    os.chmod(path, 0o600)


def get_owner(system):
    """Numbers of the user who owns the mailbox, within the system's root."""
    name = system.spec.get("owner", "u")
    with open(system.root + "/etc/passwd", encoding="utf-8") as lines:
        for line in lines:
            entry = line.split(":")
            if entry[0] == name:
                return int(entry[2]), int(entry[3])
    return pwd.getpwnam(name)[2:4]


def fill(system, count, size=4096):
    """COUNT messages with the names that qlocal and Dovecot's LDA give them (Maildir++)."""
    if system.spec.get("is_mbox"):
        fill_mbox(system, count, size)
        return
    box, owner = system.maildir("u"), get_owner(system)
    shutil.rmtree(box, ignore_errors=True)
    for folder in "", "/cur", "/new", "/tmp":
        os.makedirs(box + folder, 0o700, exist_ok=True)
        os.chown(box + folder, *owner)
    for i in range(count):
        text = make_message(i, size)
        path = f"{box}/new/{1700000000 + i}.M{i}P1.bench,S={len(text)},W={len(text) + text.count(chr(10))}"
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        os.chown(path, *owner)
        os.utime(path, (1700000000 + i, 1700000000 + i))


def read_all(system, count, context=None):
    """One session: log-in, STAT, UIDL, RETR of all, QUIT."""
    limit = min(count, system.spec.get("retrieve", count))
    cpu, start = system.group.cpu(), time.monotonic()
    client = Client(system, context)
    login = time.monotonic()
    found = int(client.ask("STAT").split()[1])
    client.ask_for_text("UIDL")
    listed = time.monotonic()
    octets = sum(client.ask_for_text(f"RETR {i + 1}") for i in range(min(limit, found)))
    read = time.monotonic()
    client.quit()
    total = time.monotonic() - start
    time.sleep(0.3)
    return {"n": count, "done": found, "read": limit, "octets": octets, "login_s": login - start,
            "list_s": listed - login, "retrieve_ms": 1000 * (read - listed) / max(1, limit),
            "total_s": total, "cpu_s": system.group.cpu()[0] - cpu[0]}


def log_in(system, logs, count=500, user="u"):
    """COUNT times log-in, STAT, QUIT."""
    cpu = system.group.cpu()
    done = subprocess.run([os.path.dirname(logs) + "/bin/login", str(system.port),
                           user + system.spec.get("login_domain", ""), "secret", str(count)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[:200])
    time.sleep(0.3)
    return {"n": count, "done": count, "total_s": float(done.stdout), "cpu_s": system.group.cpu()[0] - cpu[0]}


def w7first(system, _logs):
    """1,000 messages of 4 KiB read in one session, for the first time"""
    fill(system, 1000)
    return read_all(system, 1000)


def w7again(system, _logs):
    """the same once more"""
    return read_all(system, 1000)


def w7login1000(system, logs):
    """log-in, STAT, QUIT on a mailbox of 1,000 messages"""
    return log_in(system, logs)


def w7login0(system, logs):
    """the same on an empty mailbox"""
    fill(system, 0)
    return log_in(system, logs)


def w7yescrypt(system, logs):
    """the same with the password of a user hashed by yescrypt, as Debian does it"""
    return log_in(system, logs, 200, "2u")


def w7large(system, logs):
    """a mailbox of 100,000 small messages: log-in, STAT, QUIT"""
    fill(system, 100000, 300)
    figures = log_in(system, logs, 1)
    again = log_in(system, logs, 1)
    fill(system, 0)
    return dict(again, first_s=figures["total_s"])


ALL = {"W7 first": w7first, "W7 again": w7again, "W7 log-in, 1000": w7login1000,
       "W7 log-in, empty": w7login0, "W7 log-in, yescrypt": w7yescrypt}
LONG = {"W7 100,000": w7large}
