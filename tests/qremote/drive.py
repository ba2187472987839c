#!/usr/bin/env python3
"""Plays qsend's part against a worker: a SOCK_SEQPACKET socket on its fd 0.

    drive.py PROGRAM STEP...

STEP is one of
    FIELD,FIELD,...      send a packet
    fields:FIELD...      the same, its fields parted by the byte 1f
    job:N:FILE:I,J,...   send job N with FILE's descriptor
    until:COUNT          read until so many recipients have results
    packet               read one packet
    sleep:SECONDS
    close                close our end
and prints each packet that comes, fields parted by "|", then how the worker ended.
"""
import os
import socket
import subprocess
import sys
import time

TIMEOUT = 120


def pack(fields):
    return b"".join(field.encode("utf-8", "surrogateescape") + b"\0" for field in fields)


def say(line):
    """In one write, as qremote's log goes to the same place."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Driver:
    def __init__(self, program):
        self.socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(TIMEOUT)
        self.process = subprocess.Popen([program], stdin=other)
        other.close()
        self.results = 0
        self.is_open = True

    def read(self):
        """One packet, printed; False at the end."""
        data = self.socket.recv(65536)
        if not data:
            self.is_open = False
            return False
        fields = data.decode("utf-8", "backslashreplace").split("\0")[:-1]
        if fields[0] == "result":
            for at in range(2, len(fields), 5):
                self.results += 1
                say("|".join(["result", fields[1]] + fields[at:at + 5]))
        else:
            say("|".join(fields))
        return True

    def send(self, fields, file=None):
        try:
            if file:
                with open(file, "rb") as message:
                    socket.send_fds(self.socket, [pack(fields)], [message.fileno()])
            else:
                self.socket.send(pack(fields))
        except BrokenPipeError:
            say("refused|" + "|".join(fields[:2]))

    def step(self, text):
        verb, _, rest = text.partition(":")
        if verb == "job":
            number, file, indexes = rest.split(":")
            self.send(["job", number, os.path.basename(file)] + indexes.split(","), file)
        elif verb == "until":
            while self.results < int(rest) and self.read():
                pass
        elif verb == "packet":
            self.read()
        elif verb == "sleep":
            time.sleep(float(rest))
        elif verb == "close":
            self.socket.shutdown(socket.SHUT_WR)
            while self.read():
                pass
        elif verb == "fields":
            self.send(rest.split("\x1f"))
        else:
            self.send(text.split(","))

    def finish(self):
        while self.is_open and self.read():
            pass
        say("exit|%d" % self.process.wait(TIMEOUT))


def main(args):
    driver = Driver(args[0])
    try:
        for step in args[1:]:
            driver.step(step)
        driver.finish()
    finally:
        driver.process.kill()
        driver.process.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
