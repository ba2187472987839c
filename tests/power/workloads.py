"""What is recorded. Each workload has a folder of its own; prepare() fills it (that much is
durable), play() runs the programs under strace. messages: what was sent, by subject."""
import os
import re
import subprocess
import time

import outside
from system import System, make_text

PORT = 2525
SETTINGS = "host_name = mail.pombo.test\ndefault_domain = pombo.test\nremote_linger = 1s\n"
TABLES = {
    "domains": "pombo.test  local\n",
    "users": "".join(f"{u}@pombo.test  pombo.test/{u}\n" for u in ("ann", "bob", "carl", "postmaster")),
    "aliases": "list@pombo.test  ann@pombo.test, bob@pombo.test, far@sink.test\n",
    "routes": f"*  [127.0.0.1]:{PORT}\n",
}
DROP_BOX_USER = 65534
WHEEL_UNIT = 16  # seconds


class Workload:
    """patience: how often a slow recipient is put off after a restart."""
    name = ""
    base = ""  # what stands before "queue/" and such in paths below the workload's folder
    settings = ""
    messages = {}    # subject -> recipients
    patience = 0
    kept = ()             # subjects that lie in ann's mailbox and stay there
    pop3_every = 8        # so many mailboxes are read by pop3d as well as from their files
    queued_before = set()  # subjects that were answered for before the recording
    kept_reports = ()      # domains whose reports of TLS are kept
    policies_of = ()       # domains whose policies of MTA-STS are fetched after a restart
    rebuild_code = None   # what qtable ends with after a restart; None: it is not run
    commits_names = False
    strace_options = ()
    begins_with = None  # the workload whose crash comes before
    cuts_before = 0     # each may have made one more copy

    def prepare(self, system):
        for folder in ("etc", "log", "mail", "run", "queue/tmp", "queue/new", "queue/cur",
                       "queue/wheel", "queue/corrupt", *self.mailboxes()):
            os.makedirs(f"{system.root}/{folder}")
        with open(system.root + "/etc/pombo.conf", "w", encoding="utf-8") as out:
            out.write(SETTINGS + self.settings)
        for table, rows in TABLES.items():
            with open(f"{system.root}/etc/{table}", "w", encoding="utf-8") as out:
                out.write(rows)
        system.must("qtable")

    def mailboxes(self):
        return [f"mail/pombo.test/{user}/{part}" for user in ("ann", "bob", "carl")
                for part in ("tmp", "new", "cur")]

    def play(self, system):
        system.start()
        self.send(system)
        system.settle()
        system.stop()

    def send(self, system):
        for subject, recipients in self.messages.items():
            system.smtp(subject, recipients)


class Smtp(Workload):
    """Local, to many, relayed; one is long enough for several writes."""
    name = "smtp"
    messages = {"smtp-1": ["ann@pombo.test", "bob@pombo.test", "far@sink.test"],
                "smtp-2": ["carl@pombo.test"]}

    def send(self, system):
        system.smtp("smtp-1", self.messages["smtp-1"], filler=1000)
        system.smtp("smtp-2", self.messages["smtp-2"])


class Inject(Workload):
    name = "qinject"
    messages = {"qinject-1": ["bob@pombo.test"], "qinject-2": ["ann@pombo.test", "carl@pombo.test"]}

    def send(self, system):
        for subject, recipients in self.messages.items():
            system.must("qinject", "-f", "ann@pombo.test", *recipients, text=make_text(subject))


class Mailboxes(Workload):
    """The first delivery makes them."""
    name = "mailboxes"
    pop3_every = 1
    messages = {"mailboxes-1": ["ann@pombo.test", "bob@pombo.test", "carl@pombo.test"]}

    def mailboxes(self):
        return []


class Copies(Workload):
    """A mailbox on a file system of its own, where no link can lead."""
    name = "copies"
    messages = {"copies-1": ["ann@pombo.test", "bob@pombo.test", "carl@pombo.test"]}

    def prepare(self, system):
        super().prepare(system)
        place = system.root + "/mail/pombo.test/bob"
        subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
        for part in "tmp", "new", "cur":
            os.mkdir(f"{place}/{part}")


class Relay(Workload):
    name = "relay"
    messages = {"relay-1": ["far1@sink.test", "far2@sink.test"], "relay-2": ["far3@sink.test"]}


class Defer(Workload):
    name = "defer"
    messages = {"defer-1": ["slow1@sink.test", "ann@pombo.test"], "defer-2": ["slow1b@sink.test"]}


class Bounce(Workload):
    name = "bounce"
    messages = {"bounce-1": ["bad@sink.test", "bob@pombo.test"], "bounce-2": ["bad1@sink.test", "bad2@sink.test"]}


