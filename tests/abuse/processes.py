"""What a tree of processes holds, from /proc.

processes.py children PID          how many children PID has
processes.py memory PID            of its children: number, kB of PSS, of private memory, of
                                   page tables, and descriptors, each on the average
processes.py self PID              kB resident, and open descriptors, of PID alone"""
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


def list_live():
    """[(pid, parent, name)] of all; a zombie is no process any more."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            name, _, rest = read(entry, "stat").partition("(")[2].rpartition(")")
            fields = rest.split()
            if len(fields) > 1 and fields[0] != "Z":
                found.append((int(entry), int(fields[1]), name))
    return found


def children(pid):
    return [child for child, parent, _ in list_live() if parent == pid]


def tree(pids):
    """{pid: name} of all below PIDS."""
    below = {}
    for pid, parent, name in list_live():
        below.setdefault(parent, []).append((pid, name))
    found, todo = {}, list(pids)
    for pid in todo:
        for child, name in below.get(pid, []):
            found[child] = name
            todo.append(child)
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


def main(verb, pid):
    pid = int(pid)
    if verb == "children":
        print(len(children(pid)))
    elif verb == "memory":
        print(memory(pid))
    else:
        print(field(read(pid, "status"), "VmRSS"), descriptors(pid))


if __name__ == "__main__":
    main(*sys.argv[1:])
