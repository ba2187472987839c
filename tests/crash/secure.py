"""Scenarios with TLS: mail to a host that gets it in no other way, through tlsc, and mail
through a tlsd that stands in front of smtpd."""
import os
import socket
import time

from clients import careless_context, make_pair, send_by_smtp
from doors import CHUNKS, ONE, Door
from drains import Drain
from pigeons import Mail
from world import LIMIT, Stuck

SECRET = Mail("m-secret", "one@far.test", "two@secret.test")
MORE = Mail("m-more", "three@secret.test")


class Encrypted(Drain):
    """Mail that may go through TLS, and mail that has to. tlsc is started anew where it
    ended, as systemd would do."""

    def __init__(self, program, *mails):
        super().__init__(program, *mails)
        self.tlsc, self.has_ended = 0, False

    def prepare(self, world):
        super().prepare(world)
        make_pair(world.folder + "/far")
        world.far.offer_tls(world.folder + "/far")
        self.has_ended = False

    def start(self, world):
        """tlsc, ready; or it has ended."""
        ready = world.dir + "/run/ready"
        if os.path.exists(ready):
            os.unlink(ready)
        self.tlsc = world.spawn("tlsc", "-l", world.dir + "/run/tlsc", "-r", ready)
        end = time.monotonic() + LIMIT
        while not os.path.exists(ready) and not self.is_over():
            if time.monotonic() > end:
                raise Stuck("tlsc does not get ready")
            time.sleep(0.002)
        return os.path.exists(ready)

    def is_over(self):
        return os.waitid(os.P_PID, self.tlsc, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def revive(self, world, was_ready):
        if self.is_over():
            self.has_ended |= was_ready
            world.wait(self.tlsc)
            self.start(world)

    def settle(self, world, pid, was_ready):
        end = time.monotonic() + LIMIT
        while True:
            try:
                return world.settle(pid, is_traced=self.program != "tlsc", seconds=0.5)
            except Stuck:
                if time.monotonic() > end:
                    raise
            self.revive(world, was_ready)

    def act(self, world):
        plan = world.tracing
        if self.program != "tlsc":
            world.stop_tracing()
        faults = []
        try:
            was_ready = self.start(world)
            world.tracing = plan if self.program != "tlsc" else []
            pid = world.spawn("qstart")
            world.stop_tracing()
            if self.settle(world, pid, was_ready):
                world.stop_qsend(pid)
            self.revive(world, was_ready)
        except Stuck as stuck:
            faults.append(str(stuck))
        world.signal_program("tlsc")
        if world.end_all(10 if not faults else 0) and not faults:
            faults.append("processes that go on without qsend")
        return faults

    def finish(self, world):
        faults = super().finish(world)
        world.far.offer_tls(None)
        return faults

    def judge(self, world, report, point):
        faults = super().judge(world, report, point)
        if self.program == "tlsc" and self.has_ended:
            faults.append("tlsc ended")
        return faults


class Front(Door):
    """`tlsd smtpd`, as inetd would start it, one for each mail."""

    def prepare(self, world):
        super().prepare(world)
        make_pair(world.folder + "/etc/tls/default")

    @staticmethod
    def is_final(answer):
        return answer.startswith("5")

    def submit(self, world, mails):
        answers = []
        for mail in mails:
            ours, theirs = socket.socketpair()
            with theirs:
                pid = world.spawn("tlsd", world.bin + "/smtpd", stdin=theirs.fileno(),
                                  stdout=theirs.fileno(),
                                  env={"TCPREMOTEIP": "127.0.0.1", "PROTO": "TCP"})
            world.stop_tracing()
            ours.settimeout(LIMIT)
            try:
                with careless_context().wrap_socket(ours) as connection:
                    answers += send_by_smtp(connection, self.ledger, [mail])
            except OSError:
                pass  # not taken
            ours.close()
            world.wait(pid)
        return answers


SCENARIOS = {
    "tlsc": lambda: Encrypted("tlsc", SECRET, MORE),
    "qremote-tls": lambda: Encrypted("qremote", SECRET, MORE),
    "tlsd-front": lambda: Front("tlsd", ONE, CHUNKS),
}
