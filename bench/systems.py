"""The mail systems that are measured, as bench/peers set them up: where each lies, how
it is started, on which port it listens (and where it shows which certificate for TLS).
All relay far.test to 127.0.0.1:SINK_PORT."""
import glob
import os
import socket
import subprocess
import time

from group import Group

ROOT = os.environ.get("BENCH_ROOT", "/var/tmp/pombo-bench")
SINK_PORT = 2599
USERS = ["u"] + [f"{i}u" for i in range(2, 51)]
SENDER = "sender@bench.test"
POMBO = "/usr/libexec/pombo/"
# The sockets are systemd's on a server, with their owners and modes.
TLSD = ("exec setpriv --reuid pombo-tls --regid pombo-tls --clear-groups "
        f"{POMBO}tlsd -d -l /run/pombo/tls -m 0666")
OPEN_RUN = "chmod 1777 /run/pombo; "
AS_IN = "exec setpriv --reuid pombo-in --regid pombo-in --init-groups "

SMTP = {
    "pombo": {
        "port": 2560, "tls": {"ecdsa": 2560, "rsa": 2560},
        "maildir": "/var/lib/pombo/mail/%s/Maildir", "queue": "/var/spool/pombo/*",
        "start": [OPEN_RUN + TLSD, f"exec {POMBO}qstart",
                  f"{AS_IN}{POMBO}qlisten -T -n smtpd -c 1000 -C 1000 127.0.0.1:2560 -- {POMBO}smtpd"],
        "sendmail": f"{POMBO}sendmail -i -f {SENDER}"},
    "postfix": {
        "port": 2510, "tls": {"ecdsa": 2511, "rsa": 2511},
        "start": ["/usr/sbin/postfix start-fg"], "stop": "/usr/sbin/postfix stop",
        "clean": "postsuper -d ALL", "sendmail": f"/usr/sbin/sendmail -i -f {SENDER}"},
    "opensmtpd": {  # a listen backlog of 5: W1 waits for SYNs that are sent again
        "port": 2520, "tls": {"ecdsa": 2521, "rsa": 2522},
        "W1": 200, "W2": 400, "start": ["/usr/sbin/smtpd -d"],
        "sendmail": f"/usr/sbin/sendmail -i -f {SENDER}"},
    "exim4": {  # waits for 200 ms before it answers QUIT
        "port": 2530, "W1": 1000, "start": ["/usr/sbin/exim4 -bdf -q30m"],
        "queue": "/var/spool/exim4/[im]*/*", "sendmail": f"/usr/sbin/exim4 -i -f {SENDER}"},
    "sendmail": {
        "port": 2550, "start": ["exec /usr/sbin/sendmail-mta -bD -q30m -C/etc/mail/sendmail.cf"],
        "queue": "/var/spool/mqueue/*",
        "sendmail": f"/usr/sbin/sendmail-mta -i -C/etc/mail/sendmail.cf -f{SENDER}"},
    "notqmail": {  # bench/peers does not set it up: Debian has no package of it
        "port": 2570, "queue": "/var/qmail/queue/*[!k]",  # not lock/
        "start": ["PATH=/var/qmail/bin:$PATH exec qmail-start ./Maildir/",
                  "exec tcpserver -H -R -l x -c 600 -b 128 -u $(id -u qmaild) -g $(id -g qmaild) "
                  "127.0.0.1 2570 /var/qmail/bin/qmail-smtpd"],
        "sendmail": f"/var/qmail/bin/sendmail -i -f {SENDER}"},
}
POP3 = {
    "pombo": {
        "port": 2640, "tls": {"ecdsa": 2641, "rsa": 2641},
        "maildir": "/var/lib/pombo/mail/%s/Maildir", "owner": "pombo-mail", "login_domain": "@bench.test",
        "start": [OPEN_RUN + "exec setpriv --reuid pombo-mail --regid pombo-auth --clear-groups --inh-caps=+setgid "
                  f"--ambient-caps=+setgid {POMBO}qlisten -n login -c 1000 -C 1000 -B '' "
                  f"unix:/run/pombo/login,mode=0666 -- {POMBO}checkpw -d {POMBO}pop3d",
                  f"{AS_IN}{POMBO}qlisten -T -n popup -c 1000 -C 1000 127.0.0.1:2640 -- {POMBO}popup",
                  OPEN_RUN + TLSD,
                  f"{AS_IN}{POMBO}qlisten -n pop3s -c 1000 -C 1000 127.0.0.1:2641 -- {POMBO}popup -t"]},
    "dovecot": {"port": 2610, "tls": {"ecdsa": 2611, "rsa": 2611},
                "start": [f"exec /usr/sbin/dovecot -F -c /etc/dovecot/{name}.conf" for name in ("bench", "bench-tls")]},
    "dovecot-fast": {"root": "dovecot", "port": 2612, "tls": {"ecdsa": 2613, "rsa": 2613},
                     "start": ["exec /usr/sbin/dovecot -F -c /etc/dovecot/bench-fast.conf"]},
    "popa3d": {  # 44 ms for each RETR, so only some are made
        "port": 2620, "is_mbox": True, "retrieve": 200,
        "start": ["exec tcpserver -H -R -l x -c 600 -b 128 127.0.0.1 2620 /usr/sbin/popa3d"]},
}


