"""What holds after a cut: the promises that were made before it, and what they come to."""
import json
import re

from events import Answer
from outside import KEPT

LISTS = {"list@pombo.test": ["ann@pombo.test", "bob@pombo.test", "far@sink.test"]}


def get_address(recipient):
    """Without the parameters of RCPT."""
    return re.sub(r"^<(.*)>.*$", r"\1", recipient)


def expand(recipients):
    return [a for r in recipients for a in LISTS.get(get_address(r), [get_address(r)])]


class Promises:
    """Of all cuts that lead to one state: each has to hold."""

    def __init__(self, recording, workload):
        self.recording, self.workload = recording, workload
        self.owed = set()     # (subject, address): has to be delivered or bounced
        self.removed = set()  # subjects that may not come back
        self.answered = 0     # time of the last answer about the configuration ...
        self.files = {path: data for path, data in recording.first.items()
                      if recording.is_configuration(path)}  # ... and the files that it spoke of

    def add(self, cut):
        """The promises of a cut after events[:cut]."""
        answers = [e for e in self.recording.events[:cut] if isinstance(e, Answer)]
        relayed = {(a.detail[0], r) for a in answers if a.kind == "relayed" for r in a.detail[1]}
        subjects = {a.detail for a in answers if a.kind == "queued"} | self.workload.queued_before
        for subject in subjects:
            for address in expand(self.workload.messages[subject]):
                if (subject, address) not in relayed:
                    self.owed.add((subject, address))
        for answer in answers:
            if answer.kind == "removed":
                self.removed |= {self.subject(link) for link in answer.detail}
            if answer.kind == "configured" and answer.time > self.answered:
                self.answered, self.files = answer.time, answer.detail[1]

    def subject(self, link):
        content = self.recording.names.contents[self.recording.names.inodes[link]]
        return re.search(rb"\nSubject: (\S+)\n", content).group(1).decode()


def is_report(text):
    return "\nContent-Type: multipart/report;" in text


def find_subject(text):
    """That of the message itself; of a report of TLS its domain. None: of another kind."""
    found = re.search(r"^(?:Subject|TLS-Report-Domain): (\S+)$", text.split("\n\n", 1)[0], re.M)
    return found.group(1) if found else None


def find_ids(outcome, subject):
    """How often a message was made, whatever became of its copies."""
    texts = [text for box in outcome.boxes.values() for text in box]
    texts += [text.decode(errors="replace").replace("\r\n", "\n") for _, _, text in outcome.sunk]
    return {tuple(re.findall(r"^Message-ID: .*$", text.split("\n\n", 1)[0], re.M))
            for text in texts if find_subject(text) == subject}


def check_whole(outcome):
    """No partial message is in a mailbox."""
    for user, texts in outcome.boxes.items():
        for size, real in outcome.sizes[user]:
            if size != real:
                yield f"{user} has a message of {real} bytes that was {size} long"
        for text in texts:
            end = "=_--\n" if is_report(text) else f"\nend of {find_subject(text)}\n"
            if not text.startswith("Return-Path: <") or not text.endswith(end) or "\0" in text:
                yield f"{user} has a cut message: {text[:60]!r}...{text[-60:]!r}"


def find_reports(outcome, subject, address, action):
    """The different ones (by their Date and Message-ID), and how many there are in all."""
    found = [text for text in outcome.boxes.get("ann", ()) if is_report(text)
             and f"<{subject}@power.test>" in text
             and re.search(rf"^Final-Recipient: rfc822; ?{re.escape(address)}\n(?:.+\n)*?Action: {action}$",
                           text, re.M)]
    kinds = {tuple(re.findall(r"^(?:Date|Message-ID): .*$", text, re.M)) for text in found}
    return len(kinds), len(found)


def count_copies(outcome, subject, address):
    if address.endswith("@pombo.test"):
        return sum(find_subject(text) == subject for text in outcome.boxes.get(address.split("@")[0], ()))
    return sum(address in recipients for s, recipients, _ in outcome.sunk if s == subject)


