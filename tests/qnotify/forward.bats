#!/usr/bin/env bats
# What becomes of mail to aliases.
load common

@test "a forward: Delivered-To, the same sender, body and flags, targets marked" {
    play <<'EOF'
body = b"Received: x\nSubject: x\n\n\xe9 text\n"
m = Message(body, recipients=["x@example.net", "team@example.org"], envid="id+2B1", flags="8h", by="someone")
name = one(worker().run("forward", m, 1))
assert name == m.name + ".f1" and m.states() == ".D"
q = Queued(name)
assert q.body == b"Delivered-To: team@example.org\n" + body
assert q.fields["P"] == m.name + " f 1" and q.fields["S"] == "ann@example.org"
assert q.fields["F"] == "8h" and q.fields["E"] == "id+2B1" and q.fields["B"] == "someone"
assert abs(int(q.fields["T"]) - __import__("time").time()) < 60
assert {r[4] for r in q.recipients} == {"ann@example.org", "bob@example.org", "eve@example.net"}
assert all(r[:4] == [".", "-", "x", "-"] for r in q.recipients)
EOF
}

@test "all targets of an alias keep REQUIRETLS and TLS-Required: No" {
    play <<'EOF'
for flags, end in ("q", b"END "), ("n", b"ENDn"), ("8", b"END "):
    m = Message(recipients=["team@example.org"], flags=flags)
    name = worker().run("forward", m, 0)[0][2]
    data = open(os.path.join(NEW, name), "rb").read()
    assert Queued(name).fields["F"] == flags.replace("n", "") and data[-30:-26] == end
EOF
}

@test "nested aliases, each target once; an alias that names its own mailbox" {
    play <<'EOF'
w = worker()
def targets(address):
    name = w.run("forward", Message(recipients=[address]), 0)[0][2]
    return [r[4] for r in Queued(name).recipients]
assert sorted(targets("nested@example.org")) == ["ann@example.org", "bob@example.org", "eve@example.net"]
assert sorted(targets("bob@example.org")) == ["bob@example.org", "eve@example.net"]
assert targets("ONE@example.org") and targets("one+box@example.org")
EOF
}

@test "no valid target is 5.1.1, unreadable tables are temporary" {
    play <<'EOF'
m = Message(recipients=["round@example.org"])
got = worker().run("forward", m, 0)[0]
assert got[:2] == ("D", "5.1.1") and m.states() == "." and not os.listdir(NEW)
EOF
    rm pombo/etc/tables.cdb
    play <<'EOF'
m = Message(recipients=["team@example.org"])
assert worker().run("forward", m, 0)[0][0] == "Z" and m.states() == "." and not os.listdir(NEW)
assert worker().run("bounce", m, 0, *FAILED)[0][0] == "Z" and m.states() == "."
EOF
}

@test "the tables are read anew for each job" {
    mv pombo/etc/tables.cdb tables.old
    mkfifo go
    play <<'EOF'
import shutil
w = worker()
m = Message(recipients=["team@example.org"])
assert w.run("forward", m, 0)[0][0] == "Z"
os.rename("tables.old", os.path.join(DIR, "etc/tables.cdb"))
assert w.run("forward", m, 0)[0][0] == "K"
EOF
}

@test "loops: the same Delivered-To, too many Received lines" {
    write_tables conf:hops_limit=5
    play <<'EOF'
w = worker()
def run(body):
    return w.run("forward", Message(body, recipients=["team@example.org"]), 0)[0][:2]
assert run(b"Delivered-To: TEAM@example.org\n\nx\n") == ("D", "5.4.6")
assert run(b"Received: x\n y\n" * 6 + b"\nx\n") == ("D", "5.4.6")
assert run(b"Received: x\n" * 5 + b"\nReceived: x\nDelivered-To: team@example.org\n")[0] == "K"
assert len(os.listdir(NEW)) == 1
EOF
}

@test "one target takes all wishes on; several take all but SUCCESS, which is owed then" {
    play <<'EOF'
w = worker()
def run(alias, notify, orcpt="", sender="ann@example.org"):
    m = Message(recipients=[(alias + "@example.org", notify, orcpt, "")], sender=sender)
    got = w.run("forward", m, 0)[0]
    rows = {tuple(r[1:4]) for r in Queued(got[2]).recipients}
    assert len(rows) == 1
    return got[0], m.states(), *rows.pop()

assert run("one", "sfd", "rfc822;a+2Bb@x.example") == ("K", "D", "sfd", "x", "rfc822;a+2Bb@x.example")
assert run("one", "s") == ("K", "D", "s", "x", "rfc822;one@example.org")
assert run("one", "") == ("K", "D", "-", "x", "-")
assert run("one", "n") == ("K", "D", "n", "x", "rfc822;one@example.org")
assert run("team", "sfd", "rfc822;a@b") == ("R", "s", "fd", "x", "rfc822;a@b")
assert run("team", "s") == ("R", "s", "n", "x", "rfc822;team@example.org")
assert run("team", "fd") == ("K", "D", "fd", "x", "rfc822;team@example.org")
assert run("team", "s", sender="")[:3] == ("K", "D", "n")
EOF
}

@test "a damaged message is not sent on" {
    play <<'EOF'
m = Message(random_text(2000), recipients=["team@example.org"], crc=7)
assert worker().run("forward", m, 0)[0][0] == "C" and m.states() == "."
assert not os.listdir(NEW) and not os.listdir(os.path.join(DIR, "queue/tmp"))
assert worker().run("bounce", Message(random_text(500), crc=7), 0, *FAILED)[0][0] == "C"
assert not os.listdir(NEW) and not os.listdir(os.path.join(DIR, "queue/tmp"))
EOF
}
