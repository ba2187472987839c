"""Scenarios in which qsend and its workers empty a queue that is there already."""
import time

from failures import crash_faults
from pigeons import HOUR, Ledger, Mail, check, check_mailbox_rests
from world import Stuck

EPOLL_WAITS = (232, 281, 441)


class Drain:
    """qstart is started, and one of the programs that it leads to is the target."""
    duplicates = 0  # until something goes wrong

    def __init__(self, program, *mails, which=1):
        self.program, self.which, self.mails = program, which, mails
        self.ledger = None

    def prepare(self, world):
        world.reset()
        self.ledger = Ledger()
        now = int(time.time())
        for mail in self.mails:
            self.ledger.send(mail)
            self.ledger.acknowledge(mail)
            name, data = mail.queue_file(now)
            with open(f"{world.dir}/queue/new/{name}", "wb") as out:
                out.write(data)

    def act(self, world):
        """Runs the programs, one of them traced. A list of faults."""
        pid = world.spawn("qstart")
        world.stop_tracing()
        faults = []
        try:
            if world.settle(pid, is_traced=True):
                world.stop_qsend(pid)
        except Stuck as stuck:
            faults.append(str(stuck))
        if world.end_all(10 if not faults else 0) and not faults:
            faults.append("processes that go on without qsend")
        return faults

    def finish(self, world):
        """The restart, and the check of all promises."""
        faults = []
        if world.queue() or world.queue("tmp"):
            faults = world.drain()
        faults += check(world, self.ledger, self.duplicates)
        return faults + check_mailbox_rests(world)

    def judge(self, _, report, __):
        """What must not be after one failed call."""
        numbers = [int(n) for n in report["numbers"].split()]
        hit = int(report["hit"])
        faults = []
        if self.program == "qsend" and report["end"] != "exit 0" and \
                any(n in EPOLL_WAITS for n in numbers[:hit]):
            faults.append(f"qsend ended by {report['end']}")
        return faults + crash_faults(report)


LOCAL = Mail("m-local", "ann@pombo.test", "bob@pombo.test", "carl@pombo.test=s")
OTHER = Mail("m-other", "bob@pombo.test", lines=2)
ALIAS = Mail("m-alias", "list@pombo.test", "carl@pombo.test")
FAR = Mail("m-far", "one@far.test", "two@far.test=s")
GUARDED = Mail("m-guarded", "one@guarded.test", "slow@guarded.test")
BAD = Mail("m-bad", "bad@far.test", "carl@pombo.test", "nobody@pombo.test")
SLOW = Mail("m-slow", "slow@far.test", "one@far.test")
LATE = Mail("m-late", "late@far.test", age=5 * HOUR)
TIRED = Mail("m-tired", "tired@far.test", age=6 * 24 * HOUR)
DOUBLE = Mail("m-double", "bad@far.test", sender="")

LONG = Mail("m-long", "carl@pombo.test", lines=5000)
LONG_BAD = Mail("m-long", "bad@far.test", lines=1500)

SCENARIOS = {
    "qlocal-big": lambda: Drain("qlocal", LONG),
    "qnotify-big": lambda: Drain("qnotify", LONG_BAD),
    "qsend-local": lambda: Drain("qsend", LOCAL, OTHER),
    "qsend-relay": lambda: Drain("qsend", FAR, SLOW),
    "qsend-reports": lambda: Drain("qsend", BAD, LATE, TIRED, DOUBLE),
    "qsend-forward": lambda: Drain("qsend", ALIAS),
    "qstart": lambda: Drain("qstart", OTHER),
    "qspawn-qlocal": lambda: Drain("qspawn", LOCAL, which=1),
    "qspawn-qremote": lambda: Drain("qspawn", FAR, which=2),
    "qspawn-qmx": lambda: Drain("qspawn", FAR, which=3),
    "qspawn-qnotify": lambda: Drain("qspawn", ALIAS, which=4),
    "qlocal": lambda: Drain("qlocal", LOCAL, OTHER),
    "qremote": lambda: Drain("qremote", FAR, BAD, SLOW),
    "qremote-auth": lambda: Drain("qremote", GUARDED),
    "qmx": lambda: Drain("qmx", FAR),
    "qnotify-bounce": lambda: Drain("qnotify", BAD, DOUBLE),
    "qnotify-delay": lambda: Drain("qnotify", LATE, TIRED),
    "qnotify-forward": lambda: Drain("qnotify", ALIAS),
    "qnotify-success": lambda: Drain("qnotify", FAR, LOCAL),
}
