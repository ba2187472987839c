"""The scenario of stsd, which puts a new policy of MTA-STS in the place of an old one: at
each point there is the one or the other, whole."""
import os
import re
import time

from failures import command_faults
from policy_host import KEPT, PolicyHost, make_authority
from world import Stuck


class Policy:
    which = 1
    program = "stsd"
    duplicates = 0

    def __init__(self):
        self.server, self.code, self.old = None, None, ""

    def start_server(self, world):
        """Once for each world."""
        folder = make_authority(world.folder)
        self.server = PolicyHost(world.folder)
        with open(world.folder + "/etc/pombo.conf", "a", encoding="ascii") as conf:
            conf.write(f"tls_ca_dir = {folder}\nmta_sts_port = {self.server.server_address[1]}\n")
        if world.run("qtable") != 0:
            raise RuntimeError("the tables: " + world.log())

    def prepare(self, world):
        tracing, world.tracing = world.tracing, []
        if not self.server:
            self.start_server(world)
        world.reset()
        world.tracing = tracing
        os.mkdir(world.dir + "/sts")
        self.old = KEPT.format("old", int(time.time()) - 1000)
        self.write(world, self.old)

    @staticmethod
    def write(world, text):
        with open(world.dir + "/sts/sts.test", "w", encoding="ascii") as out:
            out.write(text)

    def fetch(self, world):
        try:
            self.code = world.run("stsd", "-f", "sts.test")
        except Stuck as stuck:
            return [str(stuck)]
        return []

    def act(self, world):
        return self.fetch(world)

    def is_new(self, world):
        """True, False for the old one; None for neither."""
        with open(world.dir + "/sts/sts.test", encoding="ascii") as file:
            text = file.read()
        if text == self.old:
            return False
        now = re.search(r"^x-fetched: (\d+)$", text, re.M)
        return True if now and re.sub(r"^x-used: \d+$", f"x-used: {now[1]}", text, flags=re.M) \
            == KEPT.format("new", now[1]) else None

    def finish(self, world):
        faults = []
        is_new = self.is_new(world)
        if is_new is None:
            faults.append("what is kept is neither the old nor the new policy")
        if self.code == 0 and not is_new:
            faults.append("it says that the new policy is kept, and it is not")
        faults += self.fetch(world)
        if self.code != 0 or not self.is_new(world):
            faults.append(f"done again it ends with {self.code}: {world.log()[-300:]}")
        left = [n for n in os.listdir(world.dir + "/sts") if n != "sts.test"]
        if len(left) > 1 or any(not n.startswith(".new.") for n in left):
            faults.append(f"left in sts: {left}")
        return faults

    def judge(self, _, report, point):
        return command_faults(self.code, report, point)


SCENARIOS = {"stsd": Policy}
