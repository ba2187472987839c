#!/usr/bin/env bats
# The notifications that qnotify writes.
load common

@test "a bounce: three parts, to the sender, from the null sender" {
    play <<'EOF'
body = b"From: Ann <ann@example.org>\nSubject: x\nMessage-ID: <id1@example.org>\n\nthe text\n"
m = Message(body, recipients=["bob@example.net", ("carl@example.net", "f", "rfc822;Carl+2BX@old.example", ""),
                              "dora@example.net"], envid="id+2B1", flags="8")
got = worker().run("bounce", m, 0, *FAILED, 1, "failed", "5.2.2", "", "the mailbox is full", count=2)
name = one(got)
assert name == m.name + ".b0" and m.states() == "BB."
r = Report(name)
assert r.queued.fields["P"] == m.name + " b 0,1" and r.queued.fields["S"] == ""
assert r.queued.fields["F"] == "" and r.queued.recipients == [[".", "-", "-", "-", "ann@example.org"]]
head = r.message
assert head["From"] == "Mail Delivery System <MAILER-DAEMON@mail.example.org>"
assert head["To"] == "<ann@example.org>" or head["To"] == "ann@example.org"
assert head["Auto-Submitted"] == "auto-replied" and head["MIME-Version"] == "1.0"
assert head["In-Reply-To"] == head["References"] == "<id1@example.org>"
assert head["Message-ID"] == "<%s@mail.example.org>" % name and head["Date"].datetime
assert "not be delivered" in head["Subject"] and r.report_type == "delivery-status"
assert r.fields["Reporting-MTA"] == "dns; mail.example.org"
assert r.fields["Original-Envelope-Id"] == "id+1"
assert email.utils.parsedate_to_datetime(r.fields["Arrival-Date"]).timestamp() == 1700000000
a, b = r.recipients
date = a.pop("Last-Attempt-Date")
assert abs(email.utils.parsedate_to_datetime(date).timestamp() - __import__("time").time()) < 60
assert a == {"Final-Recipient": "rfc822; bob@example.net", "Action": "failed", "Status": "5.1.1",
             "Remote-MTA": "dns; mx.example.net", "Diagnostic-Code": "smtp; 550 5.1.1 no such user"}
assert b["Original-Recipient"] == "rfc822; Carl+X@old.example" and b["Status"] == "5.2.2"
assert "Remote-MTA" not in b and b["Diagnostic-Code"] == "X-Pombo; the mailbox is full"
assert "<bob@example.net>" in r.human and "mx.example.net said: 550 5.1.1 no such user" in r.human
assert "slip of the pen" in r.human and "mailbox is full: tell" in r.human
assert "dora" not in r.queued.body.decode()
assert r.returned.get_content_type() == "message/rfc822"
assert r.returned.get_payload()[0].as_bytes() == body
EOF
}

