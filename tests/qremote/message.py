#!/usr/bin/env python3
"""Writes a queue file, as lib/queuefile.h describes it.

    message.py FILE [-s SENDER] [-F FLAGS] [-e ENVID] [-b BODYFILE] [-d]
               RECIPIENT[=NOTIFY[=ORCPT]]...

"n" in FLAGS is TLS-Required: No, which stands in END. -d damages it: the checksum does not fit the message.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../qsend"))
from queuefile import crc32c  # noqa: E402

BODY = b"Subject: test\n\nhello\n"


def build(sender, flags, envid, recipients, body):
    lines = ["T 1800000000", "B test", "F " + flags.replace("n", ""), "E " + envid, "S " + sender]
    for recipient in recipients:
        address, notify, orcpt = (recipient.split("=", 2) + ["", ""])[:3]
        lines.append("R . %s - %s %s" % (notify or "-", orcpt or "-", address))
    header = ("\n".join(lines) + "\n\n").encode("utf-8", "surrogateescape")
    return (b"pombo 1 %08x %08x\n" % (len(header), crc32c(header)) + header + body +
            b"END%c%016x %08x\n" % (b" n"["n" in flags], len(body), crc32c(body)))


def main(args):
    path, sender, flags, envid, body = args.pop(0), "ann@example.org", "", "", BODY
    recipients, is_damaged = [], False
    while args:
        arg = args.pop(0)
        if arg == "-s":
            sender = args.pop(0)
        elif arg == "-F":
            flags = args.pop(0)
        elif arg == "-e":
            envid = args.pop(0)
        elif arg == "-b":
            with open(args.pop(0), "rb") as file:
                body = file.read()
        elif arg == "-d":
            is_damaged = True
        else:
            recipients.append(arg)
    data = build(sender, flags, envid, recipients, body)
    if is_damaged:
        data = data[:-2] + (b"0" if data[-2:-1] != b"0" else b"1") + b"\n"
    with open(path, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main(sys.argv[1:])
