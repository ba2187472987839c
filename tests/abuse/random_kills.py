"""Kills programs of a system at random while mail goes through it, and checks that all that
was acknowledged has arrived.

random_kills.py DIR BIN PORT SECONDS SINK [SEED]
DIR: a folder that `pombo up` made, not up now, with the users ann, bob and carl, the alias
list (ann, bob and far@far.test), and a route of far.test to a sink that keeps its mail in
SINK. BIN holds the programs. SMTP listens at 127.0.0.1:PORT. What a supervisor would start
anew is started anew. Any process below this one may be killed, those of the clients' qinject
too. Exit code 1 where a promise is broken."""
import collections
import ctypes
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import processes  # noqa: E402
from beside import Client, Refused  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
SETTLE_SECONDS = 240
CLIENTS = 4
WAYS = (["ann@pombo.test"], ["bob@pombo.test", "ann@pombo.test"], ["far@far.test"], ["list@pombo.test"],
        ["ann@pombo.test", "one@far.test", "two@far.test"])
PLACES = {"list@pombo.test": ["ann", "bob", "far@far.test"]}


class Supervisor:
    """Starts the services, and starts them anew; what they leave behind becomes ours."""

    def __init__(self, folder, programs, port):
        self.env = dict(os.environ, POMBO_DIR=folder, PATH=programs + ":" + os.environ["PATH"])
        self.log = folder + "/log/kills.log"
        run = folder + "/run/"
        self.commands = {
            "qsend": [programs + "/qstart"],
            "smtp": [programs + "/qlisten", "-n", "smtpd", f"127.0.0.1:{port}", "--", programs + "/smtpd"],
            "qmqp": [programs + "/qlisten", "-n", "qmqpd", f"unix:{run}qmqp,mode=0666", "--", programs + "/qmqpd"],
        }
        self.running = {}
        self.restarts = 0
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def keep_up(self):
        for name, command in self.commands.items():
            process = self.running.get(name)
            if process is None or process.poll() is not None:
                self.restarts += process is not None
                with open(self.log, "ab") as log:
                    self.running[name] = subprocess.Popen(command, env=self.env, stderr=log,
                                                          stdin=subprocess.DEVNULL)

    def stop(self):
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            process.wait(60)


