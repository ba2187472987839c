"""A control group for all processes of one mail system: their CPU time and memory."""
import os
import signal
import time

ROOT = "/sys/fs/cgroup"


class Group:
    def __init__(self, name):
        self.is_v1 = os.path.isdir(ROOT + "/cpuacct")
        self.path = f"{ROOT}/cpuacct/bench-{name}" if self.is_v1 else f"{ROOT}/bench-{name}"
        os.makedirs(self.path, exist_ok=True)

    def enter(self):
        """For preexec_fn: the process that calls it belongs to the group."""
        with open(self.path + "/cgroup.procs", "w", encoding="ascii") as out:
            out.write("0")

    def pids(self):
        with open(self.path + "/cgroup.procs", encoding="ascii") as lines:
            return [int(pid) for pid in lines.read().split()]

    def cpu(self):
        """(all, user, system) CPU seconds since the group was made."""
        if self.is_v1:
            with open(self.path + "/cpuacct.usage", encoding="ascii") as usage:
                total = int(usage.read()) / 1e9
            with open(self.path + "/cpuacct.stat", encoding="ascii") as lines:
                stat = dict(line.split() for line in lines)
            return total, int(stat["user"]) / 100, int(stat["system"]) / 100
        with open(self.path + "/cpu.stat", encoding="ascii") as lines:
            stat = dict(line.split() for line in lines)
        return tuple(int(stat[k]) / 1e6 for k in ("usage_usec", "user_usec", "system_usec"))

    def pss(self):
        """KiB of memory, pages that are shared counted by share."""
        total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as lines:
                    total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            except OSError:
                pass
        return total

    def end(self):
        """Ends the group's processes, all of which were started by us."""
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
            for pid in self.pids():
                try:
                    os.kill(pid, number)
                except OSError:
                    pass
            for _ in range(20):
                if not self.pids():
                    return
                time.sleep(0.1)

    def remove(self):
        try:
            os.rmdir(self.path)
        except OSError:
            pass


def kernel_kib():
    """Slab, page tables and kernel stacks of the whole machine: rough."""
    with open("/proc/meminfo", encoding="ascii") as lines:
        info = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return info["SUnreclaim"] + info["PageTables"] + info["KernelStack"]
