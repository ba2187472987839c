#!/usr/bin/python3
"""A stand-in for qlocal, qremote, qmx and qnotify: which, its own name says.

What it gets is added to $POMBO_DIR/seen, a line each. How it answers stands in
$POMBO_DIR/play, lines "KEY ANSWER": KEY is a recipient's address, a domain for qmx,
an exchanger's IP for qremote ("unreachable"), "PROGRAM" for all its jobs, or
"start-PROGRAM" for its start. ANSWER:
    K, R, Z, D, C     the result (with a fixed code and text)
    die               exit without an answer
    hang              never answer; for an exchanger's IP: its host never does
    slow              answer after half a second
    gate              answer when the file $POMBO_DIR/gate is there
    full              the exchanger takes one session at a time
    nonsense WORDS    say that, and wait to be closed
    unreachable       no connection; untrusted and barred: refused for TLS, for the log-in
    RESULT TEXT       for "tls-IP": what came of TLS with that host
    mx A=IP,B=IP/C=IP qmx: hosts; a slash begins the next preference; "reports-DOMAIN URIS"
                      says who wants reports of TLS
"""
import array
import fcntl
import os
import socket
import sys
import time

PROGRAM = os.path.basename(sys.argv[0])
DIR = os.environ["POMBO_DIR"]
QUEUE = os.path.join(DIR, "queue")
sys.path.insert(0, os.environ["WORKER_LIB"])
import queuefile  # noqa: E402

CODES = {"K": ("2.0.0", "done"), "R": ("2.0.0", "passed on"),
         "Z": ("4.2.0", "not now"), "D": ("5.2.0", "never"), "C": ("4.3.0", "damaged")}
sock = socket.socket(fileno=0)
hosts = []
session_lock = -1


def see(*words):
    line = "%s %d %s\n" % (PROGRAM, os.getpid(), " ".join(str(w) for w in words))
    fd = os.open(os.path.join(DIR, "seen"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, line.encode())
    os.close(fd)


def play(key, default):
    answer = default
    try:
        with open(os.path.join(DIR, "play"), encoding="utf-8") as file:
            for line in file:
                name, _, value = line.strip().partition(" ")
                if name == key:
                    answer = value
    except FileNotFoundError:
        pass
    return answer


def act(answer):
    if answer == "die":
        sys.exit(1)
    if answer == "hang":
        time.sleep(3600)
    if answer == "gate":
        while not os.path.exists(os.path.join(DIR, "gate")):
            time.sleep(0.01)
        return "K"
    if answer == "slow":
        time.sleep(0.5)
        return "K"
    if answer.startswith("nonsense "):
        send(*answer.split()[1:])
        while receive()[0]:
            pass
        see("closed")
        sys.exit(0)
    return answer


def receive():
    size = array.array("i", [0]).itemsize
    data, extra, _, _ = sock.recvmsg(65536, socket.CMSG_LEN(size))
    fds = array.array("i")
    for level, kind, payload in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[:len(payload) - len(payload) % size])
    fields = [f.decode() for f in data.split(b"\0")[:-1]]
    return fields, fds[0] if fds else -1


def send(*fields):
    sock.send(b"".join(str(f).encode() + b"\0" for f in fields))


def result(number, index, status, host=""):
    code, text = CODES[status]
    send("result", number, index, status, code, host, text)


def read_message(fd):
    return queuefile.read_recipients(os.pread(fd, 1 << 20, 0))


def do_local(fields, fd):
    number, name, rest = fields[1], fields[2], fields[3:]
    recipients, _ = read_message(fd)
    see("job", name, *["%s:%s:%s" % tuple(rest[i:i + 3])
                       for i in range(0, len(rest), 5)])
    for i in range(0, len(rest), 5):
        index = int(rest[i])
        status = play(recipients[index][2], play(PROGRAM, "K"))
        result(number, index, act(status))


