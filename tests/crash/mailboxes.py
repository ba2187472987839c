"""Scenarios of POP3: one session that reads and removes, with one of its programs as the
target; then an intact session finds what must be there."""
import os
import socket
import threading

from clients import Gone, Pop3
from doors import serve_one
from failures import SYNCS, crash_faults
from pigeons import Ledger, Mail
from world import Stuck

PASSWORD = "secret"
MAILS = [Mail(f"m-{i}") for i in (1, 2, 3)]


class Session:
    """removed: whether the QUIT after DELE was answered with +OK; bad: other answers."""
    which = 1

    def __init__(self, program, by_door=False):
        self.program, self.by_door = program, by_door
        self.bad, self.removed, self.is_wrong_text = [], False, False

    def prepare(self, world):
        world.reset()
        self.ledger = Ledger()
        self.bad, self.removed, self.is_wrong_text = [], False, False
        box = world.dir + "/mail/pombo.test/ann/"
        for part in ("tmp", "new", "cur"):
            os.makedirs(box + part)
        for i, mail in enumerate(MAILS):
            world.write(f"{box}new/{1700000000 + i}.M{i}P1.host", mail.text)

    def command(self, client, line):
        answer = client.command(line)
        if not answer.startswith("+OK"):
            self.bad.append(answer)
        return answer.startswith("+OK")

    def talk(self, client):
        """Reads two messages, removes the first."""
        greeting = client.read()
        if not greeting.startswith("+OK"):
            self.bad.append(greeting)
            return
        if not self.command(client, "USER ann@pombo.test") or \
                not self.command(client, f"PASS {PASSWORD}"):
            return
        self.command(client, "STAT")
        for number in (1, 3):
            text = client.retrieve(number)
            if text is not None and text != MAILS[number - 1].text:
                self.is_wrong_text = True
        is_marked = self.command(client, "DELE 1")
        self.removed = self.command(client, "QUIT") and is_marked

    def serve(self, world, theirs):
        """Starts popup; for the door, what is behind it too. The exit code."""
        if not self.by_door:
            pid = world.spawn("popup", "mail.pombo.test", world.bin + "/checkpw",
                              world.bin + "/pop3d", stdin=theirs, stdout=theirs)
            return lambda: world.wait(pid)
        path = world.dir + "/run/login"
        if os.path.exists(path):
            os.unlink(path)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        tracing = world.tracing
        if self.program != "popup":
            world.stop_tracing()
        pid = world.spawn("popup", stdin=theirs, stdout=theirs)
        world.tracing = tracing if self.program != "popup" else []

        def wait():
            with listener:
                return serve_one(world, listener, pid, "checkpw", "-d", world.bin + "/pop3d")
        return wait

    def attempt(self, client):
        try:
            self.talk(client)
        except (Gone, TimeoutError) as error:
            self.bad.append(repr(error))
        client.close()

    def session(self, world):
        ours, theirs = socket.socketpair()
        with theirs:
            wait = self.serve(world, theirs.fileno())
        talking = threading.Thread(target=self.attempt, args=(Pop3(ours),))
        talking.start()
        try:
            wait()
        finally:
            world.stop_tracing()
            talking.join()
        return ["processes that do not end"] if world.end_all(10) else []

    def act(self, world):
        try:
            return self.session(world)
        except Stuck as stuck:
            return [str(stuck)]

    def find_faults(self, world, first):
        """FIRST: how many copies of the first message there may be."""
        texts = world.messages("ann")
        have = [sum(text == mail.text for text in texts) for mail in MAILS]
        faults = []
        if have[0] not in first or have[1:] != [1, 1] or len(texts) != sum(have):
            faults.append(f"messages there: {have} of {len(texts)}, not {first}, 1, 1")
        if self.is_wrong_text:
            faults.append("a message that was read with another text")
        return faults + [f"left in tmp: {t[:40]!r}" for t in world.messages("ann", "tmp")]

    def finish(self, world):
        faults = self.find_faults(world, (0,) if self.removed else (0, 1))
        self.bad, self.is_wrong_text = [], False
        if world.messages("ann") and not self.removed:
            # The same again, by whole programs, for the first that is there now.
            texts = [m.text for m in MAILS if m.text in world.messages("ann")]
            faults += self.act_again(world)
            if sorted(world.messages("ann")) != sorted(texts[1:]):
                faults.append(f"the next session did not do its work: {self.bad}")
        return faults

    def act_again(self, world):
        program, self.program = self.program, ""
        talk, self.talk = self.talk, self.remove_first
        try:
            return self.act(world)
        finally:
            self.program, self.talk = program, talk

    def remove_first(self, client):
        client.read()
        for line in "USER ann@pombo.test", f"PASS {PASSWORD}", "DELE 1", "QUIT":
            self.command(client, line)

    def judge(self, _, report, point):
        final = [a for a in self.bad if "[AUTH]" in a or "no such message" in a]
        faults = [f"a final refusal: {a}" for a in final]
        if point[0] in SYNCS and self.removed:
            faults.append("removed in spite of a sync that failed")
        return faults + crash_faults(report)


SCENARIOS = {
    "popup-chain": lambda: Session("popup"),
    "checkpw-chain": lambda: Session("checkpw"),
    "pop3d": lambda: Session("pop3d"),
    "popup-door": lambda: Session("popup", by_door=True),
    "checkpw-door": lambda: Session("checkpw", by_door=True),
}
