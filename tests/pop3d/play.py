#!/usr/bin/env python3
"""play.py PORT: plays the dialog on standard input with the server on 127.0.0.1.

-> TEXT    sends TEXT and CRLF; \\xHH, \\r and \\n stand for those bytes
=> TEXT    adds TEXT and CRLF to what the next "->" sends, in one write
>> TEXT    sends TEXT alone
<- REGEX   reads a line that is all REGEX
<. LINES   reads so many lines up to a single dot
<$         reads the end of the connection
.. SECONDS waits; || closes the sending side; !! resets the connection
"""
import re
import socket
import struct
import sys
import time


def unescape(text):
    named = {"r": b"\r", "n": b"\n", "\\": b"\\"}
    out = b""
    for part in re.findall(r"\\x[0-9a-fA-F]{2}|\\[rn\\]|[^\\]", text):
        if part.startswith("\\x"):
            out += bytes([int(part[2:], 16)])
        elif part.startswith("\\"):
            out += named[part[1]]
        else:
            out += part.encode()
    return out


def fail(number, wanted, got):
    print(f"line {number}: wanted {wanted}, got {got!r}")
    sys.exit(1)


def read_block(file, number):
    count = 0
    while True:
        line = file.readline()
        if line == b".\r\n":
            return count
        if not line.endswith(b"\r\n"):
            fail(number, "a dot", line)
        count += 1


def main():
    peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    file = peer.makefile("rb")
    waiting = b""
    for number, step in enumerate(sys.stdin.read().split("\n"), 1):
        kind, text = step[:2], step[3:]
        if kind == "->":
            peer.sendall(waiting + unescape(text) + b"\r\n")
            waiting = b""
        elif kind == "=>":
            waiting += unescape(text) + b"\r\n"
        elif kind == ">>":
            peer.sendall(unescape(text))
        elif kind == "<-":
            line = file.readline().decode("utf-8", "surrogateescape")
            if not re.fullmatch(text + "\r\n", line):
                fail(number, text, line)
        elif kind == "<.":
            count = read_block(file, number)
            if count != int(text):
                fail(number, text + " lines", count)
        elif kind == "<$":
            rest = file.read()
            if rest:
                fail(number, "the end", rest)
        elif kind == "..":
            time.sleep(float(text))
        elif kind == "||":
            peer.shutdown(socket.SHUT_WR)
        elif kind == "!!":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            file.close()
            peer.close()
        elif step:
            fail(number, "a step", step)


main()