def is_refused(ip):
    """Where the host is full: whether another session has it."""
    global session_lock
    if play(ip, "") != "full":
        return False
    if session_lock < 0:
        session_lock = os.open(os.path.join(DIR, "full"), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(session_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True


def do_remote(fields, fd):
    if fields[0] == "hosts":
        hosts[:] = [fields[i:i + 3] for i in range(4, len(fields), 4)]
        see("hosts", fields[1], *[":".join(h) for h in hosts])
        see("tls", fields[1], fields[2].replace(" ", "="), *[d.replace(" ", "/") for d in fields[7::4]])
        if fields[3]:
            see("auth", fields[1], fields[3])
        for name, ip, _ in hosts:
            if play("tls-" + ip, ""):
                word, _, text = play("tls-" + ip, "").partition(" ")
                send("tls", word, name, ip, "192.0.2.99", text)
        if act(play(hosts[0][1], "")) not in ("unreachable", "untrusted", "barred"):
            send("session", 0, 0)
        return
    number, name, indexes = fields[1], fields[2], [int(i) for i in fields[3:]]
    see("job", name, *indexes)
    if all(play(ip, "") == "unreachable" or is_refused(ip) for _, ip, _ in hosts):
        send("unreachable", "connection refused")
        sys.exit(0)
    if all(play(ip, "") == "barred" for _, ip, _ in hosts):
        send("unreachable", hosts[0][0] + " AUTH: no", "4.7.8")
        sys.exit(0)
    if all(play(ip, "") == "untrusted" for _, ip, _ in hosts):
        send("unreachable", hosts[0][0] + ": no match", "4.7.5")
        sys.exit(0)
    recipients, _ = read_message(fd)
    for index in indexes:
        status = play(recipients[index][2], play(PROGRAM, "K"))
        result(number, index, act(status), hosts[0][0])


def do_mx(fields, _fd):
    verb, number, name = fields[:3]
    see(verb, name, *fields[3:])
    answer = act(play(name, "mx mx.%s=192.0.2.1" % name))
    if answer in "ZD":
        send("mx", number, answer, CODES[answer][0], CODES[answer][1], 60, "")
        return
    out = []
    for preference, group in enumerate(answer.split(" ", 1)[1].split("/")):
        for host in group.split(","):
            name, ip, dane = (host.split("=") + ["insecure"])[:3]
            out += [preference * 10, name, ip, dane.replace("_", " ")]
    send("mx", number, "K", "", "", 60, play("reports-" + fields[2], ""), *out)


def do_notify(fields, fd):
    verb, number, parent = fields[0:3]
    rest = fields[3:]
    step = 1 if verb == "forward" else 5
    recipients, sender = read_message(fd)
    covered = [int(i) for i in rest[::step]]
    see(verb, parent, "from=<%s>" % sender,
        *["/".join(rest[i:i + step]) for i in range(0, len(rest), step)])
    answer = act(play(verb, play(PROGRAM, "K")))
    if answer in "ZD":
        for index in covered:
            result(number, index, answer)
        return
    kind = {"bounce": "b", "delay": "w", "success": "s", "forward": "f"}[verb]
    state = {"bounce": "B", "delay": "w", "success": "D", "forward": "D"}[verb]
    derived = ""
    if answer != "nothing" and (sender or verb == "forward"):
        derived = "%s.%s%d" % (parent, kind, covered[0])
        to = play("target", "bob@example.org") if verb == "forward" else sender
        data = queuefile.build([(to, "", "x" if verb == "forward" else "")],
                               sender=sender if verb == "forward" else "",
                               parent="%s %s %s" % (parent, kind,
                                                    ",".join(map(str, covered))))
        try:
            queuefile.commit(QUEUE, derived, data)
        except FileExistsError:
            pass
    if answer == "late":
        sys.exit(1)
    for index in covered:
        os.pwrite(fd, state.encode(), recipients[index][3])
    send("result", number, *sum(([i, "K", "2.0.0", derived, ""] for i in covered), []))


def main():
    act(play("start-" + PROGRAM, ""))
    see("start")
    work = {"qlocal": do_local, "qremote": do_remote, "qmx": do_mx,
            "qnotify": do_notify}[PROGRAM]
    while True:
        fields, fd = receive()
        if not fields:
            see("end")
            return
        work(fields, fd)
        if fd >= 0:
            os.close(fd)


main()
