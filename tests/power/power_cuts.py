"""What a power cut may leave, and whether all promises hold after it.

power_cuts.py test|states|control|deep BIN FOLDER [--states N] [--seconds N] [--seed N] [--workloads NAME...]

Records the workloads (workloads.py) under strace, builds the states that a disk may show after
a cut at any moment (disk.py), starts the system on each, and checks (promises.py).
  states   N different states
  control  takes one sync call after the other away and wants a broken promise for each
  test     both
  deep     states at random for so many seconds, each time from a new recording
BIN holds the programs, FOLDER is a new one that other users can reach. Has to be root: each
worker has a network and a file system in memory of its own."""
import argparse
import ctypes
import glob
import multiprocessing
import os
import random
import re
import subprocess
import sys
import time

from choices import at_random, systematic, without_sync
from disk import Disk, digest
from events import Answer, Sync
import outside
from promises import Promises, check
from record import record
from recording import OWN_SYNC
from restart import Restart
from sink import Sink
import workloads

NEW_NAMESPACES = 0x00020000 | 0x40000000  # mount, network
ALONE = 1 << 18 | 16384                   # MS_PRIVATE, MS_REC
ADOPT = 36                                # PR_SET_CHILD_SUBREAPER
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RECORDINGS_MAX = 3
TRIES_MAX = 200  # at random, in a row, that led to nothing new

disks = {}      # workload's name -> Disk
restart = None  # a worker's


