"""The messages of the crash tests, where each has to go, and the check that it went there:
once for each recipient, at most once more for what was under way; whole; with exactly the
reports that it asked for."""
import collections
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../qsend"))
import queuefile  # noqa: E402

USERS = ("ann", "bob", "carl")
HOUR = 3600


class Mail:
    """recipients: ADDRESS or ADDRESS=NOTIFY (letters of the queue file) each; lines: of
    the text; field: one more of the header."""

    def __init__(self, name, *recipients, sender="ann@pombo.test", age=0, lines=3,
                 field=""):
        self.name, self.sender, self.age = name, sender, age
        self.recipients = [r.partition("=")[::2] for r in recipients]
        self.tail = "\n\n" + "".join(f"line {i} of {name}\n" for i in range(lines)) + \
            f".dot of {name}\nend of {name}\n"
        self.text = "From: ann@pombo.test\nTo: list@pombo.test\n" \
            "Date: Tue, 1 Jul 2025 10:00:00 +0000\n" \
            f"{field}Message-ID: <{name}@crash.test>\nSubject: {name}" + self.tail

    def lines(self):
        """As SMTP sends it."""
        return self.text.replace("\n.", "\n..").replace("\n", "\r\n").encode()

    def queue_file(self, now):
        name = self.name.replace("-", "").ljust(26, "a")
        data = queuefile.build([(a, n, "") for a, n in self.recipients], sender=self.sender,
                               arrival=now - self.age, body=self.text.encode())
        return name, data

    def outcome(self):
        """Counter of ("box", user), ("far", address), (action, address): reports."""
        wanted = collections.Counter()
        for address, notify in self.recipients:
            user, domain = address.split("@")
            if user in ("bad", "tired", "nobody"):
                wanted["failed", address] += 1
                continue
            if user == "list":
                wanted.update([("box", "ann"), ("box", "bob"), ("far", "far@far.test")])
                action = "expanded"
            elif domain == "pombo.test":
                wanted["box", user] += 1
                action = "delivered"
            else:
                wanted["far", address] += 1
                action = "relayed"
            if "s" in notify:
                wanted[action, address] += 1
            if user == "late" and self.age > 4 * HOUR:
                wanted["delayed", address] += 1
        return wanted


class Report:
    """A delivery report, as it lies in a mailbox."""

    def __init__(self, text):
        ids = re.findall(r"^Message-ID: *<(.*)>", text, re.M | re.I)
        self.id = ids[0] if ids else text
        names = re.findall(r"^Message-ID: *<(.*)@crash\.test>", text, re.M | re.I)
        self.name = names[-1] if names else ""
        self.rows = []
        for part in text.split("\n\n"):
            to = re.search(r"^Final-Recipient: *(?:rfc822|utf-8); *(\S+)$", part, re.M | re.I)
            action = re.search(r"^Action: *(\w+)", part, re.M | re.I)
            if to and action:
                self.rows.append((action.group(1).lower(), to.group(1)))
        self.is_whole = bool(self.rows) and text.rstrip().endswith("--")


class Ledger:
    """What was sent and what was acknowledged in one point."""

    def __init__(self):
        self.mails = {}
        self.acknowledged = set()

    def send(self, mail):
        self.mails[mail.name] = mail

    def acknowledge(self, mail):
        self.acknowledged.add(mail.name)


def find_outcome(world, mails, faults):
    """name -> Counter of what happened to it; reports with the same id count once."""
    got = collections.defaultdict(collections.Counter)
    reports = set()
    texts = [(("box", user), text) for user in USERS for text in world.messages(user)]
    texts += [(("far", recipient), text) for recipient, text in world.far.taken]
    for place, text in texts:
        if place[0] == "box" and not text.startswith("Return-Path: "):
            faults.append(f"a message without a Return-Path for {place[1]}: {text[:60]!r}")
        if re.search(r"^Content-Type: multipart/report", text, re.M | re.I):
            report = Report(text)
            if not report.is_whole:
                faults.append(f"a partial report for {place[1]}: {text[-80:]!r}")
            for action, address in report.rows:
                if (report.id, action, address) not in reports:
                    reports.add((report.id, action, address))
                    got[report.name][action, address] += 1
            continue
        subject = re.search(r"^Subject: (\S+)$", text, re.M)
        name = subject.group(1) if subject else ""
        if name not in mails or not text.endswith(mails[name].tail):
            faults.append(f"a partial message at {place}: {text[-80:]!r}")
        else:
            got[name][place] += 1
    return got


def check(world, ledger, duplicates=1):
    """Every promise of delivery; what is broken. DUPLICATES: how often a delivery may be
    made again. A warning of a delay is owed while there is one: after a restart the next
    attempt may have ended it."""
    faults = []
    got = find_outcome(world, ledger.mails, faults)
    for name, mail in ledger.mails.items():
        wanted, have = mail.outcome(), got.pop(name, collections.Counter())
        if name not in ledger.acknowledged and not have:
            continue
        for key in wanted.keys() | have.keys():
            is_delivery = key[0] in ("box", "far")
            most = wanted[key] + duplicates if wanted[key] and is_delivery else wanted[key]
            least = 0 if key[0] == "delayed" and duplicates else wanted[key]
            if not least <= have[key] <= most:
                faults.append(f"{name}: {key[0]} {key[1]}: {have[key]} times, "
                              f"not {wanted[key]}")
    faults += [f"something that nobody sent: {name!r} {dict(c)}" for name, c in got.items()]
    return faults


def check_mailbox_rests(world):
    """What a crash left in tmp/ of the mailboxes goes when it is 36 hours old."""
    boxes = [u for u in USERS if world.messages(u, "tmp")]
    if not boxes:
        return []
    for user in boxes:
        world.age(f"mail/pombo.test/{user}/tmp")
    mail = Mail("later", *(f"{u}@pombo.test" for u in boxes))
    if world.run("qinject", "-f", "ann@pombo.test", *(a for a, _ in mail.recipients),
                 stdin=mail.text.encode()) != 0:
        return ["qinject does not work any more"]
    faults = world.drain()
    return faults + [f"left in tmp of {u} for ever" for u in boxes if world.messages(u, "tmp")]
