"""Runs the workloads under strace and reads what it wrote."""
import os

from disk import Disk
from recording import CALLS, Interpreter, Recording
from sink import Sink
from strace import Places, Reader
from system import Shell, System
import workloads

HERE = os.path.dirname(os.path.abspath(__file__))


def lay(tree, root):
    """Makes the files of a state [(path, inode, bytes or None)] below ROOT."""
    first = {}
    for path, inode, content in tree:
        place = f"{root}/{path}"
        if content is None:
            os.mkdir(place)
        elif inode in first:
            os.link(first[inode], place)
        else:
            first[inode] = place
            fd = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(fd, content)
            os.close(fd)


def play(programs, folder, names, options):
    """Plays NAMES, each in FOLDER/NAME; returns their recordings."""
    recordings = [Recording(name, f"{folder}/{name}", workloads.ALL[name].base) for name in names]
    trace = f"{folder}/trace-{names[0]}"
    shell = Shell(["strace", "-f", "--seccomp-bpf", "-k", "-y", "-s", "300000", "-o", trace,
                   "-e", "trace=" + CALLS, *options])
    for name in names:
        workloads.ALL[name].play(System(programs, f"{folder}/{name}", shell))
    shell.close()
    interpreter = Interpreter(recordings, Places(os.path.dirname(os.path.dirname(HERE))))
    for call in Reader(trace).calls():
        interpreter.take(call)
    for recording in recordings:
        recording.finish()
        differences = recording.check()
        if differences:
            raise RuntimeError(f"{recording.name}: not understood: {differences}")
    os.unlink(trace)
    return recordings


def find_restart(recording):
    """The state in which a bounce is sure and its parent is not marked."""
    disk = Disk(recording, False)
    for cut in range(len(recording.events) + 1):
        tree = disk.state(disk.moment(cut), set(), disk.nothing(cut))
        parents = {p.rsplit("/", 1)[1].split(".")[0] for p, *_ in tree
                   if p.startswith("queue/new/") and ".b" in p}
        unmarked = {p.rsplit("/", 1)[1] for p, _, data in tree
                    if data and p.startswith(("queue/new/", "queue/cur/")) and b"\nR . - - - bad" in data}
        if parents & unmarked:
            return tree
    raise RuntimeError("no state to restart from")


def record(programs, folder, names):
    """{name: Recording} of the workloads that NAMES says and that these begin with."""
    os.makedirs(folder, exist_ok=True)
    sink = Sink(9)
    try:
        return record_with_sink(programs, folder, names)
    finally:
        sink.close()


def record_with_sink(programs, folder, names):
    recordings = {}
    needed = [n for n in names if not workloads.ALL[n].begins_with]
    needed += [b for n in names if (b := workloads.ALL[n].begins_with) and b not in needed]
    for name in needed:
        os.mkdir(f"{folder}/{name}")
        workloads.ALL[name].prepare(System(programs, f"{folder}/{name}"))
    groups = {}
    for name in needed:
        groups.setdefault(workloads.ALL[name].strace_options, []).append(name)
    for options, group in groups.items():
        recordings |= {r.name: r for r in play(programs, folder, group, options)}
    later = [n for n in names if workloads.ALL[n].begins_with]
    for name in later:
        os.mkdir(f"{folder}/{name}")
        lay(workloads.ALL[name].change(find_restart(recordings[workloads.ALL[name].begins_with])),
            f"{folder}/{name}")
    if later:
        recordings |= {r.name: r for r in play(programs, folder, later, ())}
    return {name: recordings[name] for name in names}