class Warn(Workload):
    name = "warning"
    settings = "delay_warning = 1s\n"
    messages = {"warning-1": ["slow2@sink.test", "bob@pombo.test"]}
    patience = 1

    def send(self, system):
        super().send(system)
        time.sleep(1.5)


class Success(Workload):
    name = "success"
    messages = {"success-1": ["<bob@pombo.test> NOTIFY=SUCCESS", "<far@sink.test> NOTIFY=SUCCESS"]}


class Forward(Workload):
    name = "forward"
    messages = {"forward-1": ["list@pombo.test"], "forward-2": ["list@pombo.test", "carl@pombo.test"]}


class Remove(Workload):
    """Messages are read and removed in new/ and in cur/, one stays."""
    name = "pop3"
    pop3_every = 1
    kept = ("pop3-4",)

    def prepare(self, system):
        super().prepare(system)
        for i, folder in enumerate(("new", "new", "cur", "new"), 1):
            text = "Return-Path: <ann@pombo.test>\n" + make_text(f"pop3-{i}")
            name = f"{1000 + i}.M{i}P1Q1R0.vm,S={len(text)},W={len(text) + text.count(chr(10))}"
            name += ":2,S" if folder == "cur" else ""
            with open(f"{system.root}/mail/pombo.test/ann/{folder}/{name}", "w", encoding="utf-8") as out:
                out.write(text)

    def play(self, system):
        system.pop3("ann", "RETR 1", "DELE 1")
        system.pop3("ann", "DELE 1", "RETR 2", "DELE 2")


class Configure(Workload):
    """Tables are rebuilt, a user added, a password changed."""
    name = "tables"
    rebuild_code = 0

    def prepare(self, system):
        super().prepare(system)
        with open(system.root + "/etc/aliases", "a", encoding="utf-8") as out:
            out.write("new@pombo.test  ann@pombo.test\n")

    def play(self, system):
        system.must("qtable")
        system.must("pombo", "user", "add", "--domain", system.root, "dora@pombo2.test", text="secret word\n")
        system.must("qpasswd", "dora@pombo2.test", text="another word\n")


class Refuse(Workload):
    """A change is taken back where the tables can't be made: the answer is that nothing was
    changed."""
    name = "refused"
    rebuild_code = 102

    def prepare(self, system):
        super().prepare(system)
        with open(system.root + "/etc/access", "w", encoding="utf-8") as out:
            out.write("this is no row of access\n")

    def play(self, system):
        system.must("pombo", "user", "add", system.root, "emma@pombo.test", text="secret word\n", code=102)


class First(Workload):
    """From nothing to a message in a mailbox, and another host's name at a later start."""
    name = "first"
    base = "run/"
    messages = {"first-1": ["postmaster@pombo.test"]}

    def prepare(self, system):
        pass  # there is nothing yet

    def play(self, system):
        folder = system.root + "/run"
        inner = System(system.programs, folder, system.shell)
        self.up(inner, "--domain", "pombo.test")
        port = re.search(r"smtp=.*:(\d+)\n", inner.must("pombo", "status", folder)).group(1)
        inner.smtp("first-1", self.messages["first-1"], port=int(port))
        inner.wait("new", "cur")
        inner.must("pombo", "down", folder)
        self.up(inner, "--host", "other.pombo.test")
        inner.must("pombo", "down", folder)

    @staticmethod
    def up(system, *options):
        system.must("pombo", "up", system.root, *options, "--smtp", "127.0.0.1:0", "--submission", "127.0.0.1:0", "--pop3", "127.0.0.1:0")


class DropBox(Workload):
    """As on a server: who submits may not read new/, so can't open it to sync it."""
    name = "dropbox"
    messages = {"dropbox-1": ["ann@pombo.test"], "dropbox-2": ["bob@pombo.test", "far@sink.test"]}
    commits_names = True

    def prepare(self, system):
        super().prepare(system)
        for folder in "tmp", "new":
            os.chown(f"{system.root}/queue/{folder}", 0, DROP_BOX_USER)
            os.chmod(f"{system.root}/queue/{folder}", 0o3730)

    def send(self, system):
        system.smtp("dropbox-1", self.messages["dropbox-1"], filler=1000, user=DROP_BOX_USER)
        system.smtp("dropbox-2", self.messages["dropbox-2"], user=DROP_BOX_USER)


class OldSystem(Workload):
    """Where no rename can be told not to replace."""
    name = "replacing"
    messages = {"replacing-1": ["ann@pombo.test"], "replacing-2": ["bad@sink.test"]}
    strace_options = ("-e", "inject=renameat2:error=EINVAL")


