"""How the cost grows with the work: sessions, sizes, recipients, the queue in front of a
new message, dead destinations. Rows of pombo, and of Postfix where it can do the same."""
import os
import random
import smtplib
import socket
import statistics
import subprocess
import time

from systems import SINK_PORT
from traffic import Sink, send
from workloads import Meter, deliver

HERE = os.path.dirname(os.path.abspath(__file__))
LETTER = b"Subject: bench\r\n\r\n" + b"x" * 70 + b"\r\n"


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


def watch(sink, meter):
    """How many transactions a system makes is its own choice: until there are no more."""
    last, moved = 0, time.monotonic()
    while time.monotonic() - moved < 3:
        if sink.counts()[1] != last:
            last, moved = sink.counts()[1], time.monotonic()
        time.sleep(0.01)
    return last, moved - meter.start


def recipients(count):
    def run(system, logs):
        with Sink(logs) as sink, Meter(system) as meter:
            accepted = send(system.port, "-s", 1, "-l", 4096, "-m", 1, "-r", count, "-t", "x@far.test")
            last, total = watch(sink, meter)
        return dict(meter.figures, n=count, done=count, accepted_s=accepted, total_s=total, transactions=last)
    run.__doc__ = f"a message with {count} recipients at one exchanger"
    return run


def many_recipients(count):
    """More than a message may have unless the administrator says so."""
    def run(system, logs):
        path = system.root + "/etc/pombo/pombo.conf"
        with open(path, encoding="ascii") as conf:
            before = conf.read()
        try:
            configure(system, "pombo.conf", before + f"recipients_limit = {count}\n")
            return recipients(count)(system, logs)
        finally:
            configure(system, "pombo.conf", before)
    run.__doc__ = recipients(count).__doc__
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


def banner(system, logs, count=500):
    """start of smtpd, without a template, to its banner, in ms"""
    program = os.path.dirname(logs) + "/bin/banner"
    start = time.monotonic()
    done = subprocess.run([program, system.root, str(count), "/usr/libexec/pombo/smtpd"],
                          stdout=subprocess.PIPE, check=True)
    return {"n": count, "done": count, "total_s": time.monotonic() - start, "cpu_s": 0,
            "median_ms": float(done.stdout)}


def queued(count):
    def run(system, logs):
        if count <= 10000:
            if count:
                send(system.port, "-s", 10, "-l", 1000, "-m", count, "-d", "-t", "x@far.test")
        else:
            fill_queue(system, count)
        time.sleep(3)  # each has been tried: nobody answers for far.test
        figures = latency(system, logs)
        figures["group_kib"] = system.group.pss()
        system.stop()
        system.clean()
        system.start()
        return figures
    run.__doc__ = f"{count} deferred messages in the queue: the delay of a new one"
    return run


def fill_queue(system, count):
    """Puts deferred messages into pombo's wheel, half of them due now."""
    queue = system.root + "/var/spool/pombo"
    system.stop()
    subprocess.run(["/usr/bin/python3", HERE + "/../tests/abuse/queue_fill.py", queue, str(count), "x@far.test"],
                   check=True)
    subprocess.run(["chroot", system.root, "chown", "-R", "pombo-q:pombo-q", "/var/spool/pombo/wheel"], check=True)
    system.start()


class DeafPort:
    """A port at which no connection comes about: SYNs are dropped once its queue is full."""

    def __init__(self, port):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("0.0.0.0", port))
        self.listener.listen(0)
        self.fillers = []

    def __enter__(self):
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self.listener.getsockname())
            self.fillers.append(filler)
        time.sleep(0.2)
        return self

    def __exit__(self, *_):
        for one in [self.listener] + self.fillers:
            one.close()


def configure(system, name, text):
    """Restarts pombo with this text in this file."""
    system.stop()
    with open(f"{system.root}/etc/pombo/{name}", "w", encoding="ascii") as out:
        out.write(text)
    subprocess.run(["chroot", system.root, "/usr/sbin/qtable"], check=True)
    system.start()


def set_routes(system, rows):
    configure(system, "routes", f"far.test  [127.0.0.1]:{SINK_PORT}\n" + "".join(rows))


def dead(count, living=100):
    def run(system, logs):
        domains = [f"live{i}.test" for i in range(living)] + [f"dead{i}.test" for i in range(count)]
        rows = [f"live{i}.test  [127.1.{i // 250}.{1 + i % 250}]:{SINK_PORT}\n" for i in range(living)]
        rows += [f"dead{i}.test  [127.2.{i // 250}.{1 + i % 250}]:{SINK_PORT - 1}\n" for i in range(count)]
        random.Random(1).shuffle(domains)
        set_routes(system, rows)
        try:
            with DeafPort(SINK_PORT - 1), Sink(logs, "0.0.0.0") as sink, Meter(system) as meter, \
                    smtplib.SMTP("127.0.0.1", system.port) as client:
                for domain in domains:
                    client.sendmail("sender@bench.test", ["x@" + domain], LETTER)
                accepted = time.monotonic() - meter.start
                while sink.counts()[1] < living and time.monotonic() - meter.start < 300:
                    time.sleep(0.02)
                total = time.monotonic() - meter.start
                done = sink.counts()[1]
        finally:
            system.stop()
            system.clean()
            set_routes(system, [])
        return dict(meter.figures, n=living, done=done, accepted_s=accepted, total_s=total,
                    rest_ms=1000 * (total - accepted))
    run.__doc__ = f"a message to each of {living} destinations that answer, among {count} that do not"
    return run


ALL = {f"sessions {n}": sessions(n) for n in (1, 10, 100, 500)}
ALL.update({"4 KiB": size(4, 500), "100 KiB": size(100, 200), "1 MiB": size(1024, 50),
            "50 MiB": size(50 << 10, 4)})
ALL.update({f"recipients {n}": recipients(n) for n in (1, 50, 1000)})
ALL["latency"] = latency
ALL.update({f"queue {n}": queued(n) for n in (0, 10000)})
POMBO_ONLY = {"recipients 5000": many_recipients(5000), "queue 1000000": queued(1000000),
              "dead 0": dead(0), "dead 900": dead(900)}
