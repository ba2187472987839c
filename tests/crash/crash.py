#!/usr/bin/env python3
"""Kills a program at each of its system calls, lets each call fail, or fills its disk at
each byte or page; checks after each point that nothing acknowledged was lost.

    crash.py kill|fail|disk|pages SCENARIO [--pace MS] [--every K] [--offset O] [--point P]
             [--jobs N] [-v]
    crash.py list

BIN (POMBO_BIN) holds the programs, POMBO_BUILD/crash/tracer the tracer. A scenario is one
small workload in which one program is the target. --every takes each Kth point, from the
Oth on (by default one that is another each day). --pace ends it after so many milliseconds
for each of its points, but not before a tenth of them was run: they are spread evenly, and
how many they were is said. --point runs one alone and shows the log.
Ends with a line of figures, and non-zero where a promise broke or no point was run."""
import argparse
import os
import pickle
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback

import commands
import day_reports
import doors
import drains
import failures
import mailboxes
import policies
import secure
from world import World

SCENARIOS = {**drains.SCENARIOS, **doors.SCENARIOS, **mailboxes.SCENARIOS,
             **commands.SCENARIOS, **secure.SCENARIOS, **policies.SCENARIOS,
             **day_reports.SCENARIOS}
CALLS_MAX = 60000  # what takes more calls than so many is a busy loop; OpenSSL allocates 23,000 times

# Of a target that could not be brought to its end.
NO_REPORT = {"stops": "0", "hit": "0", "grown": "0", "end": "none", "numbers": ""}
NO_CALL = (-1, 0, 0)

world = None
scenario = None


class Result:
    def __init__(self, point, faults, was_reached, seconds):
        self.point, self.faults = point, faults
        self.was_reached, self.seconds = was_reached, seconds


def begin_worker(folder, kind, name):
    global world, scenario
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    own = f"{folder}/{os.getpid()}"
    os.mkdir(own)
    world = World(own, os.environ["POMBO_BIN"], os.environ["POMBO_BUILD"] + "/crash/tracer")
    scenario = SCENARIOS[name]()
    if kind == "pages":
        world.disks.enable()


def run_traced(*options):
    """One run under the tracer: faults, and the tracer's report."""
    scenario.prepare(world)
    world.disks.shrink()
    world.trace(scenario.program, scenario.which, "-m", str(CALLS_MAX), *options)
    faults = scenario.act(world)
    world.stop_tracing()
    report = world.report()
    if report is None:
        if not faults:
            raise RuntimeError(f"{scenario.program} was not started")
        world.end_all()
        report = world.report() or NO_REPORT
    if report["end"].startswith("busy"):
        faults.append("a busy loop")
    return faults, report


def record():
    """The run without a plan: what is to be planned for."""
    faults, report = run_traced("-b", str(1 << 40))
    report["pages"] = world.disks.used()
    faults += scenario.finish(world)
    if faults:
        raise RuntimeError(f"without a crash: {faults}\n{world.log()}")
    return report


def run_kill(point):
    faults, report = run_traced("-k", str(point))
    return faults + scenario.finish(world), int(report["stops"]) == point


def run_fail(point):
    number, nth, error = point
    faults, report = run_traced("-f", f"{number}:{nth}:{error}")
    was_hit = int(report["hit"]) > 0
    if was_hit:
        faults += scenario.judge(world, report, point)
    return faults + scenario.finish(world), was_hit


def run_disk(point):
    faults, report = run_traced("-b", str(point))
    was_hit = int(report["hit"]) > 0
    if was_hit:
        faults += scenario.judge(world, report, NO_CALL)
    return faults + scenario.finish(world), was_hit


def run_pages(point):
    """A real file system that has so many pages, and more after the programs have ended."""
    world.disks.room = point
    faults, report = run_traced()
    world.disks.room = None
    faults += scenario.judge(world, report, NO_CALL)
    world.disks.give_room()
    return faults + scenario.finish(world), True


RUNNERS = {"kill": run_kill, "fail": run_fail, "disk": run_disk, "pages": run_pages}


def run_point(kind, point):
    begin = time.monotonic()
    scenario.duplicates = 1
    try:
        faults, was_reached = RUNNERS[kind](point)
    except Exception as error:  # a fault of this point, not the end of all
        faults, was_reached = [f"{type(error).__name__}: {error}"], True
    if world.end_all():
        faults.append("processes left over")
    return Result(point, faults, was_reached, time.monotonic() - begin)


