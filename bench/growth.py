"""How the cost grows with the work: sessions, sizes, recipients, the queue in front of a
new message, dead destinations. Rows of pombo, and of Postfix where it can do the same."""
import os
import smtplib
import statistics
import subprocess
import time

from traffic import Sink, send
from workloads import Meter, deliver

HERE = os.path.dirname(os.path.abspath(__file__))


def sessions(count):
    def run(system, _logs):
        return deliver(system, 2000, 4096, count)
    run.__doc__ = f"2,000 messages of 4 KiB by {count} sessions at once"
    return run


def size(kib, count):
    def run(system, _logs):
        return deliver(system, count, kib << 10, min(4, count))
    run.__doc__ = f"{count} messages of {kib} KiB"
    return run


def recipients(count):
    def run(system, logs):
        with Sink(logs) as sink, Meter(system) as meter:
            accepted = send(system.port, "-s", 1, "-l", 4096, "-m", 1, "-r", count, "-t", "x@far.test")
            last, moved = 0, time.monotonic()
            while time.monotonic() - moved < 3:  # how many transactions it makes is its own choice
                if sink.counts()[1] != last:
                    last, moved = sink.counts()[1], time.monotonic()
                time.sleep(0.01)
            total = moved - meter.start
        return dict(meter.figures, n=count, done=count, accepted_s=accepted, total_s=total, transactions=last)
    run.__doc__ = f"a message with {count} recipients at one exchanger"
    return run


def latency(system, _logs, count=100):
    """from the answer to the end of DATA to the file in the mailbox, idle: median ms"""
    system.empty(["u"])
    times = []
    with smtplib.SMTP("127.0.0.1", system.port) as client, Meter(system) as meter:
        client.ehlo("client.bench.test")
        for i in range(count):
            client.mail("sender@bench.test")
            client.rcpt("u@bench.test")
            client.putcmd("data")
            client.getreply()
            client.send(b"Subject: latency\r\n\r\n" + b"x" * 4000 + b"\r\n.\r\n")
            start = time.monotonic()
            while system.count(["u"]) <= i and time.monotonic() - start < 10:
                time.sleep(0.0002)
            times.append(time.monotonic() - start)
            client.getreply()
            time.sleep(0.02)
    system.empty(["u"])
    return dict(meter.figures, n=count, done=count, total_s=sum(times),
                median_ms=1000 * statistics.median(times))


def banner(_system, _logs, count=200):
    """start of smtpd to its banner, in ms"""
    times = []
    for _ in range(count):
        start = time.monotonic()
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["chroot", _system.root, "/usr/libexec/pombo/smtpd"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.read(3)
        times.append(time.monotonic() - start)
        process.communicate(b"QUIT\r\n")
    return {"n": count, "done": count, "total_s": sum(times), "cpu_s": 0,
            "median_ms": 1000 * statistics.median(times)}


ALL = {f"sessions {n}": sessions(n) for n in (1, 10, 100, 500)}
ALL.update({"4 KiB": size(4, 500), "100 KiB": size(100, 200), "1 MiB": size(1024, 50),
            "50 MiB": size(50 << 10, 4)})
ALL.update({f"recipients {n}": recipients(n) for n in (1, 50, 1000)})
ALL["latency"] = latency
POMBO_ONLY = {"recipients 5000": recipients(5000)}
