"""Scenarios of the commands that change tables, and of those that start and stop a system:
killed anywhere, each file is the old or the new one, whole, and the command given again does
its work."""
import os
import re
import time

from clients import connect, send_by_smtp
from failures import TEMPORARY, command_faults, crash_faults, is_start
from pigeons import Ledger, Mail, check
from world import Stuck



class Change:
    """A command that changes files of etc. AGAIN: what is given after the crash, each
    exit code in its list; files: those that are to be as before or as after."""
    which = 1

    def __init__(self, command, arguments, stdin=b"", row=None, again_codes=(0,), program=None):
        self.command, self.arguments, self.stdin = command, arguments, stdin
        self.program = program or command
        self.row, self.again_codes = row, again_codes
        self.code = None
        self.before = {}

    @staticmethod
    def files(world):
        found = {}
        for name in os.listdir(world.dir + "/etc"):
            with open(f"{world.dir}/etc/{name}", "rb") as f:
                found[name] = f.read()
        return found

    def prepare(self, world):
        world.reset(own_etc=True)
        if self.row:
            with open(f"{world.dir}/etc/{self.row[0]}", "a", encoding="ascii") as out:
                out.write(self.row[1])
        self.before = self.files(world)

    def act(self, world):
        arguments = [a.replace("DIR", world.dir) for a in self.arguments]
        try:
            self.code = world.run(self.command, *arguments, stdin=self.stdin)
        except Stuck as stuck:
            return [str(stuck)]
        return []

    @staticmethod
    def without_salt(content):
        return re.sub(rb"\$(y|6)\$[^\0\n ]*", b"HASH", content)

    def compare(self, name, content, now, after):
        """What is wrong with a file after the crash."""
        if name not in after:
            return [] if name.endswith((".tmp", ".lock")) else [f"{name} is no file of ours"]
        old = self.before.get(name)
        if content == old or self.without_salt(content) == self.without_salt(after[name]):
            return []
        if name.endswith(".cdb") and len(content) == len(after[name]):
            return []  # the salt decides where its rows lie
        return [f"{name} is neither the old nor the new one"]

    def finish(self, world):
        now = self.files(world)
        faults = []
        code = self.code
        self.act(world)
        if self.code not in self.again_codes:
            faults.append(f"given again it ends with {self.code}: {world.log()[-300:]}")
        after = self.files(world)
        for name, content in now.items():
            faults += self.compare(name, content, now, after)
        if code == 0:
            faults += [f"{n} is not the new one after exit 0" for n, content in after.items()
                       if self.without_salt(content) != self.without_salt(now.get(n, b""))
                       and len(content) != len(now.get(n, b""))]
        extra = [n for n in after if n not in self.before and n not in (".lock", "lock")]
        faults += [f"left in etc: {n}" for n in extra if n.endswith("tmp")]
        if world.run("pombo", "check", world.dir) != 0:
            faults.append("pombo check: " + world.log()[-300:])
        return faults + self.check_meaning(world)

    def check_meaning(self, world):
        """Whether the last change is in force."""
        if self.row:
            return []
        address = self.arguments[-1]
        code = world.run("qpasswd", "-c", address, stdin=self.stdin)
        is_removal = "remove" in self.arguments
        return [] if (code == 0) != is_removal else [f"qpasswd -c {address}: {code}"]

    def judge(self, _, report, point):
        return command_faults(self.code, report, point)


class System:
    """pombo up and pombo down: given again, each does its work, and mail flows."""
    which = 1
    program = "pombo"

    def __init__(self, is_up):
        self.is_up = is_up
        self.code = None
        self.ledger = None

    def up(self, world):
        return world.run("pombo", "up", world.dir, "--domain", "pombo.test",
                         "--smtp", "127.0.0.1:0", "--submission", "127.0.0.1:0", "--pop3", "127.0.0.1:0")

    def down(self, world):
        return world.run("pombo", "down", world.dir)

    def prepare(self, world):
        world.reset(own_etc=True)
        tracing, world.tracing = world.tracing, []
        if not self.is_up and self.up(world) != 0:
            raise RuntimeError("pombo up: " + world.log())
        world.tracing = tracing

    def act(self, world):
        """The tracer lives as long as what it started; the target's report tells more."""
        arguments = ("up", world.dir, "--smtp", "127.0.0.1:0", "--submission", "127.0.0.1:0", "--pop3", "127.0.0.1:0") \
            if self.is_up else ("down", world.dir)
        world.spawn("pombo", *arguments)
        world.stop_tracing()
        end = time.monotonic() + 60
        while not (report := world.report()):
            if time.monotonic() > end:
                return ["pombo does not end"]
            time.sleep(0.002)
        kind, number = report["end"].split()
        self.code = int(number) if kind == "exit" else -int(number)
        return []

    def finish(self, world):
        faults = []
        self.ledger = Ledger()
        mail = Mail("m-after", "ann@pombo.test")
        self.ledger.send(mail)
        if self.up(world) != 0:
            return faults + ["pombo up, given again: " + world.log()[-500:]]
        with open(world.dir + "/run/state", encoding="utf-8") as f:
            port = re.search(r"^smtp=.*:(\d+)$", f.read(), re.M)
        connection = connect(("127.0.0.1", int(port.group(1)))) if port else None
        answers = send_by_smtp(connection, self.ledger, [mail]) if connection else ["silence"]
        if not self.ledger.acknowledged:
            faults.append(f"the system takes no mail: {answers}")
        else:
            faults += self.wait_delivery(world)
        if self.down(world) != 0:
            faults.append("pombo down: " + world.log()[-500:])
        if world.end_all(10):
            faults.append("services that go on after pombo down")
        return faults + check(world, self.ledger)

    @staticmethod
    def wait_delivery(world):
        end = time.monotonic() + 30
        while world.queue():
            if time.monotonic() > end:
                return ["the system does not deliver"]
            time.sleep(0.005)
        return []

    def judge(self, _, report, __):
        faults = []
        if self.code not in (0, TEMPORARY) and self.code >= 0 and not is_start(report):
            faults.append(f"exit code {self.code} is no temporary one")
        return faults + crash_faults(report)


SCENARIOS = {
    "qtable": lambda: Change("qtable", [], row=("aliases", "new@pombo.test  bob@pombo.test\n")),
    # The command that qtable has make the files.
    "qtable-cdb": lambda: Change("qtable", [], program="cdb",
                                 row=("aliases", "new@pombo.test  bob@pombo.test\n")),
    "qpasswd": lambda: Change("qpasswd", ["-m", "$6$", "-r", "1000", "bob@pombo.test"],
                              b"secret\n"),
    "pombo-user-add": lambda: Change("pombo", ["user", "add", "DIR", "dora@pombo.test"],
                                     b"secret\n", again_codes=(0, 100)),
    "pombo-user-remove": lambda: Change("pombo", ["user", "remove", "DIR", "eve@pombo.test"],
                                        b"secret\n", again_codes=(0, 1)),
    "pombo-reload": lambda: Change("pombo", ["reload", "DIR"],
                                   row=("aliases", "new@pombo.test  bob@pombo.test\n")),
    "pombo-up": lambda: System(True),
    "pombo-down": lambda: System(False),
}