def enter_namespaces(folder):
    """A network with nothing but loopback, and FOLDER in memory."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_NAMESPACES) or libc.mount(b"none", b"/", None, ALONE, None):
        raise OSError(ctypes.get_errno(), "namespaces")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=711", "none", folder], check=True)


def begin_worker(programs, folder):
    global restart
    enter_namespaces(folder + "/states")
    outside.serve(folder)
    # What a system leaves when it ends comes to the worker, who waits for it.
    ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    restart = Restart(programs, folder + "/states", Sink(0))


def try_state(name, without, cut, choice, cuts):
    """What is broken after a restart; CUTS: all that lead to this state."""
    disk = disks[name]
    state = disk.state(disk.moment(cut, without), *choice)
    promises = Promises(disk.recording, workloads.ALL[name])
    for one in cuts:
        promises.add(one)
    outcome = restart.run(state, workloads.ALL[name])
    faults = check(state, outcome, promises)
    return faults, outcome.log.decode(errors="replace") if faults else ""


def try_task(task):
    return task, *try_state(*task)


class States:
    """Different states of one workload and the cuts that lead to each."""

    def __init__(self, name, rng):
        self.disk, self.name, self.rng = disks[name], name, rng
        self.moments = {}
        self.found = {}  # digest -> (cut, choice, cuts)
        self.is_exhausted = False

    def moment(self, cut):
        if cut not in self.moments:
            self.moments[cut] = self.disk.moment(cut)
        return self.moments[cut]

    def add(self, cut, choice):
        """1 where it is new."""
        key = digest(self.disk.state(self.moment(cut), *choice))
        if key in self.found:
            self.found[key][2].add(cut)
            return 0
        self.found[key] = cut, choice, {cut}
        return 1

    def add_systematic(self):
        for cut in range(len(self.disk.recording.events) + 1):
            for choice in systematic(self.disk, self.moment(cut)):
                self.add(cut, choice)

    def add_random(self, wanted):
        for _ in range(wanted):
            for _ in range(TRIES_MAX):
                cut = self.rng.randrange(len(self.disk.recording.events) + 1)
                if self.add(cut, at_random(self.disk, self.moment(cut), self.rng)):
                    break
            else:
                self.is_exhausted = True
                return

    def tasks(self):
        return [(self.name, None, cut, choice, cuts) for cut, choice, cuts in self.found.values()]


def find_states(names, wanted, rng):
    """Tasks of WANTED different states, the systematic ones first."""
    all_states = [States(name, rng) for name in names]
    for states in all_states:
        states.add_systematic()
        states.add_random(wanted // 4 // len(all_states))
    while True:
        left = wanted - sum(len(s.found) for s in all_states)
        open_ones = [s for s in all_states if not s.is_exhausted]
        if left <= 0 or not open_ones:
            break
        for states in open_ones:
            states.add_random(max(1, left // len(open_ones)))
    for states in all_states:
        print(f"{states.name}: {len(states.disk.recording.events)} events, {len(states.found)} states")
    return choose(all_states, wanted, rng)


def choose(all_states, wanted, rng):
    """WANTED tasks at random, as many of each workload as there are, in fair shares."""
    tasks = []
    for place, states in enumerate(sorted(all_states, key=lambda s: len(s.found))):
        share = (wanted - len(tasks)) // (len(all_states) - place)
        own = states.tasks()
        tasks += rng.sample(own, min(share, len(own)))
    rng.shuffle(tasks)
    return tasks


def tell(task, faults, log):
    name, without, cut, choice, cuts = task
    print(f"BROKEN after a cut in {name} at {cut} ({sorted(cuts)}){' without ' + without if without else ''}, "
          f"state {choice}:")
    for fault in faults:
        print("    " + fault)
    for line in log.splitlines()[-20:]:
        print("    | " + line)


def run_states(pool, tasks):
    """How many broke a promise."""
    broken = 0
    for task, faults, log in pool.imap_unordered(try_task, tasks, chunksize=8):
        if faults:
            broken += 1
            if broken <= 20:
                tell(task, faults, log)
    return broken


def control_site(site):
    """(site, states tried, first faults): the first broken promise without the sync SITE."""
    tried, seen = 0, set()
    for name, disk in disks.items():
        events = disk.recording.events
        first = next((i for i, e in enumerate(events) if isinstance(e, Sync) and e.site == site), None)
        if first is None:
            continue
        cuts = range(first + 1, len(events) + 1)
        answered = [i for i in cuts if isinstance(events[i - 1], Answer)]
        for cut in answered + [i for i in cuts if i not in answered]:
            moment = disk.moment(cut, site)
            for choice in without_sync(disk, moment, disk.moment(cut)):
                key = digest(disk.state(moment, *choice))
                if key in seen:
                    continue
                seen.add(key)
                tried += 1
                faults, _ = try_state(name, site, cut, choice, {cut})
                if faults:
                    return site, tried, [f"{name} at {cut}: {fault}" for fault in faults]
    return site, tried, []


def count_missing():
    """Tells of each file with more sync calls than were seen at work."""
    seen = {e.site.split(" ")[0] for d in disks.values() for e in d.recording.events if isinstance(e, Sync)}
    missing = 0
    for path in sorted(glob.glob(ROOT + "/*/*.c")):
        with open(path, encoding="utf-8") as source:
            calls = len(re.findall(r"\b(?:fsync|fdatasync|syncfs|msync|sync)\(", source.read()))
        name = os.path.relpath(path, ROOT)
        at_work = sum(place.startswith(name + ":") for place in seen)
        if calls > at_work:
            missing += calls - at_work
            print(f"not seen: {calls - at_work} of {calls} sync calls in {name}")
    return missing


def run_control(pool):
    sites = sorted({e.site for d in disks.values() for e in d.recording.events
                    if isinstance(e, Sync) and e.site != OWN_SYNC})
    unnoticed = 0
    for site, tried, faults in pool.imap_unordered(control_site, sites):
        if faults:
            print(f"noticed after {tried} states: {site}\n    {faults[0]}")
        else:
            unnoticed += 1
            print(f"NOT NOTICED in {tried} states: {site}")
    print(f"{len(sites)} sync calls taken away, {unnoticed} not noticed")
    return unnoticed + count_missing()


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("test", "states", "control", "deep"))
    parser.add_argument("programs")
    parser.add_argument("folder")
    parser.add_argument("--states", type=int, default=10000)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workloads", nargs="*", default=list(workloads.ALL))
    return parser.parse_args()


def record_all(options, place):
    """Two processes' calls may be told in the wrong order; then it is recorded anew."""
    for attempt in range(RECORDINGS_MAX):
        try:
            return record(options.programs, f"{place}.{attempt}", options.workloads)
        except (KeyError, TypeError, RuntimeError, ValueError) as error:
            print(f"recording failed: {error!r}")
    raise RuntimeError("no recording")


def run(options, seed):
    """Records, and does what the mode says; how much was wrong."""
    begin = time.monotonic()
    rng = random.Random(seed)
    place = f"{options.folder}/recorded-{seed}"
    disks.clear()
    for name, recording in record_all(options, place).items():
        disks[name] = Disk(recording, workloads.ALL[name].commits_names)
    print(f"seed {seed}: recorded in {time.monotonic() - begin:.0f} s")
    wrong = 0
    tasks = find_states(options.workloads, options.states, rng) if options.mode != "control" else []
    with multiprocessing.Pool(2 * os.cpu_count(), begin_worker,
                              (options.programs, options.folder)) as pool:
        if options.mode in ("test", "control"):
            wrong += run_control(pool)
            print(f"after {time.monotonic() - begin:.0f} s")
        if tasks:
            broken = run_states(pool, tasks)
            wrong += broken
            print(f"{len(tasks)} different states, {broken} broke a promise")
    print(f"after {time.monotonic() - begin:.0f} s")
    return wrong


def main():
    options = parse()
    sys.stdout.reconfigure(line_buffering=True)
    enter_namespaces(options.folder)
    outside.serve_beside(options.folder)
    seed, end = options.seed, time.monotonic() + options.seconds
    wrong = run(options, seed)
    while options.mode == "deep" and not wrong and time.monotonic() < end:
        seed += 1
        wrong = run(options, seed)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
