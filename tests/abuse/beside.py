"""The well-behaved client beside the others: sends messages one after the other, each in a
session of its own, and waits until each has arrived.

beside.py PORT ADDRESS SOURCE COUNT PAUSE RECIPIENT FOLDER
PORT and ADDRESS: the server; SOURCE: the client's own address. The messages, each with one
RECIPIENT, must come up as files in FOLDER (a Maildir's new/, or a sink's). Prints the longest
and the median wait in milliseconds for the 250 (from connect on), and for the arrival (from
the 250 on). Exit code 1 where a message was refused or did not arrive in ARRIVAL seconds."""
import os
import socket
import statistics
import sys
import time

ARRIVAL = 60
PATIENCE = 10  # seconds for one answer


class Refused(Exception):
    pass


class Client:
    def __init__(self, address, port, source):
        self.socket = socket.create_connection((address, port), timeout=PATIENCE, source_address=(source, 0))
        self.lines = self.socket.makefile("rb")

    def expect(self, code):
        while True:
            line = self.lines.readline()
            if not line.startswith(code):
                raise Refused(line.decode(errors="replace").strip() or "cut off")
            if line[3:4] != b"-":
                return

    def command(self, text, code):
        self.socket.sendall(text.encode() + b"\r\n")
        self.expect(code)

    def send(self, recipient, subject):
        self.expect(b"220")
        self.command("EHLO client.test", b"250")
        self.command("MAIL FROM:<bob@pombo.test>", b"250")
        self.command(f"RCPT TO:<{recipient}>", b"250")
        self.command("DATA", b"354")
        self.command(f"Subject: {subject}\r\n\r\nbody of {subject}\r\n.", b"250")

    def close(self):
        self.lines.close()
        self.socket.close()


def count_files(folder):
    try:
        return len(os.listdir(folder))
    except FileNotFoundError:
        return 0


def main(port, address, source, count, pause, recipient, folder):
    answers, arrivals = [], []
    for i in range(int(count)):
        begin = time.monotonic()
        there = count_files(folder)
        client = Client(address, int(port), source)
        client.send(recipient, f"beside-{os.getpid()}-{i}")
        answered = time.monotonic()
        while count_files(folder) == there:
            if time.monotonic() > answered + ARRIVAL:
                sys.exit(f"message {i} did not arrive")
            time.sleep(0.005)
        answers.append(answered - begin)
        arrivals.append(time.monotonic() - answered)
        client.close()
        time.sleep(float(pause))
    for name, waits in ("answer", answers), ("arrival", arrivals):
        print(f"{name}: longest {max(waits) * 1000:.0f} ms, median {statistics.median(waits) * 1000:.0f} ms")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, Refused) as error:
        sys.exit(f"refused: {error}")