class Work:
    """Clients that send without a break, and what they were told."""

    def __init__(self, supervisor, programs, port, seed):
        self.supervisor = supervisor
        self.programs = programs
        self.port = port
        self.seed = seed
        self.acknowledged = {}
        self.tried = 0
        self.is_over = False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(CLIENTS)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.is_over = True
        for thread in self.threads:
            thread.join()

    def run(self, number):
        chance = random.Random(f"{self.seed} {number}")
        serial = 0
        while not self.is_over:
            name = f"k{number}-{serial}"
            serial += 1
            recipients = chance.choice(WAYS)
            text = f"Subject: {name}\n\n" + "line of the message\n" * chance.choice((1, 10, 4000)) + f"end of {name}\n"
            is_taken = self.inject(recipients, text) if number == 0 else self.smtp(recipients, text)
            with self.lock:
                self.tried += 1
                if is_taken:
                    self.acknowledged[name] = recipients
            if not is_taken:
                time.sleep(0.05)

    def inject(self, recipients, text):
        command = [self.programs + "/qinject", "-f", "carl@pombo.test", *recipients]
        process = subprocess.Popen(command, env=self.supervisor.env, stdin=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        try:
            process.communicate(text.encode(), timeout=60)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            process.kill()
        return process.wait() == 0

    def smtp(self, recipients, text):
        try:
            client = Client("127.0.0.1", self.port, "127.0.0.1")
        except OSError:
            return False
        try:
            client.expect(b"220")
            client.command("EHLO client.test", b"250")
            client.command("MAIL FROM:<carl@pombo.test>", b"250")
            for recipient in recipients:
                client.command(f"RCPT TO:<{recipient}>", b"250")
            client.command("DATA", b"354")
            client.command(text.replace("\n", "\r\n") + ".", b"250")
        except (OSError, Refused):
            return False
        finally:
            client.close()
        return True


def kill_one(chance, killed):
    """Each program has the same chance, however many processes it has."""
    by_name = collections.defaultdict(list)
    for pid, name in processes.tree([os.getpid()]).items():
        if name not in ("python3", "qctl"):  # a child of ours that has not become a program yet
            by_name[name].append(pid)
    if not by_name:
        return
    name = chance.choice(sorted(by_name))
    try:
        os.kill(chance.choice(by_name[name]), signal.SIGKILL)
        killed[name] += 1
    except ProcessLookupError:
        pass


def rampage(supervisor, seconds, chance):
    killed = collections.Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        supervisor.keep_up()
        time.sleep(chance.uniform(0.02, 0.2))
        kill_one(chance, killed)
    return killed


def queue_files(folder):
    return [f for part in ("new", "cur", "wheel", "corrupt")
            for _, _, files in os.walk(f"{folder}/queue/{part}") for f in files]


def settle(supervisor, folder, programs):
    end = time.monotonic() + SETTLE_SECONDS
    looks = 0
    while looks < 2 and time.monotonic() < end:  # files move while the folders are read
        looks = 0 if queue_files(folder) else looks + 1
        supervisor.keep_up()
        subprocess.run([programs + "/qctl", "flush"], env=supervisor.env, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
    return queue_files(folder)


def read_texts(folder):
    texts = []
    for root, _, files in os.walk(folder):
        if not root.endswith("/tmp"):
            for name in files:
                with open(f"{root}/{name}", encoding="utf-8", errors="replace") as file:
                    texts.append(file.read())
    return texts


def find_arrived(folder, sink, faults):
    """(place, name) of each copy that arrived whole."""
    arrived = collections.Counter()
    for user in "ann", "bob", "carl", "postmaster":
        for text in read_texts(f"{folder}/mail/pombo.test/{user}"):
            name = re.search(r"^Subject: (.*)$", text, re.M)
            name = name.group(1) if name else "?"
            if user in ("carl", "postmaster"):
                faults.append(f"a message for {user}: {name}: {text[:1500]}")
            elif not text.endswith(f"end of {name}\n"):
                faults.append(f"a partial message for {user}: {name}")
            arrived[user, name] += 1
    for text in read_texts(sink):
        head, _, text = text.partition("\n\n")
        name = re.search(r"^Subject: (.*)$", text, re.M).group(1)
        if not text.replace("\r", "").endswith(f"end of {name}\n"):
            faults.append(f"a partial message at the sink: {name}")
        for recipient in head.split("\n"):
            arrived[recipient, name] += 1
    return arrived


def places_of(recipient):
    return PLACES.get(recipient, [recipient.removesuffix("@pombo.test")])


def check(folder, sink, work, left):
    faults = [f"still in the queue: {f}" for f in left]
    arrived = find_arrived(folder, sink, faults)
    wanted = 0
    for name, recipients in work.acknowledged.items():
        for place in {p for r in recipients for p in places_of(r)}:
            wanted += 1
            if arrived[place, name] == 0:
                faults.append(f"{name} is lost for {place}")
    return faults, wanted, sum(arrived.values())


def main(folder, programs, port, seconds, sink, seed=None):
    seed = seed or str(random.randrange(1 << 32))
    supervisor = Supervisor(folder, programs, port)
    work = Work(supervisor, programs, int(port), seed)
    supervisor.keep_up()
    time.sleep(1)
    work.start()
    killed = rampage(supervisor, float(seconds), random.Random(seed))
    work.stop()
    left = settle(supervisor, folder, programs)
    faults, wanted, arrived = check(folder, sink, work, left)
    supervisor.stop()
    print(f"seed {seed}: {sum(killed.values())} kills in {seconds} s ("
          + ", ".join(f"{n} {c}" for n, c in killed.most_common()) + ")")
    print(f"{work.tried} messages tried, {len(work.acknowledged)} acknowledged, for {wanted} places; "
          f"{arrived} copies arrived; {supervisor.restarts} services started anew")
    for fault in faults[:20]:
        print(f"fault: {fault}")
    print(f"faults {len(faults)}")
    return 1 if faults or not killed or not work.acknowledged else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