class Restart(Workload):
    """A start that finds a bounce in new/ whose parent was not marked."""
    name = "restart"
    messages = Bounce.messages
    queued_before = set(messages)
    begins_with = "bounce"
    cuts_before = 1

    def change(self, tree):
        """From the state of the crash to the one in which this begins."""
        return tree

    def play(self, system):
        system.start()
        system.settle()
        system.stop()


class Adopt(Restart):
    """A qnotify that died between the bounce and the mark, while qsend goes on: the next one
    finds the name taken."""
    name = "adopt"

    def change(self, tree):
        bounces = {path for path, *_ in tree if path.startswith("queue/new/") and ".b" in path}
        parents = {path.rsplit("/", 1)[1].split(".")[0] for path in bounces}
        # Its parent's next attempt comes by itself: a flush would look through new/ too,
        # and settle the bounce.
        slot = f"queue/wheel/{int(time.time() + 5) // WHEEL_UNIT + 1:010x}"
        changed = [("hold", None, None), (slot, None, None)]
        for path, inode, content in tree:
            name = path.rsplit("/", 1)[-1]
            if path in bounces:
                path = "hold/" + name
            elif name in parents:
                path = f"{slot}/{name}"
            changed.append((path, inode, content))
        return sorted(changed, key=lambda entry: (entry[2] is not None, entry[0]))

    def play(self, system):
        system.start()
        system.wait("new", "cur")
        system.shell.ask(f"mv {system.root}/hold/* {system.root}/queue/new; sync {system.root}/queue/new; echo")
        system.wait("wheel")
        system.settle()
        system.stop()


class Folders(Workload):
    """qsend makes what the queue lacks."""
    name = "folders"
    messages = {"folders-1": ["ann@pombo.test"]}

    def prepare(self, system):
        super().prepare(system)
        for folder in "tmp", "new", "cur", "wheel", "corrupt":
            os.rmdir(f"{system.root}/queue/{folder}")

    def send(self, system):
        system.wait_started()
        super().send(system)


class Reports(Workload):
    """Two days' results of TLS become reports. Each is told by its domain."""
    name = "reports"
    settings = "tls_reports = send\ntls_report_delay = 0s\n"  # at qsend's start
    messages = {"reports-1.test": ["ann@pombo.test"], "reports-2.test": ["bob@pombo.test", "far@sink.test"],
                "reports-3.test": ["list@pombo.test"]}
    queued_before = set(messages)
    days_ago = {"reports-1.test": 2, "reports-2.test": 1, "reports-3.test": 1}

    def prepare(self, system):
        super().prepare(system)
        os.mkdir(system.root + "/queue/tlsrpt")
        for domain, days in self.days_ago.items():
            day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - days * 86400))
            reports = ",".join("mailto:" + address for address in self.messages.get(domain, ["ann@pombo.test"]))
            with open(f"{system.root}/queue/tlsrpt/{day}", "ab") as out:
                out.write(outside.make_day_line(domain, reports, "ok", 2))
                out.write(outside.make_day_line(domain, reports, "tlsa-invalid", 1))

    def play(self, system):
        system.start()
        system.wait_reported()
        system.settle()
        system.stop()


class KeptReports(Reports):
    """They are kept, and no mail is made of them."""
    name = "kept"
    settings = "tls_reports = keep\ntls_report_delay = 0s\n"
    messages = {}
    queued_before = set()
    days_ago = {"kept-1.test": 2, "kept-2.test": 1, "kept-3.test": 1}
    kept_reports = tuple(days_ago)


class Policy(Workload):
    """A new policy of MTA-STS takes the place of an old one; another is the first of its domain."""
    name = "policy"
    policies_of = ("sts.test", "first.sts.test")

    def prepare(self, system):
        authorities = os.path.abspath(f"{system.root}/../../{outside.AUTHORITY}/authorities")
        self.settings = (f"dns_server = 127.0.0.1:{outside.DNS_PORT}\nmta_sts_port = {outside.POLICY_PORT}\n"
                         f"tls_ca_dir = {authorities}\n")
        super().prepare(system)
        os.mkdir(system.root + "/sts")
        before = int(time.time()) - 1000
        with open(system.root + "/sts/sts.test", "w", encoding="ascii") as out:
            out.write(outside.KEPT.format("old", before))
        with open(system.root + "/sts/!sts.test", "w", encoding="ascii") as out:
            out.write(f"x-id: new\nx-fetched: {before}\n")

    def play(self, system):
        for domain in self.policies_of:
            system.must("stsd", "-f", domain)


ALL = {w.name: w() for w in (Smtp, Inject, Mailboxes, Copies, Relay, Defer, Bounce, Warn, Success,
                             Forward, Remove, Configure, Refuse, First, DropBox, OldSystem, Restart, Adopt, Folders,
                             Reports, KeptReports, Policy)}

