"""Kills each program before and after every system call that it makes, one run a point,
and checks after a restart that nothing acknowledged was lost, nothing was cut, and nothing
bounced that was delivered.

kill_points.py BIN TRACER [--program NAME]... [--every N] [--jobs N]
BIN holds the programs, TRACER is tests/crash/tracer.c built. --every 3 takes each third
point (and says so). Ends with a line a program, and non-zero where a promise broke."""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

import pigeons

# Programs that live on: they are started anew under the tracer. The others are started
# by the workload.
LASTING = ("qsend", "qspawn", "qlisten", "qstart")
TRACED = ("smtpd", "qinject", "qsend", "qlocal", "qremote", "qmx", "qnotify", "qspawn", "qstart",
          "qlisten", "popup", "checkpw", "pop3d", "qtable", "qmqpd")


class Sink:
    def __init__(self, folder):
        os.mkdir(folder + "/sink")
        self.process = subprocess.Popen(
            [sys.executable, pigeons.HERE + "/sink.py", "127.0.0.1", "0", folder + "/sink"],
            stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def prepare(folder, built, tracer):
    sink = Sink(folder)
    system = pigeons.System(folder, built, sink.port)
    system.tracer = tracer
    system.configure()
    if not system.up():
        raise RuntimeError("pombo up failed")
    for user in "ann", "bob", "carl":
        system.add_user(f"{user}@pombo.test", "secret")
    with open(system.dir + "/etc/aliases", "a", encoding="utf-8") as out:
        out.write("list@pombo.test  ann@pombo.test, bob@pombo.test, far@sink.test\n")
    if system.run(system.bin + "/pombo", "reload", system.dir).returncode != 0:
        raise RuntimeError("pombo reload failed")
    return sink, system


def workload(system):
    work = pigeons.Workload(system)
    work.smtp("m-before", ["carl@pombo.test"])
    system.settle(20)
    work.smtp("m-many", ["ann@pombo.test", "bob@pombo.test", "one@sink.test", "two@sink.test"])
    work.qinject("m-local", ["bob@pombo.test", "list@pombo.test"])
    work.smtp("m-bad", ["bad@sink.test", "ann@pombo.test"])
    work.smtp("m-slow", ["slow@sink.test"])
    work.rebuild()
    work.pop3_remove("carl")
    system.settle(3)
    return work


def run_point(built, tracer, program, options):
    """One run with PROGRAM under the tracer. The list of broken promises."""
    folder = tempfile.mkdtemp(prefix="pombo-crash.")
    sink = system = None
    try:
        sink, system = prepare(folder, built, tracer)
        if program in LASTING:
            system.down()
            system.wrap(program, options)
            if not system.up():
                system.down()
                if not system.up():
                    return ["the system did not come up again"]
        else:
            system.wrap(program, options)
        work = workload(system)
        system.down()
        system.unwrap(program)
        if not system.up():
            return ["the system did not come up after the restart"]
        faults = [] if system.settle(30) else [f"left in the queue: {system.queue_files()}"]
        faults += pigeons.check(system, work)
        faults += check_removal(system, work)
        return faults
    finally:
        if system:
            system.down()
        if sink:
            sink.stop()
        shutil.rmtree(folder, ignore_errors=True)


def check_removal(system, work):
    """A removal that POP3 answered holds; nothing else vanished."""
    left = sum("m-before" in text for text in system.messages("carl"))
    if "m-before" not in work.acknowledged:
        return []
    if work.removed and left:
        return ["a message that was removed came back"]
    return [] if work.removed or work.tried_removal or left else ["m-before is gone"]


def count_stops(built, tracer, program):
    """How many stops PROGRAM has in the workload: two a call."""
    folder = tempfile.mkdtemp(prefix="pombo-crash.")
    try:
        faults = run_point(built, tracer, program, f"-o {folder}/calls")
        if faults:
            raise RuntimeError(f"{program} without a kill: {faults}")
        with open(folder + "/calls", encoding="utf-8") as calls:
            return 2 * len(calls.readlines())
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin")
    parser.add_argument("tracer")
    parser.add_argument("--program", action="append", choices=TRACED)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    args = parser.parse_args()
    broken = runs = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for program in args.program or TRACED:
            stops = count_stops(args.bin, args.tracer, program)
            points = range(1, stops + 1, args.every)
            results = pool.map(lambda n, p=program: run_point(args.bin, args.tracer, p, f"-k {n}"), points)
            bad = 0
            for point, faults in zip(points, results):
                runs += 1
                for fault in faults:
                    print(f"  {program} killed at stop {point}: {fault}", flush=True)
                bad += bool(faults)
            broken += bad
            print(f"{program}: {stops} points, {len(points)} run, {bad} broke a promise", flush=True)
    print(f"{runs} kill points, {broken} broke a promise")
    return 1 if broken or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
