#!/usr/bin/env bats
# What qlocal does where something goes wrong: never a message lost, nothing left over.
load common

@test "a damaged message is a temporary error, logged, and leaves no file" {
    play <<'EOF'
w = Worker(program("qlocal"))
bad = Message(random_text(3000), crc=1)
assert w.run("job", bad, 0, "bob", "", 0, 0)[0][:2] == ("C", "4.3.0")
assert not all_files() and "damaged id=" + bad.name in log()
torn = Message()
os.truncate(torn.path, os.path.getsize(torn.path) - 5)
assert w.run("job", torn, 0, "bob", "", 0, 0)[0][:2] == ("C", "4.3.0")
assert "id=" + torn.name in log()
assert w.run("job", Message(), 0, "bob", "", 0, 0)[0][0] == "K"
EOF
}

@test "quota by bytes and by count, with what a batch adds, for each mailbox alone" {
    play <<'EOF'
size = len(b"Return-Path: <ann@example.org>\nSubject: test\n\nhello\n")
w = Worker(program("qlocal"))
for i in range(4):
    w.job("job", Message(), 0, "count", "", 0, 3)
for i in range(4):
    w.job("job", Message(), 0, "bytes", "", 2 * size, 0)
w.start()
got = [w.results(1).popitem()[1][:2] for _ in range(8)]
full = ("Z", "4.2.2")
assert [g[0] for g in got] == list("KKKZKKZZ"), got
assert got[3] == got[6] == got[7] == full
assert len(files("count")) == 3 and len(files("bytes")) == 2
m = Message(recipients=["a@x", "b@x", "c@x"])
got = w.run("job", m, 0, "bytes", "", 2 * size, 0, 1, "other", "", 2 * size, 0,
            2, "small", "", 10, 0, count=3)
assert [got[i][0] for i in range(3)] == ["Z", "K", "Z"], got
assert len(files("other")) == 1 and not files("small")
assert not left_in_tmp()
EOF
}

@test "the quota counts messages of others, without sizes in their names, and in cur" {
    mkdir -p pombo/mail/bob/{tmp,new,cur}
    printf '%0100d' 0 >pombo/mail/bob/new/1.foreign
    printf '%0100d' 0 >pombo/mail/bob/cur/2.foreign,S=100:2,S
    play <<'EOF'
w = Worker(program("qlocal"))
assert w.run("job", Message(), 0, "bob", "", 250, 0)[0][1] == "4.2.2"
assert w.run("job", Message(), 0, "bob", "", 0, 2)[0][1] == "4.2.2"
assert w.run("job", Message(), 0, "bob", "", 300, 3)[0][0] == "K"
EOF
}

# inject RULES CODES KEPT: two mailboxes under injected faults: the results' codes, and
# how many files are left.
inject() {
    RULES=$1 CODES=$2 KEPT=$3 play <<'EOF'
os.makedirs(os.path.join(MAIL, "a/tmp")); os.makedirs(os.path.join(MAIL, "a/new"))
os.makedirs(os.path.join(MAIL, "b/tmp")); os.makedirs(os.path.join(MAIL, "b/new"))
rules = os.environ["RULES"].split()
calls = ",".join(rule.split(":")[0] for rule in rules)
w = Worker("strace", "-qq", "-e", "trace=" + calls, *[f"--inject={rule}" for rule in rules],
           "-o", "trace", program("qlocal"))
got = w.run("job", Message(recipients=["a@x", "b@x"]), 0, "a", "", 0, 0, 1, "b", "", 0, 0, count=2)
assert open("trace").read().count("INJECTED") >= len(rules)
assert ["".join(got[i][:2]) for i in (0, 1)] == os.environ["CODES"].split(), got
kept = all_files()
assert len(kept) == int(os.environ["KEPT"]), kept
assert not left_in_tmp()
if "Z" in os.environ["CODES"]:
    assert "deliver id=" in log()
for path in kept:
    assert open(path, "rb").read().endswith(b"hello\n")
    assert os.stat(path).st_nlink == (1 if "link:" in os.environ["RULES"] else len(kept))
EOF
}

@test "a full disk is 4.3.1" { inject write:error=ENOSPC:when=1 "Z4.3.1 Z4.3.1" 0; }
@test "a write that fails" { inject write:error=EIO:when=1 "Z4.3.0 Z4.3.0" 0; }
@test "a sync that fails" { inject fsync:error=EIO:when=1 "Z4.3.0 Z4.3.0" 0; }
@test "a sync of one folder that fails" {
    inject "io_setup:error=ENOSYS fsync:error=EIO:when=2" "Z4.3.0 K2.1.5" 1
}
@test "a kernel that can't sync several folders at once" { inject io_submit:error=EAGAIN "K2.1.5 K2.1.5" 2; }
@test "syncs of which nothing is heard have failed" { inject io_getevents:error=EIO "Z4.3.0 Z4.3.0" 0; }
@test "no links over file systems: a copy" { inject link:error=EXDEV "K2.1.5 K2.1.5" 2; }
@test "too many links: a copy" { inject link:error=EMLINK "K2.1.5 K2.1.5" 2; }
@test "a link that fails" { inject link:error=EIO "K2.1.5 Z4.3.0" 1; }
@test "a rename that fails" { inject rename:error=EIO "Z4.3.0 K2.1.5" 1; }

@test "a really full disk leaves nothing behind, and other mail goes on" {
    mkdir pombo/mail/small
    cat >in-namespace <<'EOF'
mount -t tmpfs -o size=256k none pombo/mail/small && timeout 300 python3 play.py
EOF
    cat >play.py <<'EOF'
from master import *
w = Worker(program("qlocal"))
assert w.run("job", Message(random_text(10000)), 0, "small/bob", "", 0, 0)[0][:2] == ("Z", "4.3.1")
assert not all_files()
assert w.run("job", Message(), 0, "small/bob", "", 0, 0)[0][0] == "K"
m = Message(recipients=["a@x", "b@x"])
got = w.run("job", m, 0, "small/bob", "", 0, 0, 1, "large", "", 0, 0, count=2)
assert got[0][0] == got[1][0] == "K"     # a copy on the other file system
assert only("large")[1].endswith(b"hello\n") and len(files("small/bob")) == 2
EOF
    unshare -m bash in-namespace
}

@test "folders that lack are made again" {
    mkdir -p pombo/mail/bob/tmp
    play <<'EOF'
w = Worker(program("qlocal"))
assert w.run("job", Message(), 0, "bob", "", 0, 0)[0][0] == "K"
assert sorted(os.listdir(os.path.join(MAIL, "bob"))) == ["cur", "new", "tmp"]
EOF
}

@test "no mail root: nothing is made, all waits" {
    rmdir pombo/mail
    play <<'EOF'
assert Worker(program("qlocal")).run("job", Message(), 0, "bob", "", 0, 0)[0][:2] == ("Z", "4.3.0")
assert not os.path.exists(MAIL)
EOF
}

@test "a killed qlocal leaves what is complete or nothing in new/" {
    play <<'EOF'
import time
w = Worker(program("qlocal"))
body = random_text(2000)
for i in range(40):
    w.job("job", Message(body), 0, "bob", "", 0, 0)
w.start()
time.sleep(0.02)
w.process.kill()
w.process.wait()
for name, text in files("bob").items():
    assert text.endswith(body) and ",S=%d," % len(text) in name
EOF
}
