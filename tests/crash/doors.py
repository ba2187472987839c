"""Scenarios in which a program takes mail: it is the target; what it did not take is sent
again by whole programs, and then the queue is emptied."""
import base64
import os
import socket
import threading
import time

from clients import (Gone, Smtp, careless_context, connect, make_pair, send_by_qmqp,
                     send_by_smtp)
from failures import SYNCS, crash_faults, is_start
from pigeons import Ledger, Mail, check, check_mailbox_rests
from world import LIMIT, Stuck

# What the header says of TLS is known only when the message was read (RFC 8689).
ONE = Mail("m-one", "ann@pombo.test", "bob@pombo.test", "one@far.test", field="TLS-Required: No\n")
TWO = Mail("m-two", "carl@pombo.test")
CHUNKS = Mail("m-chunks", "bob@pombo.test")
BIG = Mail("m-big", "carl@pombo.test", lines=12000)


class Door:
    which = 1
    duplicates = 0  # until something goes wrong

    def __init__(self, program, *mails):
        self.program, self.mails = program, mails
        self.ledger = None
        self.answers = []  # what was answered that is no success
        self.taken_at_once = 0

    def prepare(self, world):
        world.reset()
        self.ledger = Ledger()
        for mail in self.mails:
            self.ledger.send(mail)

    def open_mails(self):
        return [m for m in self.mails if m.name not in self.ledger.acknowledged]

    def act(self, world):
        try:
            self.answers = self.submit(world, self.mails)
        except Stuck as stuck:
            return [str(stuck)]
        finally:
            world.stop_tracing()
        self.taken_at_once = len(self.ledger.acknowledged)
        return ["processes that do not end"] if world.end_all(10) else []

    def finish(self, world):
        faults = []
        if self.open_mails():
            try:
                answers = self.submit(world, self.open_mails())
                faults = [f"not taken in the end: {m.name}: {answers}"
                          for m in self.open_mails()]
            except Stuck as stuck:
                faults = [str(stuck)]
            world.end_all(10)
        faults += world.drain()
        faults += check(world, self.ledger, self.duplicates)
        return faults + check_mailbox_rests(world)

    def judge(self, _, report, point):
        faults = [f"a final refusal: {a}" for a in self.answers
                  if self.is_final(a) and not is_start(report)]
        if point[0] in SYNCS and self.taken_at_once == len(self.mails):
            faults.append("taken in spite of a sync that failed")
        return faults + crash_faults(report)


class Smtpd(Door):
    def judge(self, world, report, point):
        faults = super().judge(world, report, point)
        if report["end"] == "exit 99":  # EXITCODE_TIMEOUT; the client is never slow
            faults.append("it waited for a client that waited for it")
        return faults

    @staticmethod
    def is_final(answer):
        return answer.startswith("5")

    def submit(self, world, mails):
        ours, theirs = socket.socketpair()
        with theirs:
            pid = world.spawn("smtpd", stdin=theirs.fileno(), stdout=theirs.fileno(),
                              env={"TCPREMOTEIP": "127.0.0.1", "PROTO": "TCP"})
        answers = send_by_smtp(ours, self.ledger, mails, by_chunks=(CHUNKS,))
        world.wait(pid)
        return answers


class Qinject(Door):
    @staticmethod
    def is_final(answer):
        # sysexits.h: EX_TEMPFAIL
        return answer not in (0, 75) and answer >= 0

    def submit(self, world, mails):
        codes = []
        for mail in mails:
            code = world.run("qinject", "-f", mail.sender, *(a for a, _ in mail.recipients),
                             stdin=mail.text.encode())
            if code == 0:
                self.ledger.acknowledge(mail)
            codes.append(code)
        return codes


def serve_one(world, listener, pid, program, *args):
    """Starts PROGRAM for each connection until process PID ends; PID's exit code."""
    listener.settimeout(0.005)
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            connection, _ = listener.accept()
            with connection:
                world.spawn(program, *args, stdin=connection.fileno(),
                            stdout=connection.fileno(), env={"PROTO": "UNIX"})
        except TimeoutError:
            pass
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
    raise Stuck(f"process {pid} does not end")


