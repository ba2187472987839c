"""What all crash tests share: a system of its own in a folder, a workload whose every
acknowledgement is written down, and the check that each acknowledged message went where
its envelope says."""
import json
import os
import re
import shutil
import smtplib
import socket
import poplib
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ("qlisten smtpd qinject qmqpd qstart qsend qspawn qmx qnotify qctl qlocal qremote "
            "popup pop3d checkpw qtable qpasswd pombo").split()
MARK = "end of pigeon"


class System:
    """pombo in FOLDER with programs in FOLDER/bin, where one may be wrapped."""

    def __init__(self, folder, built, sink_port):
        self.folder = folder
        self.dir = folder + "/system"
        self.bin = folder + "/bin"
        self.sink_port = sink_port
        self.env = dict(os.environ, POMBO_DIR=self.dir, LC_ALL="C.UTF-8")
        os.makedirs(self.bin + "/real")
        for program in PROGRAMS:
            for place in self.bin, self.bin + "/real":
                os.link(f"{built}/{program}", f"{place}/{program}")
        self.smtp = self.pop3 = None

    def wrap(self, program, tracer_options):
        """Puts the tracer before PROGRAM, for its first process alone."""
        path = f"{self.bin}/{program}"
        os.unlink(path)
        with open(path, "w", encoding="utf-8") as script:
            script.write(f"#!/bin/sh\nexec {self.tracer} -m {self.folder}/marker "
                         f"{tracer_options} {self.bin}/real/{program} \"$@\"\n")
        os.chmod(path, 0o755)

    def unwrap(self, program):
        path = f"{self.bin}/{program}"
        os.unlink(path)
        os.link(f"{self.bin}/real/{program}", path)

    def run(self, *args, **options):
        options.setdefault("timeout", 60)
        return subprocess.run(args, env=self.env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False, **options)

    def configure(self):
        os.makedirs(self.dir + "/etc")
        with open(self.dir + "/etc/pombo.conf", "w", encoding="utf-8") as out:
            out.write("host_name = mail.pombo.test\ndefault_domain = pombo.test\n"
                      "retry_interval = 1\nremote_linger = 1s\n")
        with open(self.dir + "/etc/routes", "w", encoding="utf-8") as out:
            out.write(f"* [127.0.0.1]:{self.sink_port}\n")

    def up(self):
        done = self.run(self.bin + "/pombo", "up", self.dir, "--domain", "pombo.test",
                        "--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0")
        if done.returncode != 0:
            return False
        status = self.run(self.bin + "/pombo", "status", self.dir).stdout.decode()
        self.smtp = int(re.search(r"^smtp=.*:(\d+)$", status, re.M).group(1))
        self.pop3 = int(re.search(r"^pop3=.*:(\d+)$", status, re.M).group(1))
        return True

    def down(self):
        return self.run(self.bin + "/pombo", "down", self.dir).returncode == 0

    def add_user(self, address, password):
        done = self.run(self.bin + "/pombo", "user", "add", self.dir, address,
                        input=password.encode())
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())

    def queue_files(self):
        found = []
        for root, _, files in os.walk(self.dir + "/queue"):
            part = os.path.relpath(root, self.dir + "/queue").split("/")[0]
            if part in ("new", "cur", "wheel", "corrupt"):
                found += [root + "/" + f for f in files]
        return found

    def settle(self, seconds):
        """Waits until the queue is empty; False where it is not by then."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.queue_files():
                return True
            time.sleep(0.02)
        return False

    def messages(self, user):
        texts = []
        for part in "new", "cur":
            folder = f"{self.dir}/mail/pombo.test/{user}/{part}"
            if os.path.isdir(folder):
                for name in os.listdir(folder):
                    with open(f"{folder}/{name}", encoding="utf-8", errors="replace") as f:
                        texts.append(f.read())
        return texts

    def sunk(self):
        """(recipient, text) of all that the next host took."""
        out = []
        for name in os.listdir(self.folder + "/sink"):
            if not name.endswith(".part"):
                with open(f"{self.folder}/sink/{name}", encoding="utf-8", errors="replace") as f:
                    head, _, text = f.read().partition("\n\n")
                out += [(r, text) for r in head.split("\n")]
        return out


def message(name):
    return (f"From: ann@pombo.test\r\nSubject: {name}\r\nMessage-ID: <{name}@crash.test>\r\n\r\n"
            f"first\r\n{MARK} {name}\r\n")


class Workload:
    """Sends, reads and rebuilds; keeps what was acknowledged: name -> recipients."""

    def __init__(self, system):
        self.system = system
        self.sent = {}
        self.acknowledged = {}
        self.removed = False  # whether the QUIT after DELE was answered
        self.tried_removal = False

    def smtp(self, name, recipients, sender="ann@pombo.test"):
        self.sent[name] = recipients
        try:
            with smtplib.SMTP("127.0.0.1", self.system.smtp, timeout=20) as s:
                s.ehlo("client.test")
                s.mail(sender)
                for r in recipients:
                    code, text = s.rcpt(r)
                    if code != 250:
                        raise smtplib.SMTPException(f"{code} {text}")
                code, _ = s.data(message(name))
                if code == 250:
                    self.acknowledged[name] = recipients
        except (smtplib.SMTPException, OSError):
            pass

    def qinject(self, name, recipients):
        self.sent[name] = recipients
        done = self.system.run(self.system.bin + "/qinject", "-f", "ann@pombo.test", *recipients,
                               input=message(name).replace("\r\n", "\n").encode())
        if done.returncode == 0:
            self.acknowledged[name] = recipients

    def pop3_remove(self, user):
        """Reads and removes the first message of USER."""
        self.tried_removal = True
        try:
            p = poplib.POP3("127.0.0.1", self.system.pop3, timeout=20)
            p.user(user + "@pombo.test")
            p.pass_("secret")
            p.retr(1)
            p.dele(1)
            p.quit()
            self.removed = True
        except (poplib.error_proto, OSError):
            pass

    def rebuild(self):
        return self.system.run(self.system.bin + "/qtable").returncode == 0


def local(address):
    """The mailboxes that an address of the workload leads to."""
    user, domain = address.split("@")
    if domain != "pombo.test":
        return []
    return {"list": ["ann", "bob"]}.get(user, [user])


def check(system, work):
    """Every promise; a list of what is broken."""
    faults = []
    boxes = {user: system.messages(user) for user in ("ann", "bob", "carl", "postmaster")}
    sunk = system.sunk()
    for user, texts in boxes.items():
        for text in texts:
            if not text.startswith("Return-Path: ") or not text.endswith("\n"):
                faults.append(f"a partial message for {user}: {text[:80]!r}")
            name = re.search(r"^Subject: (m-\S+)$", text, re.M)
            if name and "MAILER-DAEMON" not in text and f"{MARK} {name.group(1)}\n" not in text:
                faults.append(f"a cut message for {user}: {name.group(1)}")
    for name, recipients in work.sent.items():
        faults += check_message(name, recipients, name in work.acknowledged, boxes, sunk)
    return faults


def is_bounce_of(text, address, name):
    return (f"Final-Recipient: rfc822; {address}" in text or f"Final-Recipient: rfc822;{address}" in text) \
        and f"<{name}@crash.test>" in text and "Action: failed" in text


def check_message(name, recipients, acknowledged, boxes, sunk):
    faults = []
    own = f"\n{MARK} {name}\n"
    for recipient in recipients:
        bounces = sum(is_bounce_of(t, recipient, name) for t in boxes["ann"])
        if recipient.startswith("bad"):
            if bounces != 1 and (acknowledged or bounces > 1):
                faults.append(f"{name}: {bounces} bounces for {recipient}")
            continue
        if bounces:
            faults.append(f"{name}: {recipient} bounced")
        if recipient.endswith("@pombo.test"):
            for user in local(recipient):
                copies = sum(own in t and not "Content-Type: multipart/report" in t for t in boxes[user])
                wanted = sum(user in local(r) for r in recipients)
                if acknowledged and copies < 1 or copies > 2 * wanted:
                    faults.append(f"{name}: {copies} copies for {user}")
        else:
            copies = sum(r == recipient and own in t for r, t in sunk)
            if acknowledged and copies < 1 or copies > 2:
                faults.append(f"{name}: {copies} copies at the next host for {recipient}")
    return faults
