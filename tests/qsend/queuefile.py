"""Writes and reads queue files, as lib/queuefile.h describes them.

Run as a program it queues one message:
    queuefile.py [-t ARRIVAL] [-n NAME] [-s SENDER] [-p PARENT:KIND:INDEXES]
                 [-F FLAGS] [-c COUNT] RECIPIENT[=NOTIFY]...
and prints its name. "n" in FLAGS is TLS-Required: No, which stands in END. RECIPIENT with a final "!" is one that came from an alias.
"""
import os
import secrets
import sys
import time

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def make_table():
    table = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    return table


TABLE = make_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def make_name():
    return "".join(secrets.choice(LETTERS) for _ in range(26))


def build(recipients, sender="ann@example.org", arrival=None, parent=None, flags="",
          body=b"Subject: test\n\nhello\n"):
    """recipients: (address, notify, flags) each; parent: "NAME KIND INDEXES"."""
    lines = ["T %d" % (time.time() if arrival is None else arrival), "B test",
             "F " + flags.replace("n", ""), "E ", "S " + sender]
    if parent:
        lines.append("P " + parent)
    for address, notify, mark in recipients:
        lines.append("R . %s %s - %s" % (notify or "-", mark or "-", address))
    header = ("\n".join(lines) + "\n\n").encode()
    first = b"pombo 1 %08x %08x\n" % (len(header), crc32c(header))
    end = b"END%c%016x %08x\n" % (b" n"["n" in flags], len(body), crc32c(body))
    return first + header + body + end


def commit(queue, name, data):
    path = os.path.join(queue, "tmp", name)
    with open(path, "xb") as file:
        file.write(data)
    os.rename(path, os.path.join(queue, "new", name))


def read_recipients(data):
    """[(state, notify, address, offset of the state)], and the sender."""
    found, sender, at = [], "", 0
    for line in data.split(b"\n"):
        if not line:
            break
        if line.startswith(b"S "):
            sender = line[2:].decode()
        if line.startswith(b"R "):
            fields = line.decode().split(" ", 5)
            found.append((fields[1], fields[2], fields[5], at + 2))
        at += len(line) + 1
    return found, sender


def main(args):
    queue = os.path.join(os.environ["POMBO_DIR"], "queue")
    options, recipients, count = {}, [], 1
    name, parent = None, None
    while args:
        arg = args.pop(0)
        if arg == "-t":
            options["arrival"] = int(args.pop(0))
        elif arg == "-n":
            name = args.pop(0)
        elif arg == "-s":
            options["sender"] = args.pop(0)
        elif arg == "-F":
            options["flags"] = args.pop(0)
        elif arg == "-c":
            count = int(args.pop(0))
        elif arg == "-p":
            parent = args.pop(0).replace(":", " ")
        else:
            address, _, notify = arg.partition("=")
            mark = "x" if address.endswith("!") else ""
            recipients.append((address.rstrip("!"), notify, mark))
    data = build(recipients, parent=parent, **options)
    for _ in range(count):
        this = name or make_name()
        commit(queue, this, data)
        print(this)


if __name__ == "__main__":
    main(sys.argv[1:])
