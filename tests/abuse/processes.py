"""What a tree of processes holds, from /proc.

processes.py children PID          how many children PID has
processes.py memory PID            of its children: number, kB of PSS, of private memory, of
                                   page tables, and descriptors, each on the average
processes.py self PID              kB resident, and open descriptors, of PID alone
processes.py tree PID...           the pids of these and all below them"""
import os
import sys


def read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def field(text, name):
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def children(pid):
    """The live ones: a zombie is no process any more."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = read(entry, "stat").rpartition(")")[2].split()
            if len(stat) > 1 and stat[1] == str(pid) and stat[0] != "Z":
                found.append(int(entry))
    return found


def tree(pids):
    found = list(pids)
    for pid in found:
        found += [c for c in children(pid) if c not in found]
    return found


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def memory(pid):
    pids = children(pid)
    pss = private = tables = fds = 0
    for child in pids:
        rollup = read(child, "smaps_rollup")
        pss += field(rollup, "Pss")
        private += field(rollup, "Private_Dirty") + field(rollup, "Private_Clean")
        tables += field(read(child, "status"), "VmPTE")
        fds += descriptors(child)
    count = max(len(pids), 1)
    return (f"processes {len(pids)} pss {pss // count} private {private // count} "
            f"tables {tables // count} descriptors {fds / count:.1f}")


def main(verb, *pids):
    pids = [int(p) for p in pids]
    if verb == "children":
        print(len(children(pids[0])))
    elif verb == "memory":
        print(memory(pids[0]))
    elif verb == "self":
        print(field(read(pids[0], "status"), "VmRSS"), descriptors(pids[0]))
    else:
        print(*tree(pids))


if __name__ == "__main__":
    main(*sys.argv[1:])