def check_message(outcome, promises, subject, recipients):
    addresses = expand(recipients)
    cuts = promises.workload.cuts_before + 1
    if len(ids := find_ids(outcome, subject)) > 1:
        yield f"{subject}: made {len(ids)} times"
    wishes = {get_address(r) for r in recipients if "NOTIFY=SUCCESS" in r}
    for address in set(addresses):
        is_owed = (subject, address) in promises.owed
        bounces, in_all = find_reports(outcome, subject, address, "failed")
        if address.startswith("bad"):
            if bounces > 1 or in_all > 1 + cuts or (is_owed and bounces == 0):
                yield f"{subject}: {bounces} bounces ({in_all} copies) for {address}"
            continue
        if bounces:
            yield f"{subject}: a bounce for {address}"
        copies = count_copies(outcome, subject, address)
        # A cut makes one more of each delivery whose end it took back.
        most = addresses.count(address) * (1 + cuts if address.endswith("@pombo.test") else 1)
        if copies > most or (is_owed and copies < 1):
            yield f"{subject}: {copies} copies for {address}"
        for action, least in (("delayed", 0), ("(?:delivered|relayed)", address in wishes and is_owed)):
            reports, in_all = find_reports(outcome, subject, address, action)
            if reports > 1 or in_all > 1 + cuts or in_all < least:
                yield f"{subject}: {reports} reports {action} ({in_all} copies) for {address}"


def check_removed(outcome, promises, kept):
    subjects = [found.group(1) for text in outcome.boxes.get("ann", ())
                if (found := re.search(r"^Subject: (\S+)$", text, re.M))]
    for subject in promises.removed & set(subjects):
        yield f"{subject} was removed and is back"
    for subject in kept:
        if subjects.count(subject) != 1:
            yield f"{subject} is there {subjects.count(subject)} times"


def check_files(state, promises):
    """Each file of the configuration is whole, and what it was at the last answer or later."""
    versions = promises.recording.versions()
    there = {path: data for path, _, data in state
             if data is not None and promises.recording.is_configuration(path)}
    for path, data in there.items():
        if data not in [version for _, version in versions.get(path, ())]:
            yield f"{path} is torn: {data[:60]!r}"
    for path, data in promises.files.items():
        later = [version for time, version in versions[path] if time > promises.answered]
        if there.get(path) not in [data, *later]:
            yield f"{path} is not as it was told to be"


def check_kept(outcome, domains):
    """Each domain's report of TLS is kept once, whole, and nothing else is."""
    if sorted(name.split("!")[1] if "!" in name else name for name in outcome.kept) != sorted(domains):
        yield f"kept: {sorted(outcome.kept)}"
    for name, text in outcome.kept.items():
        try:
            counts = json.loads(text)["policies"][0]["summary"]
        except ValueError:
            counts = text[:60]
        if counts != {"total-successful-session-count": 2, "total-failure-session-count": 1}:
            yield f"{name} says {counts}"


def check_policies(outcome, domains):
    """After new fetches the policies are the new ones, and what a cut left besides is what
    stsd's next pass removes."""
    for domain in domains:
        text = re.sub(r"^(x-(?:fetched|used)): \d+$", r"\1: 0", outcome.policies.get(domain, ""), flags=re.M)
        if text != KEPT.format("new", 0):
            yield f"the policy of {domain}: {text}"
    left = [name for name in outcome.policies if name not in domains and not name.startswith(".new.")]
    if left:
        yield f"left in sts: {left}"


def check(state, outcome, promises):
    """All that is broken."""
    faults = list(outcome.faults) + list(check_whole(outcome))
    for subject, recipients in promises.workload.messages.items():
        faults += check_message(outcome, promises, subject, recipients)
    faults += check_removed(outcome, promises, promises.workload.kept)
    faults += check_files(state, promises)
    faults += check_kept(outcome, promises.workload.kept_reports)
    faults += check_policies(outcome, promises.workload.policies_of)
    return faults
