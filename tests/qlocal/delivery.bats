#!/usr/bin/env bats
# What qlocal writes, and where.
load common

@test "a message gets its Return-Path, a name with its sizes, and the mailbox is made" {
    play <<'EOF'
import mailbox, stat
body = b"Subject: x\n\none\ntwo\n"
w = Worker(program("qlocal"))
assert w.run("job", Message(body), 0, "example.org/bob", "", 0, 0)[0][0] == "K"
name, text = only("example.org/bob")
assert text == b"Return-Path: <ann@example.org>\n" + body
match = re.fullmatch(r"\d{10}\.M\d{6}P\d+Q\d+R[0-9a-f]{8}\.[!-~]+,S=(\d+),W=(\d+)", name)
assert match, name
assert int(match[1]) == len(text) and int(match[2]) == len(text) + 5
assert len(name.split(",")[0]) <= 70
for folder in "", "tmp", "new", "cur":
    mode = os.stat(os.path.join(MAIL, "example.org/bob", folder)).st_mode
    assert stat.S_IMODE(mode) == 0o700
assert stat.S_IMODE(os.stat(os.path.join(MAIL, "example.org/bob/new", name)).st_mode) == 0o600
(message,) = mailbox.Maildir(os.path.join(MAIL, "example.org/bob"))
assert message["Subject"] == "x" and message.get_payload() == "one\ntwo\n"
assert w.close() == 0
EOF
}

@test "the null sender's Return-Path is <>" {
    play <<'EOF'
w = Worker(program("qlocal"))
w.run("job", Message(sender=""), 0, "bob", "", 0, 0)
assert only("bob")[1].startswith(b"Return-Path: <>\nSubject:")
EOF
}

@test "Delivered-To stands where it is due; copies with one head are one file" {
    play <<'EOF'
m = Message(recipients=["r%d@example.org" % i for i in range(6)])
w = Worker(program("qlocal"))
got = w.run("job", m, 0, "a", "", 0, 0, 1, "b", "list@example.org", 0, 0,
            2, "c", "", 0, 0, 3, "d", "list@example.org", 0, 0,
            4, "e", "other@example.org", 0, 0, 5, "f", "", 0, 0, count=6)
assert all(got[i][0] == "K" for i in range(6)), got
text = {box: only(box)[1] for box in "abcdef"}
inode = {box: os.stat(os.path.join(MAIL, box, "new", only(box)[0])).st_ino for box in "abcdef"}
plain = b"Return-Path: <ann@example.org>\nSubject: test\n\nhello\n"
assert text["a"] == text["c"] == text["f"] == plain
line = b"Return-Path: <ann@example.org>\nDelivered-To: list@example.org\n"
assert text["b"] == text["d"] == plain.replace(plain[:31], line)
assert b"\nDelivered-To: other@example.org\nSubject" in text["e"]
assert inode["a"] == inode["c"] == inode["f"] and inode["b"] == inode["d"]
assert len(set(inode.values())) == 3
EOF
}

@test "a thousand recipients are one file" {
    play <<'EOF'
m = Message(recipients=["r%d@example.org" % i for i in range(1000)])
w = Worker(program("qlocal"))
got = w.run("job", m, *sum(([i, "box/%d" % i, "", 0, 0] for i in range(1000)), []), count=1000)
assert all(v[0] == "K" for v in got.values())
(inode,) = {os.stat(path).st_ino for path in all_files()}
assert len(all_files()) == 1000 and os.stat(all_files()[0]).st_nlink == 1000
EOF
}

@test "a mailbox named twice for one message gets one copy" {
    play <<'EOF'
m = Message(recipients=["a@example.org", "b@example.org"])
got = Worker(program("qlocal")).run("job", m, 0, "a", "", 0, 0, 1, "a", "", 0, 0, count=2)
assert got[0][0] == got[1][0] == "K"
only("a")
EOF
}

@test "a Delivered-To of the same address is a loop, in the header alone" {
    play <<'EOF'
body = b"Received: x\nDelivered-To:\n LIST@example.org \nDelivered-To: xlist@example.org\n\n" \
       b"Delivered-To: body@example.org\n"
m = Message(body, recipients=["a@x", "b@x", "c@x", "d@x"])
w = Worker(program("qlocal"))
got = w.run("job", m, 0, "a", "list@example.org", 0, 0, 1, "b", "body@example.org", 0, 0,
            2, "c", "", 0, 0, 3, "d", "ist@example.org", 0, 0, count=4)
assert got[0][:2] == ("D", "5.4.6"), got
assert [got[i][0] for i in (1, 2, 3)] == ["K"] * 3
assert not os.path.exists(os.path.join(MAIL, "a"))
EOF
}

@test "a Return-Path that an earlier delivery left at the top goes" {
    play <<'EOF'
w = Worker(program("qlocal"))
w.run("job", Message(b"return-path: <old@x>,\n\tfolded\nSubject: x\n\nReturn-Path: stays\n"),
      0, "bob", "", 0, 0)
assert only("bob")[1] == \
    b"Return-Path: <ann@example.org>\nSubject: x\n\nReturn-Path: stays\n", only("bob")
EOF
}

