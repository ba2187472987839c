"""What makes load and takes mail: Postfix's smtp-source and smtp-sink, from its root."""
import os
import re
import subprocess
import sys
import time

from systems import ROOT, SENDER, SINK_PORT

TOOLS = ROOT + "/postfix"


def send(port, *options, limit=600):
    """Runs smtp-source; seconds. Raises where it fails."""
    start = time.monotonic()
    done = subprocess.run(
        ["chroot", TOOLS, "/usr/sbin/smtp-source", "-M", "client.bench.test", "-f", SENDER,
         *map(str, options), f"127.0.0.1:{port}"],
        timeout=limit, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError("smtp-source: " + done.stderr.decode(errors="replace")[-200:])
    return time.monotonic() - start


class Sink:
    """smtp-sink, and what it has counted."""

    def __init__(self, logs, address="127.0.0.1"):
        self.path = logs + "/sink.out"
        self.address = address

    def __enter__(self):
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                ["chroot", TOOLS, "/usr/sbin/smtp-sink", "-u", "nobody", "-m", "1000", "-c",
                 f"{self.address}:{SINK_PORT}", "1000"], stdout=out, stderr=subprocess.STDOUT)
        time.sleep(0.3)
        return self

    def counts(self):
        """(sessions that ended, messages)"""
        with open(self.path, "rb") as out:
            out.seek(max(0, os.path.getsize(self.path) - 400))
            found = re.findall(rb"sess=(\d+) quit=\d+ mesg=(\d+)", out.read())
        return tuple(int(n) for n in found[-1]) if found else (0, 0)

    def sessions(self):
        """All sessions so far: those that ended, and those that are open."""
        with open("/proc/net/tcp", encoding="ascii") as lines:
            rows = [line.split() for line in list(lines)[1:]]
        is_open = sum(row[3] == "01" and int(row[1].split(":")[1], 16) == SINK_PORT for row in rows)
        return self.counts()[0] + is_open

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def overflows():
    """Connections that the kernel dropped because a listen queue was full: each costs
    its client a second or more."""
    with open("/proc/net/netstat", encoding="ascii") as lines:
        names, values = [line.split() for line in lines][:2]
    return int(values[names.index("ListenOverflows")])


def say(*what):
    print(time.strftime("%H:%M:%S"), *what, file=sys.stderr, flush=True)
