#!/usr/bin/env python3
"""A name server that answers the right question with a broken answer, another way of
being broken each time. hostile_dns.py PORTFILE"""
import os
import random
import socket
import struct
import sys

random.seed(3)


def record(kind, data, name=b"\xc0\x0c", length=None, ttl=300):
    return name + struct.pack(">HHIH", kind, 1, ttl,
                              len(data) if length is None else length) + data


def mutate(data):
    data = bytearray(data)
    for _ in range(random.randrange(1, 6)):
        data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data)


def answers(kind, end):
    """(count, bytes) each; END is where the answer section begins."""
    here = struct.pack(">H", 0xC000 | end)
    good = record(kind, {1: b"\x7f\0\0\x02", 28: bytes(16)}.get(
        kind, b"\0\x0a\x02mx\xc0\x0c"))
    yield 1, b""
    yield 9, good
    yield 1, record(kind, b"")
    yield 1, record(kind, b"\0")
    yield 1, record(kind, b"\0\x0a", length=60000)
    yield 1, record(15, b"\0\x0a" + here)
    yield 1, record(15, b"\0\x0a\xff\xff")
    yield 1, record(15, b"\0\x0a" + b"\x3fx" * 30)
    yield 1, record(5, b"\xc0\x0c")
    yield 1, record(5, here)
    yield 1, record(kind, b"\0" * 100, name=here)
    yield 1, record(15, b"\0\x0a" + (b"\x3f" + b"\x01" * 63) * 4 + b"\0")
    yield 1, record(kind, b"\0\x0a\x01.\xc0\x0c")
    for _ in range(20):
        yield random.randrange(5), bytes(random.randrange(256)
                                         for _ in range(random.randrange(200)))
    for _ in range(40):
        yield 1, mutate(good)


def main(path):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    with open(path + ".new", "w") as file:
        file.write("%d\n" % sock.getsockname()[1])
    os.rename(path + ".new", path)
    turn = 0
    while True:
        query, peer = sock.recvfrom(4096)
        end = query.index(b"\0", 12) + 5
        kind = struct.unpack(">H", query[end - 4:end - 2])[0]
        choices = list(answers(kind, end))
        count, data = choices[turn % len(choices)]
        turn += 1
        sock.sendto(query[:2] + b"\x81\x80\0\x01" + struct.pack(">HHH", count, 0, 0) +
                    query[12:end] + data, peer)


if __name__ == "__main__":
    main(sys.argv[1])
