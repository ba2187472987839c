"""Lays a state that a cut has left, starts the system on it as it is, lets it run until
nothing is left to do, and reads what its users would."""
import os
import re
import select
import shutil
import signal
import subprocess
import time

from record import lay
from system import list_unreported

PATIENCE = 60


class Outcome:
    """What a restart led to."""

    def __init__(self):
        self.boxes = {}    # user -> texts, as POP3 gives them
        self.sizes = {}    # user -> [(size in the name, real size)]
        self.sunk = []     # (subject, recipients, text)
        self.kept = {}     # reports of TLS that are kept: name -> text
        self.policies = {}  # of MTA-STS: name -> text
        self.log = b""
        self.faults = []


class Restart:
    """programs: where they are; folder: a place of its own on a fast file system."""

    def __init__(self, programs, folder, sink):
        self.programs, self.folder, self.sink = programs, folder, sink
        self.count = 0

    def environment(self, root):
        return {"POMBO_DIR": root, "LC_ALL": "C", "TZ": "UTC", "PATH": os.environ["PATH"]}

    def run(self, state, workload):
        root = self.folder + "/state"
        shutil.rmtree(root, ignore_errors=True)
        os.mkdir(root)
        lay(state, root)
        self.sink.reset(workload.patience)
        root += "/" + workload.base.rstrip("/")
        outcome = Outcome()
        if workload.base:
            self.set_up(root, outcome)
        self.start(root, outcome)
        for user in self.users(root):
            self.read_box(root, user, outcome, workload.pop3_every)
        self.rebuild(root, workload, outcome)
        self.fetch(root, workload, outcome)
        outcome.kept = read_texts(root + "/queue/tlsrpt/kept")
        outcome.sunk = list(self.sink.taken)
        reap()
        return outcome

    def set_up(self, root, outcome):
        """A set-up that was cut is done again, with the same command."""
        for command in (["up", root, "--domain", "pombo.test", "--smtp", "127.0.0.1:0", "--submission", "127.0.0.1:0", "--pop3",
                         "127.0.0.1:0"], ["down", root]):
            done = subprocess.run([self.programs + "/pombo", *command], env=self.environment(root),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            if done.returncode != 0:
                outcome.faults.append(f"pombo {command[0]}: {done.returncode} {done.stderr.decode()}")

    def rebuild(self, root, workload, outcome):
        if workload.rebuild_code is not None:
            done = subprocess.run([self.programs + "/qtable"], env=self.environment(root),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            if done.returncode != workload.rebuild_code:
                outcome.faults.append(f"qtable: {done.returncode} {done.stderr.decode()}")

    def fetch(self, root, workload, outcome):
        """The policies that were asked for are asked for again."""
        for domain in workload.policies_of:
            done = subprocess.run([self.programs + "/stsd", "-f", domain], env=self.environment(root),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            if done.returncode != 0:
                outcome.faults.append(f"stsd: {done.returncode} {done.stderr.decode()}")
        outcome.policies = read_texts(root + "/sts")

    def start(self, root, outcome):
        process = subprocess.Popen([self.programs + "/qstart"], env=self.environment(root),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, close_fds=False)
        log = process.stderr.fileno()
        end = time.monotonic() + PATIENCE
        is_stopping = False
        while True:
            if time.monotonic() > end:
                outcome.faults.append(f"no end: {list_queue(root)}")
                process.kill()
                break
            if select.select([log], [], [], 0.05)[0]:
                data = os.read(log, 65536)
                outcome.log += data
                if not data:
                    break
            if not is_stopping and b"] start\n" in outcome.log:
                is_stopping = self.look(root, process)
        process.stderr.close()
        if process.wait() != 0:
            outcome.faults.append(f"qstart: exit code {process.returncode}")

    @staticmethod
    def waits(root):
        """What is new or under way, and what is deferred: [] where nothing is."""
        found = list_unreported(root) + os.listdir(root + "/queue/new") + os.listdir(root + "/queue/cur")
        for slot in os.listdir(root + "/queue/wheel"):
            try:
                found += ["wheel/" + name for name in os.listdir(f"{root}/queue/wheel/{slot}")]
            except FileNotFoundError:  # emptied meanwhile
                found.append("wheel")
        return found

    def look(self, root, process):
        """True where the system was told to stop: nothing is left to do. Files move while
        the folders are read: only a second look is sure."""
        found = self.waits(root) or self.waits(root)
        if not found:
            process.send_signal(signal.SIGTERM)
        elif all(name.startswith("wheel/") for name in found):
            process.send_signal(signal.SIGALRM)
        return not found

    @staticmethod
    def users(root):
        place = root + "/mail/pombo.test"
        return os.listdir(place) if os.path.isdir(place) else []

    def read_box(self, root, user, outcome, pop3_every):
        files = []
        for part in "new", "cur":
            place = f"{root}/mail/pombo.test/{user}/{part}"
            if os.path.isdir(place):
                files += [f"{place}/{name}" for name in os.listdir(place)]
        texts = []
        for path in files:
            with open(path, "rb") as file:
                texts.append(file.read().decode(errors="replace"))
        outcome.boxes[user] = texts
        outcome.sizes[user] = [(int(re.search(r",S=(\d+)", path).group(1)), os.path.getsize(path))
                               for path in files]
        self.count += 1
        if files and self.count % pop3_every == 0:
            self.read_by_pop3(root, user, outcome, sorted(texts))

    def read_by_pop3(self, root, user, outcome, texts):
        commands = "".join(f"RETR {i + 1}\r\n" for i in range(len(texts))) + "QUIT\r\n"
        done = subprocess.run([self.programs + "/pop3d", "pombo.test/" + user],
                              env=self.environment(root), input=commands.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        replies = done.stdout.decode(errors="replace").replace("\r\n", "\n").split("\n.\n")[:-1]
        got = [re.sub(r"\A(?:\+OK.*\n)*", "", reply) + "\n" for reply in replies]
        if sorted(got) != texts:
            outcome.faults.append(f"pop3d gave {user} {got!r} for {texts!r}")


def read_texts(folder):
    """{name: text} of the files in a folder, if it is there."""
    texts = {}
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        with open(f"{folder}/{name}", encoding="utf-8", errors="replace") as file:
            texts[name] = file.read()
    return texts


def reap():
    """Waits for the processes of a system that has ended and left them to us."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def list_queue(root):
    return [f"{place}/{name}" for place, _, names in os.walk(root + "/queue") for name in names]