def installed(systems):
    return [name for name, spec in systems.items() if os.path.exists(f"{ROOT}/{spec.get('root', name)}/ready")]


class Running:
    """A system that has been started; for "with"."""

    def __init__(self, name, spec, logs):
        self.name, self.spec = name, spec
        self.root = f"{ROOT}/{spec.get('root', name)}"
        self.group = Group(name)
        self.port = spec["port"]
        self.processes = []
        os.makedirs(logs, exist_ok=True)
        self.log = open(f"{logs}/{name}.log", "ab")  # pylint: disable=consider-using-with

    def command(self, line):
        return ["chroot", self.root, "/bin/sh", "-c", line]

    def run(self, line):
        return subprocess.run(self.command(line), stdin=subprocess.DEVNULL, stdout=self.log,
                              stderr=self.log, check=False).returncode

    def _enter(self):
        self.group.enter()
        os.setsid()

    def __enter__(self):
        self.clean()
        self.start()
        return self

    def start(self):
        for line in self.spec["start"]:
            self.processes.append(subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
                self.command("ulimit -n 8192; " + line), stdin=subprocess.DEVNULL,
                stdout=self.log, stderr=self.log, preexec_fn=self._enter))
        for _ in range(100):
            if self.answers():
                time.sleep(0.5)
                return
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"{self.name} does not answer")

    def stop(self):
        if "stop" in self.spec:
            self.run(self.spec["stop"])
        self.group.end()
        for process in self.processes:
            process.wait()
        self.processes = []

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 10) as client:
                if not client.recv(200):
                    return False
                client.sendall(b"QUIT\r\n")
                client.recv(200)
                return True
        except OSError:
            return False

    def __exit__(self, *_):
        self.stop()
        self.group.remove()
        self.log.close()

    def clean(self):
        """What an earlier run left in the queue must not count in this one."""
        if "clean" in self.spec:
            self.run(self.spec["clean"])
        for path in glob.glob(self.root + self.spec.get("queue", "/nonexistent/*")):
            for file in glob.glob(path + "/**", recursive=True) if os.path.isdir(path) else [path]:
                if os.path.isfile(file):
                    os.unlink(file)

    def maildir(self, user):
        return self.root + self.spec.get("maildir", "/home/%s/Maildir") % user

    def empty(self, users):
        for user in users:
            for folder in "new", "cur", "tmp":
                if os.path.isdir(f"{self.maildir(user)}/{folder}"):
                    for entry in os.scandir(f"{self.maildir(user)}/{folder}"):
                        os.unlink(entry.path)

    def count(self, users):
        total = 0
        for user in users:
            try:
                total += sum(1 for _ in os.scandir(self.maildir(user) + "/new"))
            except FileNotFoundError:
                pass
        return total

    def wait_for(self, users, count, limit, start):
        """(seconds since START, messages in the mailboxes), when COUNT are there."""
        while True:
            done = self.count(users)
            spent = time.monotonic() - start
            if done >= count or spent > limit:
                return spent, done
            time.sleep(0.05 if len(users) == 1 else 0.2)

    def disk_kib(self, users):
        """Files with several names are counted once."""
        folders = [self.maildir(user) + "/new" for user in users]
        folders = [f for f in folders if os.path.isdir(f)]
        done = subprocess.run(["du", "-skc", *folders], stdout=subprocess.PIPE, check=False)
        return int(done.stdout.split()[-2]) if folders else 0