def run_some(kind, points, end):
    for at, point in enumerate(points):
        if end and time.monotonic() > end and at * 10 >= len(points):
            break
        yield run_point(kind, point)


def describe(kind, point):
    if kind == "kill":
        return f"killed at stop {point}"
    if kind in ("disk", "pages"):
        return f"with room for {point} {'bytes' if kind == 'disk' else kind}"
    number, nth, error = point
    return f"with {failures.name_of(number)} number {nth} failing with " \
        f"{failures.error_name(error)}"


def is_sanitized():
    with open(os.environ["POMBO_BIN"] + "/smtpd", "rb") as program:
        return b"__asan_init" in program.read()


def spread(points):
    """In an order of which each beginning is spread evenly."""
    return [p for _, p in sorted(((i * 0.6180339887) % 1, p) for i, p in enumerate(points))]


def all_points(kind, report):
    if kind == "kill":
        # The calls vary a little from run to run: some points may not be reached.
        return list(range(1, int(report["stops"]) * 21 // 20 + 3))
    if kind == "fail":
        return failures.plan([int(n) for n in report["numbers"].split()], is_sanitized())
    return list(range(int(report["grown"] if kind == "disk" else report["pages"]) + 1))


def start_worker(args, folder, work):
    """A process that has a world of its own and does WORK; its pid and the pipe on which
    what WORK yields comes, pickled."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            begin_worker(folder, args.kind, args.scenario)
            with os.fdopen(writing, "wb") as out:
                for item in work():
                    pickle.dump(item, out)
                    out.flush()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    return pid, os.fdopen(reading, "rb")


def read_results(workers):
    """Yields what the workers send, as it comes, until they have ended."""
    pipes = [pipe for _, pipe in workers]
    while pipes:
        for pipe in select.select(pipes, [], [])[0]:
            try:
                yield pickle.load(pipe)
            except EOFError:
                pipes.remove(pipe)
                pipe.close()
    for pid, _ in workers:
        if os.waitpid(pid, 0)[1] != 0:
            raise RuntimeError("a worker of the test failed")


def plan_points(args, folder):
    """The points of a run without a crash."""
    def work():
        yield all_points(args.kind, record())

    return list(read_results([start_worker(args, folder, work)]))[0]


def run_all(args, folder):
    points = plan_points(args, folder)
    offset = args.offset if args.offset is not None else \
        int(time.time() // 86400) % args.every
    chosen = spread(points[offset::args.every])
    end = time.monotonic() + max(args.pace * len(chosen) / 1000, 3) if args.pace else None
    workers = [start_worker(args, folder,
                            lambda i=i: run_some(args.kind, chosen[i::args.jobs], end))
               for i in range(args.jobs)]
    bad = reached = ran = 0
    slowest = 0.0
    for result in read_results(workers):
        ran += 1
        reached += result.was_reached
        slowest = max(slowest, result.seconds)
        bad += bool(result.faults)
        for fault in result.faults:
            print(f"  {args.scenario} {describe(args.kind, result.point)} "
                  f"[{result.point}]: {fault}", flush=True)
        if args.verbose:
            print(f"  {result.point} {result.was_reached} {result.seconds:.3f}", flush=True)
    print(f"{args.scenario}: {ran} of {len(points)} points ({args.kind}, every "
          f"{args.every} from {offset}), {reached} reached, {bad} broke a promise, "
          f"slowest {slowest:.1f} s", flush=True)
    return 1 if bad or not reached or (ran != len(chosen) and not end) else 0


def run_one(args, folder):
    begin_worker(folder, args.kind, args.scenario)
    point = eval(args.point, {})  # pylint: disable=eval-used # of the one who types it
    result = run_point(args.kind, point)
    print(world.log())
    print(describe(args.kind, point), "reached" if result.was_reached else "not reached",
          result.faults, f"{result.seconds:.3f} s", world.report())
    return 1 if result.faults else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=[*RUNNERS, "list"])
    parser.add_argument("scenario", choices=SCENARIOS, nargs="?")
    parser.add_argument("--pace", type=float, default=0)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--offset", type=int)
    parser.add_argument("--point")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("-v", "--verbose", action="store_true")
    args = parser.parse_args()
    if args.kind == "list":
        print("\n".join(SCENARIOS))
        return 0
    if not args.scenario:
        parser.error("which scenario?")
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="pombo-crash.", dir=shared)
    try:
        return (run_one if args.point else run_all)(args, folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
