"""Crowds of clients that misbehave, from 100 connections an address, until the server has
ended them all.

crowd.py MODE COUNT ADDRESS PORT FIRST_SOURCE
MODE: silent  says nothing after the greeting
      slow    sends a byte of an endless command each second
      deaf    sends commands without end and reads nothing after the greeting
      cut     goes into DATA, sends half of a message, waits for a line on standard input,
              and is gone then: half of them by FIN, half by RST
FIRST_SOURCE: number from 2 on; sources are 127.0.0.N and the addresses after it.
Prints "ready" when all are in place (or how many got that far), and at the end the number
ended by the server, seconds from ready to the last end, and how many got which last line."""
import collections
import errno
import resource
import select
import socket
import struct
import sys
import time

EACH_SOURCE = 100
READY_SECONDS = 60
LIFE_SECONDS = 120
DIALOGUE = (b"EHLO crowd.test\r\n", b"MAIL FROM:<bob@pombo.test>\r\n", b"RCPT TO:<ann@pombo.test>\r\n",
            b"DATA\r\n")
HALF = b"Subject: cut off\r\n\r\n" + b"half of a message\r\n" * 3000
NEVER_READ = b"HELP\r\n" * 2000


class Connection:
    """One client; its socket never blocks."""

    def __init__(self, mode, server, source):
        self.mode = mode
        self.socket = socket.socket()
        if mode == "deaf":
            for buffer in socket.SO_RCVBUF, socket.SO_SNDBUF:
                self.socket.setsockopt(socket.SOL_SOCKET, buffer, 4096)
        self.socket.bind((source, 0))
        self.socket.setblocking(False)
        error = self.socket.connect_ex(server)
        if error not in (0, errno.EINPROGRESS):
            raise OSError(error, "connect")
        self.text = b""
        self.step = 0
        self.unsent = b""
        self.is_ready = False
        self.is_ended = False

    def events(self):
        if self.mode == "deaf" and self.text:
            return select.EPOLLOUT | select.EPOLLET
        return select.EPOLLIN | select.EPOLLRDHUP | (select.EPOLLOUT if self.unsent else 0)

    def send(self, data):
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        self.unsent = data[sent:]

    def on_event(self, events):
        """True where it has ended."""
        try:
            if self.mode == "deaf" and self.text:
                return self.flood(events)
            if events & select.EPOLLOUT and self.unsent:
                self.send(self.unsent)
            if events & (select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                data = self.socket.recv(65536)
                if not data:
                    return True
                self.text += data
                self.go_on()
        except BlockingIOError:
            pass
        except OSError:
            return True
        if self.mode == "cut" and self.step > len(DIALOGUE) and not self.unsent:
            self.is_ready = True
        return False

    def flood(self, events):
        if events & (select.EPOLLHUP | select.EPOLLERR):
            return True
        try:
            while True:
                self.socket.send(NEVER_READ)
        except BlockingIOError:
            self.is_ready = True
        return False

    def go_on(self):
        last = self.text.rstrip(b"\r\n").rpartition(b"\n")[2]
        if not self.text.endswith(b"\n") or last[3:4] == b"-":
            return
        if self.mode == "deaf":
            self.flood(0)
        elif self.mode != "cut":
            self.is_ready = self.is_ready or last.startswith((b"220", b"+OK"))
        elif self.step < len(DIALOGUE):
            self.send(DIALOGUE[self.step])
            self.step += 1
        elif self.step == len(DIALOGUE) and last.startswith(b"354"):
            self.send(HALF)
            self.step += 1

    def last_line(self):
        return self.text.rstrip(b"\r\n").rpartition(b"\n")[2].decode(errors="replace").strip()[:9]


class Crowd:
    def __init__(self, mode, count, server, first_source):
        self.mode = mode
        self.epoll = select.epoll()
        self.there = {}
        self.all = []
        for i in range(count):
            connection = Connection(mode, server, f"127.0.0.{first_source + i // EACH_SOURCE}")
            self.there[connection.socket.fileno()] = connection
            self.all.append(connection)
            self.epoll.register(connection.socket, connection.events())
            if i % 50 == 49:
                self.turn(0)

    def turn(self, wait):
        for fd, events in self.epoll.poll(wait):
            connection = self.there[fd]
            if connection.on_event(events):
                self.end(fd)
            else:
                self.epoll.modify(fd, connection.events())

    def end(self, fd):
        self.epoll.unregister(fd)
        connection = self.there.pop(fd)
        connection.is_ended = True
        connection.socket.close()

    def drip(self):
        for fd, connection in list(self.there.items()):
            try:
                connection.socket.send(b"x")
            except BlockingIOError:
                pass
            except OSError:
                self.end(fd)

    def count_ready(self):
        return sum(c.is_ready for c in self.all)

    def wait_ready(self):
        limit = time.monotonic() + READY_SECONDS
        while self.count_ready() + sum(c.is_ended and not c.is_ready for c in self.all) < len(self.all):
            if time.monotonic() > limit:
                break
            self.turn(0.2)
        print("ready", self.count_ready(), flush=True)

    def wait_end(self):
        limit = time.monotonic() + LIFE_SECONDS
        next_drip = time.monotonic()
        while self.there and time.monotonic() < limit:
            self.turn(0.1)
            if self.mode == "slow" and time.monotonic() >= next_drip:
                self.drip()
                next_drip = time.monotonic() + 1

    def cut(self):
        sys.stdin.readline()
        for i, connection in enumerate(self.there.values()):
            if i % 2:
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.socket.close()
        print(f"cut {len(self.there)}", flush=True)


def main(mode, count, address, port, first_source):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd(mode, int(count), (address, int(port)), int(first_source))
    crowd.wait_ready()
    if mode == "cut":
        return crowd.cut()
    begin = time.monotonic()
    crowd.wait_end()
    lines = collections.Counter(c.last_line() for c in crowd.all)
    ended = len(crowd.all) - len(crowd.there)
    print(f"ended {ended}")
    print(f"seconds {time.monotonic() - begin:.0f}")
    for line, number in lines.most_common():
        print(f"line {number} {line}")
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
