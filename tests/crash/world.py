"""A mail system of its own in a folder, with a name server and a next host of its own, and
all of its processes in hand."""
import ctypes
import fcntl
import os
import select
import shutil
import signal
import struct
import time

from disks import SmallDisks
from peers import FarHost, NameServer

TRACER_ENV = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0"}
LIMIT = float(os.environ.get("CRASH_LIMIT", 60))  # for what takes milliseconds on a machine with nothing else to do
AGE = 37 * 3600
QUEUE = ("tmp", "new", "cur", "wheel", "corrupt")
USERS = ("ann", "bob", "carl")


def become_subreaper():
    """Processes whose parent was killed become our children. Their ends wake us."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    if ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0) != 0:
        raise OSError("prctl")


def children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as f:
        return [int(pid) for pid in f.read().split()]


def descendants():
    found = children()
    for pid in found:
        try:
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
                found += [int(p) for p in f.read().split()]
        except FileNotFoundError:
            pass
    return found


class Stuck(Exception):
    """Something did not come to its end."""


class World:
    """One a worker process; reset() gives each point a fresh folder."""

    def __init__(self, folder, binaries, tracer):
        self.folder, self.bin, self.tracer = folder, binaries, tracer
        self.dir = folder + "/p"
        self.far, self.names = FarHost(), NameServer()
        self.disks = SmallDisks()
        self.env = {"POMBO_DIR": self.dir, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                    "TMPDIR": folder, **TRACER_ENV}
        self.statuses = {}
        self.tracing = []
        self.report_path = folder + "/report"
        become_subreaper()
        self.make_etc()

    def make_etc(self):
        etc = self.folder + "/etc"
        os.makedirs(etc)
        conf = {"host_name": "mail.pombo.test", "default_domain": "pombo.test",
                "postmaster": "carl@pombo.test", "retry_interval": "1", "remote_linger": "0",
                "dns_server": f"127.0.0.1:{self.names.port}", "remote_port": self.far.port,
                "free_space": "0", "pop3_fail_delay": "0", "auth_fail_delay": "0", "command_timeout": "20",
                "data_timeout": "20"}
        self.write(etc + "/pombo.conf", "".join(f"{k} = {v}\n" for k, v in conf.items()))
        self.write(etc + "/domains", "pombo.test  local\n")
        self.write(etc + "/users",
                   "".join(f"{u}@pombo.test  pombo.test/{u}\n" for u in (*USERS, "eve")))
        self.write(etc + "/aliases",
                   "list@pombo.test  ann@pombo.test, bob@pombo.test, far@far.test\n")
        self.write(etc + "/relay_passwords", 'guarded.test  ann  "secret pigeon"\n')
        os.chmod(etc + "/relay_passwords", 0o600)
        self.write(etc + "/tls_policy", "guarded.test  none\nsecret.test  encrypt\n")
        os.mkdir(self.dir)
        os.symlink(etc, self.dir + "/etc")
        self.write(etc + "/passwords", "")
        for user in "ann", "eve":
            if self.run("qpasswd", "-m", "$y$", "-r", "1", user + "@pombo.test",
                        stdin=b"secret\n") != 0:
                raise RuntimeError("the tables: " + self.log())

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    def reset(self, own_etc=False):
        """A new system, with nothing in it. own_etc: in tables of its own, too."""
        self.disks.remove()
        shutil.rmtree(self.dir)
        os.mkdir(self.dir)
        if own_etc:
            shutil.copytree(self.folder + "/etc", self.dir + "/etc")
        else:
            os.symlink("../etc", self.dir + "/etc")
        for part in "run", "log", "mail", "queue":
            os.mkdir(f"{self.dir}/{part}")
        self.disks.make(self.dir + "/mail", self.dir + "/queue")
        for part in ("mail/pombo.test", *("queue/" + q for q in QUEUE)):
            os.mkdir(f"{self.dir}/{part}")
        self.far.reset()
        self.statuses.clear()
        self.stop_tracing()

    # --- processes ---

    def trace(self, program, which, *plan):
        """The next run() or spawn() goes under the tracer, with this plan."""
        if os.path.exists(self.report_path):
            os.unlink(self.report_path)
        self.tracing = [self.tracer, "-p", program, "-i", str(which), "-o", self.report_path,
                        *plan]

    def stop_tracing(self):
        self.tracing = []

    def spawn_as_nobody(self, program, *args, **options):
        """The same by a user without rights."""
        return self.spawn(f"/usr/bin/setpriv", "--reuid=65534", "--regid=65534",
                          "--clear-groups", f"{self.bin}/{program}", *args, **options)

    def signal_program(self, program, number=signal.SIGTERM):
        """Signals each process of ours that runs the program."""
        for pid in descendants():
            try:
                if os.readlink(f"/proc/{pid}/exe") == os.path.realpath(f"{self.bin}/{program}"):
                    os.kill(pid, number)
            except (FileNotFoundError, ProcessLookupError):
                pass

    def spawn(self, program, *args, stdin=None, stdout=None, env=()):
        """Starts a program of ours, or another by its path; its pid, or that of its tracer."""
        argv = [*self.tracing, os.path.join(self.bin, program), *args]
        log = os.open(self.folder + "/p/log/all" if os.path.isdir(self.folder + "/p/log")
                      else self.folder + "/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open("/dev/null", os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, null if stdin is None else stdin, 0),
                   (os.POSIX_SPAWN_DUP2, null if stdout is None else stdout, 1),
                   (os.POSIX_SPAWN_DUP2, log, 2)]
        try:
            return os.posix_spawn(argv[0], argv, {**self.env, **dict(env)}, file_actions=actions,
                                  setsigdef=[signal.SIGPIPE, signal.SIGXFSZ], setsigmask=[])
        finally:
            os.close(log)
            os.close(null)

    def wait(self, pid, seconds=LIMIT):
        """The exit code of a child, -signal where killed; Stuck where it goes on."""
        fd = os.pidfd_open(pid)
        try:
            if not select.select([fd], [], [], seconds)[0]:
                raise Stuck(f"process {pid} does not end")
        finally:
            os.close(fd)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def run(self, program, *args, stdin=b"", env=()):
        """Runs to the end, with STDIN to read; the exit code."""
        fd = os.memfd_create("stdin")
        os.write(fd, stdin)
        os.lseek(fd, 0, os.SEEK_SET)
        try:
            return self.wait(self.spawn(program, *args, stdin=fd, env=env))
        finally:
            os.close(fd)

    def end_all(self, seconds=0.0):
        """Waits for all processes, and kills what is left after so long; their number."""
        end = time.monotonic() + seconds
        killed = set()
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return len(killed)
            if pid == 0:
                left = end - time.monotonic()
                if left <= 0:
                    for child in children():
                        killed.add(child)
                        os.kill(child, signal.SIGKILL)
                signal.sigtimedwait([signal.SIGCHLD], min(max(left, 0.01), 0.5))

    def report(self):
        """What the tracer told, or None where the target has not ended."""
        try:
            with open(self.report_path, encoding="ascii") as f:
                return dict(line.rstrip("\n").partition(" ")[::2] for line in f)
        except FileNotFoundError:
            return None

    # --- qsend ---

    def find_qsend(self):
        """Its pid by its lock, 0 where none runs."""
        try:
            fd = os.open(self.dir + "/queue/lock", os.O_RDWR)
        except FileNotFoundError:
            return 0
        try:
            lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack("hhqqi4x", fcntl.fcntl(fd, fcntl.F_GETLK, lock))
            return 0 if kind == fcntl.F_UNLCK else pid
        finally:
            os.close(fd)

    def queue(self, *parts):
        """Paths of the files in the queue."""
        found = []
        for part in parts or ("new", "cur", "wheel", "corrupt"):
            folder = f"{self.dir}/queue/{part}"
            for entry in os.scandir(folder):
                if not entry.is_dir(follow_symlinks=False):
                    found.append(entry.path)
                    continue
                try:
                    found += [e.path for e in os.scandir(entry.path)]
                except FileNotFoundError:
                    pass  # a folder of the wheel that was just emptied
        return found

    def settle(self, pid, is_traced=False, seconds=LIMIT):
        """Lets qsend, started as PID, empty the queue; asks it again and again to try what
        is deferred. True when the queue is empty, False when the process has ended;
        Stuck where neither comes. Where the programs are traced, a disk that is full has
        room again with the first deferral, or when nothing has moved for some time."""
        fd = os.pidfd_open(pid)
        end = time.monotonic() + seconds
        pause, next_alarm, before, nap = 0.03, 0.0, None, 0.002
        try:
            while True:
                now = time.monotonic()
                files = self.queue()
                # Files move while the folders are read: a second look sees most of them.
                if not files and not self.queue():
                    return True
                if select.select([fd], [], [], nap)[0]:
                    return not self.queue()
                nap = min(nap * 1.2, 0.02)
                if now > end:
                    raise Stuck(f"the queue does not get empty: {files}")
                if not files:
                    continue
                if files != before and any("/new/" in f or "/cur/" in f for f in files):
                    before, next_alarm = files, now + pause
                elif now > next_alarm and (qsend := self.find_qsend()):
                    if is_traced and (pause > 0.5 or any("/wheel/" in f for f in files)):
                        os.kill(pid, signal.SIGUSR1)
                        self.disks.give_room()
                    os.kill(qsend, signal.SIGALRM)
                    pause = min(pause * 1.5, 1.0)
                    next_alarm = now + pause
        finally:
            os.close(fd)

    def stop_qsend(self, pid):
        """Ends qsend in the usual way, once its lock tells of it; its exit code."""
        end = time.monotonic() + LIMIT
        fd = os.pidfd_open(pid)
        try:
            while not (qsend := self.find_qsend()) and time.monotonic() < end:
                if select.select([fd], [], [], 0.002)[0]:
                    break
        finally:
            os.close(fd)
        if qsend:
            os.kill(qsend, signal.SIGTERM)
        return self.wait(pid)

    def drain(self):
        """Intact programs empty the queue. A list of faults."""
        self.stop_tracing()
        self.age("queue/tmp")
        faults = self.run_qsend()
        # Files move while the folders are read: settle() may have seen none though one was
        # on its way. Only now, with qsend at its end, it is sure.
        if not faults and self.queue():
            faults = self.run_qsend()
        left = self.queue() + self.queue("tmp")
        if left and not faults:
            faults.append(f"left in the queue: {left}")
        return faults

    def run_qsend(self):
        """Until the queue seems empty. A list of faults."""
        pid = self.spawn("qstart")
        faults = []
        try:
            if not self.settle(pid):
                faults.append(f"qsend ended by itself with {self.wait(pid)}")
            elif self.stop_qsend(pid) != 0:
                faults.append("qsend did not end in the usual way")
        except Stuck as stuck:
            faults.append(str(stuck))
        if self.end_all(10):
            faults.append("processes that outlived qsend")
        return faults

    # --- what lies about ---

    def age(self, part):
        """Makes the files of a folder 37 hours older."""
        for entry in os.scandir(f"{self.dir}/{part}"):
            then = entry.stat(follow_symlinks=False).st_mtime - AGE
            os.utime(entry.path, (then, then), follow_symlinks=False)

    def messages(self, user, *parts):
        texts = []
        for part in parts or ("new", "cur"):
            folder = f"{self.dir}/mail/pombo.test/{user}/{part}"
            if os.path.isdir(folder):
                for name in sorted(os.listdir(folder)):
                    with open(f"{folder}/{name}", encoding="utf-8", errors="replace") as f:
                        texts.append(f.read())
        return texts

    def log(self):
        for path in self.dir + "/log/all", self.folder + "/log":
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    return f.read()
        return ""
