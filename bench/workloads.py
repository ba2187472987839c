"""The SMTP workloads: each takes a running system and returns its figures."""
import socket
import subprocess
import time

from group import kernel_kib
from systems import SENDER, USERS
from traffic import Sink, overflows, send

LIMIT = 300  # seconds for a workload


class Meter:
    """CPU seconds and wall seconds of what runs within "with"."""

    def __init__(self, system):
        self.system = system

    def __enter__(self):
        self.cpu = self.system.group.cpu()
        self.overflows = overflows()
        self.start = time.monotonic()
        return self

    def __exit__(self, *_):
        time.sleep(0.3)  # what is still being cleaned up belongs to it
        cpu = [b - a for a, b in zip(self.cpu, self.system.group.cpu())]
        self.figures = {"cpu_s": cpu[0], "cpu_user_s": cpu[1], "cpu_system_s": cpu[2],
                        "overflows": overflows() - self.overflows}


def deliver(system, count, size, sessions, *more, users=("u",), limit=LIMIT):
    """COUNT messages to USERS' mailboxes, until the last lies there."""
    users = list(users)
    system.empty(users)
    with Meter(system) as meter:
        accepted = send(system.port, "-s", sessions, "-l", size, "-m", count, "-t", "u@bench.test", *more)
        total, done = system.wait_for(users, count * len(users), limit, meter.start)
    disk = system.disk_kib(users)
    system.empty(users)
    return dict(meter.figures, n=count * len(users), done=done, accepted_s=accepted, total_s=total,
                disk_kib=disk)


def w1(system, _logs):
    """4 KiB messages by 10 sessions, a connection each"""
    return deliver(system, system.spec.get("W1", 2000), 4096, 10)


def w1d(system, _logs):
    """the same, sessions kept"""
    return deliver(system, 2000, 4096, 10, "-d")


def relay(system, logs, count):
    with Sink(logs) as sink, Meter(system) as meter:
        accepted = send(system.port, "-s", 10, "-l", 4096, "-m", count, "-d", "-t", "x@far.test")
        last, moved = 0, meter.start
        while True:
            done, now = sink.counts()[1], time.monotonic()
            if done != last:
                last, moved = done, now
            if done >= count or now - moved > 20:  # the rest waits for a queue run
                break
            time.sleep(0.02)
        total, sessions = moved - meter.start, sink.sessions()
    return dict(meter.figures, n=count, done=last, accepted_s=accepted, total_s=total, sessions=sessions)


def w2(system, logs):
    """2,000 messages to one next host"""
    figures = relay(system, logs, system.spec.get("W2", 2000))
    time.sleep(1.5 if system.name == "postfix" else 0.2)  # idle sessions end before the sink
    return figures


def w3(system, _logs):
    """20 messages of 10 MiB by 4 sessions"""
    return deliver(system, 20, 10 << 20, 4)


def w4(system, _logs):
    """200 messages to 50 mailboxes each"""
    return deliver(system, 200, 4096, 10, "-r", len(USERS), users=USERS)


def w5(system, _logs, count=1000):
    """1,000 messages through the sendmail command, one after the other"""
    system.empty(["u"])
    text = f"From: {SENDER}\nTo: u@bench.test\nSubject: bench\n\n" + ("X" * 75 + "\n") * 52
    with open(system.root + "/tmp/message", "w", encoding="ascii") as out:
        out.write(text)
    loop = (f"i=0; while [ $i -lt {count} ]; do {system.spec['sendmail']} u@bench.test </tmp/message"
            " || exit 1; i=$((i+1)); done")
    with Meter(system) as meter:
        done = subprocess.run(  # pylint: disable=subprocess-popen-preexec-fn
            system.command(loop), preexec_fn=system.group.enter, timeout=LIMIT,
            stdin=subprocess.DEVNULL, stdout=system.log, stderr=system.log, check=False)
        accepted = time.monotonic() - meter.start
        total, arrived = system.wait_for(["u"], count, LIMIT, meter.start)
    system.empty(["u"])
    if done.returncode:
        raise RuntimeError("the sendmail command failed")
    return dict(meter.figures, n=count, done=arrived, accepted_s=accepted, total_s=total)


def w6(system, _logs, count=500):
    """500 idle connections: KiB each, of the processes and of the kernel"""
    time.sleep(1)
    pss, kernel = system.group.pss(), kernel_kib()
    clients, greeted = [], 0
    try:
        with Meter(system) as meter:
            for _ in range(count):
                clients.append(socket.create_connection(("127.0.0.1", system.port), 15))
                greeted += clients[-1].recv(300).startswith(b"220")
            total = time.monotonic() - meter.start
            time.sleep(1)
        return dict(meter.figures, n=count, done=greeted, total_s=total,
                    pss_kib=(system.group.pss() - pss) / max(1, greeted),
                    kernel_kib=(kernel_kib() - kernel) / max(1, greeted))
    finally:
        for client in clients:
            client.close()
        time.sleep(1)


ALL = {"W1": w1, "W1d": w1d, "W2": w2, "W3": w3, "W4": w4, "W5": w5, "W6": w6}
