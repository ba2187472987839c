"""A system that is recorded: its programs are started by a shell that strace follows, so
that nothing but them is seen. What prepares it runs without."""
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 120


def make_text(subject, filler=0):
    lines = "".join(f"line {i} of {subject} {'x' * 60}\n" for i in range(filler))
    return (f"From: ann@pombo.test\nSubject: {subject}\nMessage-ID: <{subject}@power.test>\n\n"
            f"first\n{lines}end of {subject}\n")


def list_unreported(root):
    """Days whose reports are to be made, and reports that are not in the queue yet."""
    folder = root + "/queue/tlsrpt"
    return [n for n in os.listdir(folder) if n not in ("kept", "lock")] if os.path.isdir(folder) else []


class Shell:
    """Runs a line at a time, under COMMAND."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            [*command, "/bin/bash", "-c", 'while read -r line; do eval "$line"; done'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"})

    def ask(self, line):
        """The line that LINE writes."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().strip()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise RuntimeError("strace failed")


class System:
    """pombo in ROOT with the programs in BIN."""

    def __init__(self, programs, root, shell=None):
        self.programs, self.root, self.shell = programs, root, shell
        self.env = {"POMBO_DIR": root, "LC_ALL": "C", "TZ": "UTC", "TCPREMOTEIP": "127.0.0.1",
                    "RELAYCLIENT": "", "ASAN_OPTIONS": "detect_leaks=0"}
        self.scheduler = None  # pid

    def line(self, command, user=None):
        other = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups") if user else ()
        settings = [f"{key}={value}" for key, value in self.env.items()]
        return " ".join((*settings, shlex.join((*other, f"{self.programs}/{command[0]}", *command[1:]))))

    def run(self, command, text):
        """(exit code, standard output)"""
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/in", "w", encoding="utf-8") as file:
                file.write(text)
            line = f"{self.line(command)} <{folder}/in >{folder}/out 2>{folder}/err; echo $?"
            code = self.shell.ask(line) if self.shell else subprocess.run(
                line, shell=True, stdout=subprocess.PIPE, check=True).stdout
            with open(folder + "/out", encoding="utf-8") as out, open(folder + "/err", encoding="utf-8") as err:
                return int(code), out.read(), err.read()

    def must(self, *command, text="", code=0):
        got, out, err = self.run(command, text)
        if got != code:
            raise RuntimeError(f"{command}: {got} {err}")
        return out

    def start(self):
        self.scheduler = int(self.shell.ask(
            f"{self.line(['qstart'])} </dev/null >/dev/null 2>>{self.root}/log/qsend & echo $!"))

    def flush(self):
        os.kill(self.scheduler, signal.SIGALRM)

    def stop(self):
        os.kill(self.scheduler, signal.SIGTERM)
        self.shell.ask(f"wait {self.scheduler}; echo")

    def files(self, *folders):
        return [f"{place}/{name}" for folder in folders
                for place, _, names in os.walk(f"{self.root}/queue/{folder}") for name in names]

    def wait(self, *folders):
        """Until nothing is left in the queue's folders."""
        end = time.monotonic() + PATIENCE
        while self.files(*folders):
            if time.monotonic() > end:
                raise RuntimeError(f"{self.root}: the queue stays full")
            time.sleep(0.01)

    def wait_reported(self):
        """Until no day's results of TLS are left, nor reports on their way into the queue."""
        end = time.monotonic() + PATIENCE
        while list_unreported(self.root):
            if time.monotonic() > end:
                raise RuntimeError(f"{self.root}: no reports of TLS")
            time.sleep(0.01)

    def wait_started(self):
        end = time.monotonic() + PATIENCE
        while not os.path.isdir(self.root + "/queue/corrupt"):
            if time.monotonic() > end:
                raise RuntimeError(f"{self.root}: qsend does not start")
            time.sleep(0.01)

    def settle(self):
        """Until all is delivered, with what was deferred tried again at once."""
        looks = 0
        while looks < 2:  # files move while the folders are read
            self.wait("new", "cur")
            looks += 1
            if self.files("wheel"):
                self.flush()
                looks = 0
            time.sleep(0.05)

    def smtp(self, subject, recipients, filler=0, sender="ann@pombo.test", user=None, port=None):
        """RECIPIENTS may hold parameters: "<a@b> NOTIFY=SUCCESS". smtpd is started as USER, or
        is behind PORT."""
        if port:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                with connection.makefile("rb") as source, connection.makefile("wb", 0) as sink:
                    talk(source, sink, subject, recipients, filler, sender)
            return
        with tempfile.TemporaryDirectory() as folder:
            for name in "in", "out":
                os.mkfifo(f"{folder}/{name}")
            pid = self.shell.ask(f"{self.line(['smtpd'], user)} <{folder}/in >{folder}/out 2>/dev/null & echo $!")
            with open(folder + "/in", "wb", 0) as sink, open(folder + "/out", "rb") as source:
                talk(source, sink, subject, recipients, filler, sender)
            self.shell.ask(f"wait {pid}; echo")

    def pop3(self, user, *commands):
        self.must("pop3d", "pombo.test/" + user, text="\r\n".join((*commands, "QUIT", "")))


def talk(source, sink, subject, recipients, filler, sender):
    expect(source, "220")
    say(source, sink, "EHLO client.test", "250")
    say(source, sink, f"MAIL FROM:<{sender}>", "250")
    for recipient in recipients:
        say(source, sink, "RCPT TO:" + (recipient if recipient[0] == "<" else f"<{recipient}>"), "250")
    say(source, sink, "DATA", "354")
    say(source, sink, make_text(subject, filler).replace("\n", "\r\n") + ".", "250")
    say(source, sink, "QUIT", "221")


def expect(source, code):
    while True:
        line = source.readline().decode()
        if not line.startswith(code):
            raise RuntimeError(f"expected {code}, got {line}")
        if line[3:4] != "-":
            return


def say(source, sink, text, code):
    sink.write(text.encode() + b"\r\n")
    expect(source, code)
