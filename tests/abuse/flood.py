"""A flood from one address: flood.py ADDRESS PORT SOURCE SECONDS. Again and again opens 200
connections as fast as it can, waits until each has its answer, and lets all of them go. Prints
how many it opened, how many were greeted, and how many turned away."""
import collections
import socket
import sys
import time

AT_ONCE = 200


def open_one(server, source):
    connection = socket.socket()
    connection.settimeout(20)
    connection.bind((source, 0))
    connection.connect(server)
    return connection


def main(address, port, source, seconds):
    answers = collections.Counter()
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        there = [open_one((address, int(port)), source) for _ in range(AT_ONCE)]
        for connection in there:
            answers[connection.recv(200)[:3].decode()] += 1
        for connection in there:
            connection.close()
    print(f"attempts {sum(answers.values())}, greeted {answers['220']}, turned away {answers['421']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