@test "messages of all shapes come through whole, with exact sizes" {
    play <<'EOF'
bodies = [b"", b"\n", b"no end", b"\n\n\n", b"A: b\n\ncr\r\n\r\n", b"x\0y\n\xff\xfe",
          random_text(900), random_text(20000), b"A: " + b"x" * 200000 + b"\n\nz\n"]
w = Worker(program("qlocal"))
for i, body in enumerate(bodies):
    assert w.run("job", Message(body), 0, "m%d" % i, "", 0, 0)[0][0] == "K"
    name, text = only("m%d" % i)
    assert text == b"Return-Path: <ann@example.org>\n" + body
    sent = re.sub(rb"\r?\n", b"\r\n", text)
    if not sent.endswith(b"\n"):
        sent += b"\r\n"
    assert re.search(",S=%d,W=%d$" % (len(text), len(sent)), name), (name, len(text), len(sent))
EOF
}

@test "names outside of the mail root are no mailboxes" {
    play <<'EOF'
w = Worker(program("qlocal"))
for name in "../out", "/out", "a/../../out", "", ".", "a//b", "a/", "tab\tbox", "x" * 300:
    assert w.run("job", Message(), 0, name, "", 0, 0)[0][0] == "Z", name
assert w.run("job", Message(), 0, "two words/ünï", "", 0, 0)[0][0] == "K"
assert not os.path.exists(os.path.join(DIR, "out")) and not os.path.exists("/out")
assert len(all_files()) == 1
EOF
}

@test "old files in tmp/ go at a mailbox's first use, young ones stay" {
    mkdir -p pombo/mail/bob/{tmp,new,cur} pombo/mail/bob/tmp/folder
    touch -d '37 hours ago' pombo/mail/bob/tmp/old pombo/mail/bob/tmp/folder
    touch -d '35 hours ago' pombo/mail/bob/tmp/young
    play <<'EOF'
Worker(program("qlocal")).run("job", Message(), 0, "bob", "", 0, 0)
assert sorted(os.listdir(os.path.join(MAIL, "bob/tmp"))) == ["folder", "young"]
EOF
}

@test "jobs that wait are one batch: its files are synced at once, and then the folder" {
    play <<'EOF'
w = Worker("strace", "-qq", "-e", "trace=fsync,io_submit,io_getevents,rename,open,openat,sendmsg", "-o", "trace",
           program("qlocal"))
messages = [Message(b"N: %d\n\n" % i) for i in range(20)]
for message in messages:
    w.job("job", message, 0, "bob", "", 0, 0)
w.start()
assert all(v[0] == "K" for v in w.results(20).values())
assert w.close() == 0
assert sorted(t.split(b"\n")[1] for t in files("bob").values()) == sorted(b"N: %d" % i for i in range(20))
calls = []
for line in open("trace"):
    name = line.split("(")[0]
    calls += ["fsync"] * int(line.rsplit("=", 1)[1]) if name == "io_getevents" else [name]
assert calls.count("io_submit") == 1
made = sum('"%s/bob' % MAIL in l and "rename" in l for l in open("trace"))
assert made == 20 and calls.count("rename") == 20
syncs = calls.count("fsync")
assert syncs <= 20 + 1 + 2, syncs      # the mailbox was new: the root and bob/ too
last_sync = len(calls) - 1 - calls[::-1].index("fsync")
assert calls.index("sendmsg") > last_sync, "answered before all was synced"
named = synced = 0
for call in calls:
    synced += call == "fsync"
    named += call == "rename"
    assert named <= max(synced - 2, 0), "named before it was synced"
EOF
}

@test "it exits with 0 when qsend goes, with 111 where the packet makes no sense" {
    play <<'EOF'
w = Worker(program("qlocal")).start()
assert w.close() == 0
for fields in ["nonsense"], ["job", "x"], ["job", 1, "name", 0, "box"], ["job", 1, "name", "x", "b", "", 0, 0]:
    w = Worker(program("qlocal")).start()
    w.send(*fields, fd=os.open(Message().path, os.O_RDONLY))
    assert w.process.wait(10) == 111
w = Worker(program("qlocal"), "argument").start()
assert w.process.wait(10) == 100
assert not all_files()
EOF
}

# A copy is an open file until its batch is committed.
@test "copies beyond the descriptors there are, of several jobs and of one" {
    play <<'END'
def plus(count):
    return sum(([i, "a", "%x" % i, 0, 0] for i in range(count)), [])

w = Worker(program("qlocal"))
w.start()
w.job("job", Message(), *plus(3500))
w.job("job", Message(), *plus(800))         # these wait while it writes the others
w.job("job", Message(), 0, "bob", "", 0, 0)
got = w.results(4301)
assert set(v[0] for v in got.values()) == {"K"}, set(got.values())
assert len(files("a")) == 4300 and only("bob")
got = w.run("job", Message(), *plus(4200), count=4200)
assert set(v[0] for v in got.values()) == {"K"}, set(got.values())
assert len(files("a")) == 8500 and not left_in_tmp()
assert w.close() == 0 and not log()
END
}
