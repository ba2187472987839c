"""Reads delivery status notifications, strictly: any defect that Python's email
library notes is a failure."""
import email
import email.policy
import re

from master import NEW, Queued, Worker, program
import os


def check_defects(message):
    for part in (message, *message.get_payload()):
        assert not part.defects, part.defects
        for _, value in part.items():
            # UTF-8 in fields is a defect to Python, and none to RFC 6532.
            assert max(value) > "~" or not getattr(value, "defects", ()), value.defects


class Report:
    def __init__(self, name):
        self.queued = Queued(name)
        body = self.queued.body
        assert all(len(line) <= 998 for line in body.split(b"\n"))
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", body.split(b"Content-Type: message/rfc822")[0])
        self.message = email.message_from_bytes(body, policy=email.policy.default)
        check_defects(self.message)
        kind = self.message.get_content_type()
        assert kind == "multipart/report", kind
        self.text, self.status, self.returned = self.message.get_payload()
        self.human = self.text.get_payload(decode=True).decode()
        self.report_type = self.message["Content-Type"].params["report-type"]
        assert self.status.get_content_type() == "message/" + self.report_type
        for part in (self.message, self.text, self.status, self.returned):
            encoding = str(part.get("Content-Transfer-Encoding", "7bit"))
            raw = self.raw(part)
            assert encoding in ("7bit", "8bit")
            assert encoding == "8bit" or max(raw) < 128, (part.get_content_type(), raw)
        groups = self.raw(self.status).decode().split("\n\n")[1:]
        self.fields, *self.recipients = [
            dict(line.split(": ", 1) for line in group.strip("\n").split("\n"))
            for group in groups if group.strip()]

    def raw(self, part):
        """The part's own bytes, which Python would fold anew."""
        boundary = b"\n--" + self.message.get_boundary().encode()
        if part is self.message:
            return self.queued.body
        index = self.message.get_payload().index(part)
        return self.queued.body.split(boundary)[index + 1].lstrip(b"\n")


def worker():
    return Worker(program("qnotify"))


def one(results, index=0):
    """A single derived file's name out of results that all say K."""
    assert all(r[0] == "K" for r in results.values()), results
    (name,) = {r[2] for r in results.values()}
    assert os.listdir(NEW) == [name]
    assert not os.listdir(os.path.join(os.path.dirname(NEW), "tmp"))
    return name


FAILED = ("failed", "5.1.1", "mx.example.net", "550 5.1.1 no such user")
