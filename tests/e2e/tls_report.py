"""Reads reports of TLS as a receiver would, strictly, and says what is in them.

    tls_report.py json DOMAIN    JSON, a report a line, on standard input
    tls_report.py mail FILE...   messages as they came by SMTP

Of each report that is meant come lines:
    organization NAME, contact ADDRESS
    policy TYPE SUCCESSES FAILURES [RESULT]...
    string TEXT, host NAME                        of the policy
    detail RESULT HOST IP SOURCE COUNT TEXT
"""
import email
import email.policy
import gzip
import json
import re
import sys

TYPES = {"tlsa", "sts", "no-policy-found"}
RESULTS = {"starttls-not-supported", "certificate-host-mismatch", "certificate-expired",
           "certificate-not-trusted", "validation-failure", "tlsa-invalid", "dnssec-invalid",
           "dane-required", "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid"}
# The schema of RFC 8460 section 4.4, as far as pombo writes it: key -> type, or a
# nested one; "?" before a key: it may lack.
DETAIL = {"result-type": str, "?sending-mta-ip": str, "?receiving-mx-hostname": str,
          "?receiving-ip": str, "failed-session-count": int, "?failure-reason-code": str}
POLICY = {"policy": {"policy-type": str, "?policy-string": [str], "policy-domain": str,
                     "?mx-host": [str]},
          "summary": {"total-successful-session-count": int, "total-failure-session-count": int},
          "?failure-details": [DETAIL]}
REPORT = {"organization-name": str, "date-range": {"start-datetime": str, "end-datetime": str},
          "contact-info": str, "report-id": str, "policies": [POLICY]}


def check(value, schema, where="report"):
    if isinstance(schema, dict):
        assert isinstance(value, dict), where
        known = {key.lstrip("?") for key in schema}
        assert set(value) <= known, f"{where}: {set(value) - known}"
        for key, inner in schema.items():
            name = key.lstrip("?")
            if name in value:
                check(value[name], inner, where + "." + name)
            else:
                assert key.startswith("?"), f"{where} lacks {name}"
    elif isinstance(schema, list):
        assert isinstance(value, list), where
        for item in value:
            check(item, schema[0], where + "[]")
    else:
        assert type(value) is schema, where


def no_twins(pairs):
    assert len({key for key, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


def parse(text):
    report = json.loads(text, object_pairs_hook=no_twins)
    check(report, REPORT)
    day = re.fullmatch(r"(\d{4}-\d\d-\d\d)T00:00:00Z", report["date-range"]["start-datetime"])
    assert day and report["date-range"]["end-datetime"] == day[1] + "T23:59:59Z"
    assert len({p["policy"]["policy-domain"] for p in report["policies"]}) == 1
    for policy in report["policies"]:
        assert policy["policy"]["policy-type"] in TYPES
        details = policy.get("failure-details", [])
        assert all(d["result-type"] in RESULTS and d["failed-session-count"] > 0 for d in details)
        assert sum(d["failed-session-count"] for d in details) == \
            policy["summary"]["total-failure-session-count"]
    return report, day[1], report["policies"][0]["policy"]["policy-domain"]


def show(report):
    print("organization", report["organization-name"])
    print("contact", report["contact-info"])
    for policy in report["policies"]:
        details = policy.get("failure-details", [])
        print("policy", policy["policy"]["policy-type"],
              policy["summary"]["total-successful-session-count"],
              policy["summary"]["total-failure-session-count"],
              *(d["result-type"] for d in details))
        for text in policy["policy"].get("policy-string", []):
            print("string", text)
        for host in policy["policy"].get("mx-host", []):
            print("host", host)
        for d in details:
            print("detail", d["result-type"], d.get("receiving-mx-hostname", "-"), d.get("receiving-ip", "-"),
                  d.get("sending-mta-ip", "-"), d["failed-session-count"], d.get("failure-reason-code", ""))


def read_mail(path):
    with open(path, "rb") as file:
        data = file.read()
    assert b"\n" not in data.replace(b"\r\n", b"") and b"\r" not in data.replace(b"\r\n", b"")
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    message = email.message_from_bytes(data, policy=email.policy.SMTP)
    assert not message.defects, message.defects
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "tlsrpt"
    text, part = message.iter_parts()
    assert text.get_content_type() == "text/plain" and not text.defects
    assert part.get_content_type() == "application/tlsrpt+gzip" and not part.defects
    report, day, domain = parse(gzip.decompress(part.get_content()))
    submitter = message["TLS-Report-Submitter"]
    assert message["TLS-Report-Domain"] == domain
    assert message["TLS-Required"].lower() == "no"
    assert str(message["Subject"]).split() == ["Report", "Domain:", domain, "Submitter:", submitter,
                                               "Report-ID:", f"<{report['report-id']}>"]
    name = part.get_filename()
    sender, about, begin, end, extension = re.fullmatch(
        r"([^!]+)!([^!]+)!(\d+)!(\d+)\.(json\.gz)", name).groups()
    assert (sender, about, extension) == (submitter, domain, "json.gz") and int(end) - int(begin) == 86399
    assert message["Date"] and message["Message-ID"] and message["From"]
    print("report", domain, day, "<>", message["To"].replace("<", "").replace(">", ""))
    show(report)


def main(how, *args):
    if how == "mail":
        for path in args:
            read_mail(path)
        return
    for line in sys.stdin:
        report, _, domain = parse(line)
        if domain == args[0]:
            show(report)


main(*sys.argv[1:])