class QmqpChain(Qinject):
    """qinject of a user who may not write the queue, and qmqpd behind run/qmqp."""

    def submit(self, world, mails):
        os.chmod(world.folder, 0o711)
        os.chmod(os.path.dirname(world.folder), 0o711)
        os.chmod(world.dir + "/queue", 0o700)
        path = world.dir + "/run/qmqp"
        codes = []
        with socket.socket(socket.AF_UNIX) as listener:
            if os.path.exists(path):
                os.unlink(path)
            listener.bind(path)
            os.chmod(path, 0o666)
            listener.listen()
            for mail in mails:
                text = os.memfd_create("mail")
                os.write(text, mail.text.encode())
                os.lseek(text, 0, os.SEEK_SET)
                pid = world.spawn_as_nobody("qinject", "-f", mail.sender,
                                            *(a for a, _ in mail.recipients), stdin=text)
                os.close(text)
                if self.program != "qmqpd":
                    world.stop_tracing()
                codes.append(serve_one(world, listener, pid, "qmqpd"))
                if codes[-1] == 0:
                    self.ledger.acknowledge(mail)
        return codes


class Submission(Smtpd):
    """smtpd -s and checkpw -a behind run/auth, one of them the target: a wrong password,
    unless that is left out, then the right one, then mail."""

    def __init__(self, program, *mails, guesses=(b"wrong", b"secret")):
        super().__init__(program, *mails)
        self.guesses = guesses
        self.let_in = False

    def prepare(self, world):
        super().prepare(world)
        self.let_in = False

    def log_in(self, client, password):
        """True for the right one where it is taken; a 5xx is the answer to a wrong one."""
        text = base64.b64encode(b"\0ann@pombo.test\0" + password).decode()
        is_in = client.command("AUTH PLAIN " + text) == "2"
        if password != b"secret":
            self.let_in |= is_in
            client.bad = [line for line in client.bad if not line.startswith("535 5.7.8")]
        return is_in

    def talk(self, client, mails, guesses):
        try:
            if client.begin() and [self.log_in(client, guess) for guess in guesses][-1]:
                for mail in mails:
                    if (client.chunks if mail is CHUNKS else client.data)(mail):
                        self.ledger.acknowledge(mail)
            client.command("QUIT")
        except (Gone, TimeoutError):
            pass
        client.close()

    def submit(self, world, mails):
        path = world.dir + "/run/auth"
        if os.path.exists(path):
            os.unlink(path)
        ours, theirs = socket.socketpair()
        tracing, is_first = world.tracing, self.program == "smtpd"
        guesses = self.guesses if tracing else (b"secret",)
        if not is_first:
            world.stop_tracing()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            with theirs:
                pid = world.spawn("smtpd", "-s", stdin=theirs.fileno(), stdout=theirs.fileno(),
                                  env={"TCPREMOTEIP": "127.0.0.1", "PROTO": "TCP"})
            world.tracing = [] if is_first else tracing
            client = Smtp(ours)
            talking = threading.Thread(target=self.talk, args=(client, mails, guesses))
            talking.start()
            try:
                serve_one(world, listener, pid, "checkpw", "-a")
            finally:
                world.stop_tracing()
                talking.join()
        return client.bad

    def judge(self, world, report, point):
        return super().judge(world, report, point) + \
            (["let in with a wrong password"] if self.let_in else [])


class Qmqpd(Door):
    @staticmethod
    def is_final(answer):
        return answer.startswith("D")

    def submit(self, world, mails):
        answers = []
        for mail in mails:
            ours, theirs = socket.socketpair()
            with theirs:
                pid = world.spawn("qmqpd", stdin=theirs.fileno(), stdout=theirs.fileno(),
                                  env={"PROTO": "UNIX"})
            answers.append(send_by_qmqp(ours, self.ledger, mail))
            world.wait(pid)
        return answers


class Listener(Door):
    """qlisten with smtpd behind TCP and a UNIX socket; each mail has its connection. With
    OPTIONS = -T sessions come from a template, which may be the target."""

    def __init__(self, *mails, program="qlisten", options=()):
        super().__init__(program, *mails)
        self.port, self.options = 0, options

    @staticmethod
    def is_final(answer):
        return answer.startswith("5")

    def prepare(self, world):
        super().prepare(world)
        self.port = 0

    def wait_ready(self, world, pid):
        """The addresses; nothing where it ended first."""
        ready = world.dir + "/run/ready"
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if os.path.exists(ready):
                with open(ready, encoding="ascii") as f:
                    self.port = int(f.readline().rpartition(":")[2])
                return True
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return False
            time.sleep(0.002)
        raise Stuck("qlisten does not get ready")

    def submit_each(self, world, mails, pid):
        answers = []
        path = world.dir + "/run/door"
        for i, mail in enumerate(mails):
            end = time.monotonic() + LIMIT
            while mail.name not in self.ledger.acknowledged and time.monotonic() < end:
                connection = connect(path if i % 2 else ("127.0.0.1", self.port))
                if connection:
                    answers += send_by_smtp(connection, self.ledger, [mail])
                elif os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) or \
                        (self.program == "qlisten" and world.report()):
                    return answers
                else:
                    time.sleep(0.01)
        return answers

    def submit(self, world, mails):
        ready = world.dir + "/run/ready"
        if os.path.exists(ready):
            os.unlink(ready)
        pid = world.spawn("qlisten", *self.options, "-n", "smtp", "-r", ready, f"127.0.0.1:{self.port}",
                          f"unix:{world.dir}/run/door,mode=0600", "--", world.bin + "/smtpd",
                          env={"RELAYCLIENT": ""})
        world.stop_tracing()
        answers = []
        if self.wait_ready(world, pid):
            answers = self.submit_each(world, mails, pid)
        world.signal_program("qlisten")
        world.wait(pid)
        return answers

    def judge(self, _, report, point):
        faults = [f"a final refusal: {a}" for a in self.answers if self.is_final(a)]
        if self.port and self.open_mails():
            faults.append(f"it ended, or took no more: {report['end']}")
        return faults


