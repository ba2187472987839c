#!/usr/bin/env python3
"""play.py PORT: plays the dialog on standard input with the server on 127.0.0.1.
play.py PROGRAM...: the same with PROGRAM on a socket pair.

-> TEXT    sends TEXT and CRLF; \\xHH, \\r and \\n stand for those bytes
=> TEXT    adds TEXT and CRLF to what the next "->" sends, in one write
>> TEXT    sends TEXT alone
*> N TEXT  sends TEXT N times
<- REGEX   reads a line that is all REGEX
<~ REGEX   reads a reply of SMTP, whose lines (parted by \\n) begin with REGEX; it
           must have an enhanced code of its class where RFC 2034 wants one
<. LINES   reads so many lines up to a single dot
<$         reads the end of the connection
?? CODE    PROGRAM ends with the exit code CODE
$$ COMMAND is run by the shell, and succeeds
.. SECONDS waits; || closes the sending side; !! resets the connection
# comment
"""
import re
import socket
import struct
import subprocess
import sys
import time

PATIENCE = 60


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


def read_reply(file, number):
    """All lines of one reply of SMTP, parted by newlines."""
    lines = []
    while not lines or lines[-1][3:4] == "-":
        line = file.readline().decode("utf-8", "surrogateescape")
        if not re.match(r"\d{3}[ -]", line) or not line.endswith("\r\n"):
            fail(number, "a line of a reply", line)
        if lines and line[:3] != lines[0][:3]:
            fail(number, f"the same code as in {lines[0]!r}", line)
        lines.append(line[:-2])
    for line in lines:
        # RFC 2034: all of 2xx, 4xx and 5xx but the greeting, and HELO and EHLO.
        is_coded = re.match(rf"\d+[ -]{line[0]}\.\d{{1,3}}\.\d{{1,3}} ", line)
        is_bare = line[0] == "3" or line[:3] == "220" or lines[0][4:8] == "mail"
        if not is_coded and not is_bare:
            fail(number, "an enhanced code", line)
    return "\n".join(lines)


def connect(arguments):
    """The socket to the server, and the server's process where there is one."""
    if arguments[0].isdigit():
        return socket.create_connection(("127.0.0.1", int(arguments[0])), PATIENCE), None
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(arguments, stdin=theirs, stdout=theirs)
    theirs.close()
    ours.settimeout(PATIENCE)
    return ours, process


def play_sending(peer, waiting, kind, text):
    """Carries out a step that sends; returns what still waits to be sent."""
    if kind == "=>":
        return waiting + unescape(text) + b"\r\n"
    if kind == "->":
        peer.sendall(waiting + unescape(text) + b"\r\n")
    elif kind == ">>":
        peer.sendall(waiting + unescape(text))
    elif kind == "*>":
        times, text = text.split(" ", 1)
        peer.sendall(waiting + unescape(text) * int(times))
    return b""


def play_step(peer, file, process, number, step):
    """Carries out a step that does not send."""
    kind, text = step[:2], step[3:]
    if kind == "<-":
        line = file.readline().decode("utf-8", "surrogateescape")
        if not re.fullmatch(text + "\r\n", line):
            fail(number, text, line)
    elif kind == "<~":
        reply = read_reply(file, number)
        if not re.match(text, reply):
            fail(number, text, reply)
    elif kind == "<.":
        count = read_block(file, number)
        if count != int(text):
            fail(number, text + " lines", count)
    elif kind == "<$":
        rest = file.read()
        if rest:
            fail(number, "the end", rest)
    elif kind == "??":
        code = process.wait(PATIENCE)
        if code != int(text):
            fail(number, "exit code " + text, code)
    elif kind == "$$":
        subprocess.run(text, shell=True, check=True, stdin=subprocess.DEVNULL)
    elif kind == "..":
        time.sleep(float(text))
    elif kind == "||":
        peer.shutdown(socket.SHUT_WR)
    elif kind == "!!":
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        file.close()
        peer.close()
    elif step and not step.startswith("#"):
        fail(number, "a step", step)


def main():
    peer, process = connect(sys.argv[1:])
    file = peer.makefile("rb")
    waiting = b""
    for number, step in enumerate(sys.stdin.read().split("\n"), 1):
        if step[:2] in ("->", "=>", ">>", "*>"):
            waiting = play_sending(peer, waiting, step[:2], step[3:])
        else:
            play_step(peer, file, process, number, step)
    if process:
        file.close()
        peer.close()
        process.wait(PATIENCE)


main()
