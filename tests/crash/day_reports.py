"""The scenario of qtlsreport: a day's results of TLS become reports, each of which is queued
once, whatever happens, or is kept."""
import collections
import os
import re
import sys
import time

from failures import command_faults
from world import Stuck

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../qsend"))
from dayfile import line  # noqa: E402

DOMAINS = {"one.test": "mailto:ann@pombo.test", "three.test": "mailto:bob@pombo.test,mailto:far@far.test",
           "two.test": "mailto:ann@pombo.test"}


class Reports:
    """qtlsreport runs, and then runs again."""
    program, which = "qtlsreport", 1
    tables = {}  # the setting -> tables.cdb

    def __init__(self, mode):
        self.mode = mode
        self.code = None

    def make_tables(self, world):
        world.reset(own_etc=True)
        with open(world.dir + "/etc/pombo.conf", "a", encoding="ascii") as conf:
            conf.write(f"tls_reports = {self.mode}\n")
        tracing, world.tracing = world.tracing, []
        if world.run("qtable") != 0:
            raise RuntimeError("the tables: " + world.log())
        world.tracing = tracing
        with open(world.dir + "/etc/tables.cdb", "rb") as file:
            self.tables[self.mode] = file.read()

    def prepare(self, world):
        if self.mode not in self.tables:
            self.make_tables(world)
        world.reset(own_etc=True)
        with open(world.dir + "/etc/tables.cdb", "wb") as file:
            file.write(self.tables[self.mode])
        os.mkdir(world.dir + "/queue/tlsrpt")
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
        with open(f"{world.dir}/queue/tlsrpt/{day}", "wb") as out:
            for domain, reports in DOMAINS.items():
                out.write(line(domain, reports, "ok", 2) + line(domain, reports, "tlsa-invalid", 1))

    def act(self, world):
        try:
            self.code = world.run("qtlsreport")
        except Stuck as stuck:
            return [str(stuck)]
        return []

    @staticmethod
    def sent(world):
        """Counter of (domain, to whom)."""
        found = collections.Counter()
        texts = [(user, text) for user in ("ann", "bob", "carl") for text in world.messages(user)]
        texts += [(to.split("@")[0], text) for to, text in world.far.taken]
        for user, text in texts:
            domain = re.search(r"^TLS-Report-Domain: (\S+)$", text, re.M)
            boundary = re.search(r'boundary="([^"]*)"', text)
            is_whole = boundary and text.rstrip().endswith(f"--{boundary.group(1)}--")
            found[domain.group(1) if domain and is_whole else text[:40], user] += 1
        return found

    def check_sent(self, world):
        wanted = collections.Counter()
        for domain, reports in DOMAINS.items():
            for uri in reports.split(","):
                wanted[domain, uri.split(":")[1].split("@")[0]] += 1
        got = self.sent(world)
        return [] if got == wanted else [f"reports {dict(got)} and not {dict(wanted)}"]

    @staticmethod
    def check_kept(world):
        kept = world.dir + "/queue/tlsrpt/kept"
        faults = []
        names = sorted(name for name in os.listdir(kept) if "!" in name)
        if [name.split("!")[1] for name in names] != sorted(DOMAINS):
            faults.append(f"kept: {names}")
        for name in names:
            with open(f"{kept}/{name}", encoding="ascii") as file:
                if not file.read().endswith("]}\n"):
                    faults.append(f"torn: {name}")
        return faults

    def finish(self, world):
        faults = []
        code = self.code
        # Those that are out are delivered before it runs again: their names tell nothing.
        if world.queue() or world.queue("tmp"):
            faults += world.drain()
        if code == 0 and self.mode == "send":
            faults += self.check_sent(world)
        if self.act(world) or self.code != 0:
            faults.append(f"given again it ends with {self.code}: {world.log()[-300:]}")
        if world.queue() or world.queue("tmp"):
            faults += world.drain()
        faults += self.check_sent(world) if self.mode == "send" else self.check_kept(world)
        left = [n for n in os.listdir(world.dir + "/queue/tlsrpt") if n not in ("kept", "lock")]
        return faults + [f"left in tlsrpt: {n}" for n in left]

    def judge(self, _, report, point):
        return command_faults(self.code, report, point)


SCENARIOS = {
    "qtlsreport": lambda: Reports("send"),
    "qtlsreport-kept": lambda: Reports("keep"),
}