class Tls(Listener):
    """Mail through TLS, each message in a connection of its own to a smtpd -t before the
    door of a tlsd that has to go on whatever fails."""

    def __init__(self, program, *mails):
        super().__init__(*mails)
        self.program, self.is_alive = program, True

    def prepare(self, world):
        super().prepare(world)
        make_pair(world.folder + "/etc/tls/default")

    def send(self, world, mail):
        ours, theirs = socket.socketpair()
        with theirs:
            pid = world.spawn("smtpd", "-t", stdin=theirs.fileno(), stdout=theirs.fileno(),
                              env={"TCPREMOTEIP": "127.0.0.1", "PROTO": "TCP"})
        if self.program == "smtpd":
            world.stop_tracing()
        answers = []
        ours.settimeout(LIMIT)
        try:
            with careless_context().wrap_socket(ours) as connection:
                answers = send_by_smtp(connection, self.ledger, [mail])
        except OSError:
            pass
        world.wait(pid)
        return answers

    def submit(self, world, mails):
        ready, door = world.dir + "/run/ready", world.dir + "/run/tls"
        if os.path.exists(ready):
            os.unlink(ready)
        plan = world.tracing
        is_target = self.program == "tlsd" and plan  # its report comes with its end
        if self.program == "smtpd":
            world.stop_tracing()
        pid = world.spawn("tlsd", "-d", "-l", door, "-r", ready)
        if self.program == "smtpd":
            world.tracing = plan
        else:
            world.stop_tracing()
        answers = []
        if self.wait_ready(world, pid):
            for mail in mails:
                end = time.monotonic() + LIMIT
                while mail.name not in self.ledger.acknowledged and time.monotonic() < end:
                    if is_target and world.report():
                        break
                    answers += self.send(world, mail)
        self.is_alive = not (is_target and world.report())
        world.signal_program("tlsd")
        world.wait(pid)
        return answers

    def wait_ready(self, world, pid):
        ready = world.dir + "/run/ready"
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            if os.path.exists(ready):
                self.port = 1  # from here on it has to go on
                return True
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return False
            time.sleep(0.002)
        raise Stuck("tlsd does not get ready")

    def judge(self, world, report, point):
        faults = super().judge(world, report, point)
        if self.port and not self.is_alive:
            faults.append("tlsd ended")
        return faults


SCENARIOS = {
    "smtpd": lambda: Smtpd("smtpd", ONE, CHUNKS, TWO),
    "smtpd-big": lambda: Smtpd("smtpd", BIG),
    "submission": lambda: Submission("smtpd", ONE, CHUNKS),
    "checkpw-auth": lambda: Submission("checkpw", ONE, guesses=(b"secret",)),
    "checkpw-auth-wrong": lambda: Submission("checkpw", ONE),
    "qinject": lambda: Qinject("qinject", ONE),
    "qinject-big": lambda: Qinject("qinject", BIG),
    "qinject-qmqp": lambda: QmqpChain("qinject", ONE),
    "qmqpd-chain": lambda: QmqpChain("qmqpd", ONE),
    "qmqpd": lambda: Qmqpd("qmqpd", ONE),
    "qlisten": lambda: Listener(ONE, TWO, CHUNKS),
    "qlisten-template": lambda: Listener(ONE, TWO, CHUNKS, options=["-T"]),
    "smtpd-template": lambda: Listener(ONE, TWO, CHUNKS, program="smtpd", options=["-T"]),
    "tlsd": lambda: Tls("tlsd", ONE, TWO, CHUNKS),
    "smtpd-tls": lambda: Tls("smtpd", ONE),
}