# returned FLAGS VERB: which third part comes, for a small and a large message.
@test "RET, the kind and the size choose what is returned" {
    play <<'EOF'
def kind(size, flags, verb="bounce"):
    body = b"Subject: x\nX-Long: 1\n 2\n\n" + b"line\n" * (size // 5)
    m = Message(body, flags=flags)
    action = {"bounce": "failed", "delay": "delayed", "success": "delivered"}[verb]
    name = worker().run(verb, m, 0, action, "4.4.1", "", "text")[0][2]
    r = Report(name)
    if r.returned.get_content_type() == "text/rfc822-headers":
        assert r.returned.get_payload() == "Subject: x\nX-Long: 1\n 2\n"
    else:
        assert r.returned.get_payload()[0].as_bytes() == body
    return r.returned.get_content_type()
whole, headers = "message/rfc822", "text/rfc822-headers"
assert kind(60000, "") == whole and kind(70000, "") == headers
assert kind(70000, "f") == whole and kind(100, "h") == headers
assert kind(100, "", "delay") == headers and kind(100, "f", "success") == headers
EOF
    write_tables conf:bounce_size=0
    play <<'EOF'
r = Report(worker().run("bounce", Message(), 0, *FAILED)[0][2])
assert r.returned.get_content_type() == "text/rfc822-headers"
EOF
}

@test "of a message with REQUIRETLS only the header comes back, in one that demands TLS itself" {
    play <<'EOF'
for verb, action in ("bounce", "failed"), ("delay", "delayed"), ("success", "delivered"):
    m = Message(b"Subject: x\n\nsecret\n", flags="qf")
    r = Report(worker().run(verb, m, 0, action, "5.7.30", "", "offers no REQUIRETLS")[0][2])
    assert r.queued.fields["F"] == "q" and r.queued.fields["S"] == ""
    assert r.returned.get_content_type() == "text/rfc822-headers"
    assert b"secret" not in r.queued.body
    if verb == "bounce":
        assert "travel by TLS alone (REQUIRETLS)" in r.human and r.recipients[0]["Status"] == "5.7.30"
# The postmaster's copy of such a notification, too.
m = Message(b"Subject: x\n\nsecret\n", flags="q", sender="")
r = Report(worker().run("bounce", m, 0, *FAILED)[0][2])
assert r.queued.fields["F"] == "q" and b"secret" not in r.queued.body
EOF
}

@test "a delay warning names the end of all tries" {
    write_tables conf:queue_lifetime=86400
    play <<'EOF'
m = Message()
name = one(worker().run("delay", m, 0, "delayed", "4.4.1", "mx.example.net", "no answer"))
assert name == m.name + ".w0" and m.states() == "w"
r = Report(name)
assert r.queued.fields["P"] == m.name + " w 0"
(a,) = r.recipients
assert a["Action"] == "delayed" and a["Status"] == "4.4.1"
assert email.utils.parsedate_to_datetime(a["Will-Retry-Until"]).timestamp() == 1700086400
assert a["Will-Retry-Until"] in r.human and "need not do anything" in r.human
assert "delayed" in r.message["Subject"]
EOF
}

@test "success: delivered, relayed, expanded" {
    play <<'EOF'
m = Message(recipients=[("bob@example.org", "s", "", "x"), ("eve@example.net", "s", "", ""),
                        ("team@example.org", "s", "", "")])
with open(m.path, "r+b") as file:
    data = file.read().replace(b"R . s x - bob", b"R s s x - bob").replace(b"R . s - - eve", b"R r s - - eve")
    file.seek(0); file.write(data.replace(b"R . s - - team", b"R s s - - team"))
assert m.states() == "srs"
got = worker().run("success", m, 0, "delivered", "2.1.5", "", "delivered", 1, "relayed", "2.0.0",
                   "mx.example.net", "250 ok", 2, "delivered", "2.0.0", "", "", count=3)
name = one(got)
assert name == m.name + ".s0" and m.states() == "DDD"
r = Report(name)
assert [a["Action"] for a in r.recipients] == ["delivered", "relayed", "expanded"]
assert r.recipients[1]["Remote-MTA"] == "dns; mx.example.net"
assert "Diagnostic-Code" not in r.recipients[0]
EOF
}

@test "a bounce that fails goes to postmaster, once, and then no further" {
    play <<'EOF'
m = Message(sender="")
name = one(worker().run("bounce", m, 0, *FAILED))
assert m.states() == "B"
r = Report(name)
assert r.queued.recipients[0][4] == "postmaster@example.org" and r.queued.fields["S"] == ""
assert "goes no further" in r.human.replace("\n", " ")
os.unlink(os.path.join(NEW, name))
again = Message(sender="", by=r.queued.fields["B"])
got = worker().run("bounce", again, 0, *FAILED)[0]
assert (got[0], got[2]) == ("K", "") and again.states() == "B" and not os.listdir(NEW)
assert "dropped id=" + again.name in log()
EOF
    write_tables conf:postmaster=root@example.net
    play <<'EOF'
name = worker().run("bounce", Message(sender=""), 0, *FAILED)[0][2]
assert Report(name).queued.recipients[0][4] == "root@example.net"
EOF
}

@test "a forward of a double bounce is still one" {
    play <<'EOF'
m = Message(sender="", by="double-bounce", recipients=["one@example.org"])
name = one(worker().run("forward", m, 0))
assert Queued(name).fields["B"] == "double-bounce"
EOF
}

@test "the null sender is told of no delay and no success" {
    play <<'EOF'
w = worker()
for verb, state in ("delay", "w"), ("success", "D"):
    m = Message(sender="")
    got = w.run(verb, m, 0, "delayed", "4.0.0", "", "")[0]
    assert (got[0], got[2]) == ("K", "") and m.states() == state
assert not os.listdir(NEW)
EOF
}

@test "what remote hosts say forges no field and no part" {
    play <<'EOF'
evil = "550 x\r\nAction: delivered\n\n--%s=_ \x1b[31m\x00".split("\x00")[0]
m = Message(b"Subject: x\nMessage-ID: <a@b> <c@d>\n\nx\n")
evil = evil % (m.name + ".b0")
r = Report(worker().run("bounce", m, 0, "failed", "5.0.0", "evil\nhost\xff", evil + "\xe9" * 2000)[0][2])
assert len(r.recipients) == 1 and r.recipients[0]["Action"] == "failed"
assert r.recipients[0]["Remote-MTA"].startswith("dns; evil?host")
assert r.recipients[0]["Diagnostic-Code"].startswith("smtp; 550 x??Action: delivered??--")
assert "In-Reply-To" not in r.message and "References" not in r.message
EOF
}

@test "8-bit messages are declared, whatever their sender declared" {
    play <<'EOF'
for flags in "", "8":
    for body, is_8bit in (b"Subject: x\n\n\xe9\n", True), (b"Subject: x\n\nx\n", False):
        r = Report(worker().run("bounce", Message(body, flags=flags), 0, *FAILED)[0][2])
        encoding = r.message.get("Content-Transfer-Encoding", "7bit")
        assert (r.queued.fields["F"], encoding) == (("8", "8bit") if is_8bit else ("", "7bit"))
        assert body in r.queued.body
EOF
}

@test "UTF-8 addresses: a global report where the message was SMTPUTF8, else xtext" {
    play <<'EOF'
m = Message("Subject: Grüße\n\nhällo\n".encode(), recipients=["jürgen@exämple.net"], flags="8u",
            sender="änn@example.org")
text = "550 5.1.1 <jürgen> gibt es nicht"
r = Report(worker().run("bounce", m, 0, "failed", "5.1.1", "mx.example.net", text)[0][2])
assert r.report_type == "global-delivery-status" and r.queued.fields["F"] == "8u"
assert r.recipients[0]["Final-Recipient"] == "utf-8; jürgen@exämple.net"
assert r.recipients[0]["Diagnostic-Code"] == "smtp; " + text and "jürgen" in r.human
assert r.returned.get_content_type() == "message/global"
m = Message(recipients=["jürgen@exämple.net"], flags="")
r = Report(worker().run("bounce", m, 0, "failed", "5.1.1", "mx.example.net", text)[0][2])
assert r.report_type == "delivery-status" and r.queued.fields["F"] == ""
assert r.recipients[0]["Final-Recipient"] == r"utf-8; j\x{FC}rgen@ex\x{E4}mple.net"
m = Message(flags="8u")   # said, but made no use of
r = Report(worker().run("bounce", m, 0, *FAILED)[0][2])
assert r.report_type == "delivery-status" and r.queued.fields["F"] == ""
EOF
}

@test "a bounce of a bounce nests" {
    play <<'EOF'
first = Message()
inner = Report(worker().run("bounce", first, 0, *FAILED)[0][2])
name = first.name + ".b0"
os.unlink(os.path.join(NEW, name))
second = Message(inner.queued.body, sender="", by="bounce", name=name)
r = Report(one(worker().run("bounce", second, 0, *FAILED)))
assert r.queued.fields["P"] == name + " b 0"
assert r.returned.get_payload()[0].as_bytes() == inner.queued.body
EOF
}

@test "a thousand recipients: one report, all answered" {
    play <<'EOF'
m = Message(recipients=["r%d@example.net" % i for i in range(1000)])
got = worker().run("bounce", m, *sum(([i, "failed", "5.1.1", "h", "t"] for i in range(1000)), []), count=1000)
name = one(got)
assert m.states() == "B" * 1000 and len(Report(name).recipients) == 1000
EOF
}

@test "names of many generations answer in several packets" {
    play <<'EOF'
m = Message(recipients=["r%d@example.net" % i for i in range(1500)], name="a" * 26 + ".f100.b100.f10")
got = worker().run("bounce", m, *sum(([i, "failed", "5.1.1", "", ""] for i in range(1500)), []), count=1500)
one(got)
EOF
}
