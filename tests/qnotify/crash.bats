#!/usr/bin/env bats
# Crashes between the steps, and what others put in the way.
load common

@test "the file is committed, then the parent is marked and synced, then qsend is told" {
    play <<'EOF'
m = Message()
w = Worker("strace", "-qq", "-y", "-e", "trace=fsync,renameat2,pwrite64,sendmsg", "-o", "trace", program("qnotify"))
name = one(w.run("bounce", m, 0, *FAILED))
w.close()
steps = []
for line in open("trace"):
    call = line.split("(")[0]
    where = "new" if "queue/new>" in line else "cur" if "queue/cur/" in line else "tmp"
    steps.append(call if call in ("renameat2", "sendmsg") else call + " " + where)
assert steps == ["fsync tmp", "renameat2", "fsync new", "pwrite64 cur", "fsync cur", "sendmsg"], steps
EOF
}

@test "a file of an earlier run is taken for the recipients that it covers" {
    play <<'EOF'
for verb, kind, state, fields in (("bounce", "b", "B", FAILED), ("delay", "w", "w", FAILED), ("forward", "f", "D", ())):
    people = ["team@example.org", "x@example.net", "one@example.org"]
    m = Message(recipients=people)
    first = worker().run(verb, m, 0, *fields, *(() if verb == "forward" else (2, *fields)),
                         count=1 if verb == "forward" else 2)
    name = first[0][2]
    before = open(os.path.join(NEW, name), "rb").read()
    with open(m.path, "r+b") as file:       # as if it had died before it marked
        data = file.read()
        file.seek(0); file.write(data.replace(b"R " + state.encode(), b"R ."))
    assert m.states() == "..."
    if verb == "forward":
        assert worker().run(verb, m, 0)[0][::2] == ("K", name) and m.states() == "D.."
    else:
        got = worker().run(verb, m, 0, *fields, 1, *fields, 2, *fields, count=3)
        assert [got[i][0] for i in range(3)] == ["K", "Z", "K"], got
        assert got[0][2] == name and m.states() == state + "." + state
    assert open(os.path.join(NEW, name), "rb").read() == before
EOF
}

@test "a file of that name that is not ours is not believed" {
    play <<'EOF'
m = Message()
name = m.name + ".b0"
def plant(parent, uid=0):
    data = queuefile.build([("x@example.net", "", "")], sender="", parent=parent + " b 0")
    path = os.path.join(NEW, name)
    with open(path, "wb") as file:
        file.write(data)
    os.chown(path, uid, -1)
w = worker()
plant(m.name, 65534)
assert w.run("bounce", m, 0, *FAILED)[0][0] == "Z" and m.states() == "."
plant("b" * 26)
assert w.run("bounce", m, 0, *FAILED)[0][0] == "Z" and m.states() == "."
os.unlink(os.path.join(NEW, name))
os.mkfifo(os.path.join(NEW, name))
assert w.run("bounce", m, 0, *FAILED)[0][0] == "Z" and m.states() == "."
os.unlink(os.path.join(NEW, name))
os.symlink(m.path, os.path.join(NEW, name))
assert w.run("bounce", m, 0, *FAILED)[0][0] == "Z" and m.states() == "."
os.unlink(os.path.join(NEW, name))
assert w.run("bounce", m, 0, *FAILED)[0][0] == "K" and m.states() == "B"
EOF
}

@test "a name of too many generations becomes a random one" {
    play <<'EOF'
m = Message(name="a" * 26 + ".f99999.b9999.f0.b0")
name = one(worker().run("bounce", m, 0, *FAILED))
assert len(name) == 26 and "P" not in Queued(name).fields and m.states() == "B"
Report(name)
EOF
}

# inject CALL: qnotify with that call failing: nothing is marked, all is temporary.
inject() {
    RULE=$1 play <<'EOF'
call = os.environ["RULE"].split(":")[0]
for verb, fields in ("bounce", FAILED), ("forward", ()):
    m = Message(recipients=["team@example.org"])
    w = Worker("strace", "-qq", "-e", "trace=" + call, "-e", "inject=" + os.environ["RULE"],
               "-o", "trace", program("qnotify"))
    assert w.run(verb, m, 0, *fields)[0][0] == "Z"
    assert "INJECTED" in open("trace").read() and m.states() == "."
    assert not os.listdir(os.path.join(DIR, "queue/tmp"))
    assert not os.listdir(NEW) and "id=" + m.name in log()
EOF
}

@test "a full disk" { inject write:error=ENOSPC:when=1; }
@test "a sync of the file that fails" { inject fsync:error=EIO:when=1; }
@test "a name that can't be given" { inject renameat2:error=EIO; }

@test "a parent that can't be synced is not told as done, and is done by the next try" {
    play <<'EOF'
m = Message()
w = Worker("strace", "-qq", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=3",
           "-o", "trace", program("qnotify"))
assert w.run("bounce", m, 0, *FAILED)[0][0] == "Z"
got = worker().run("bounce", m, 0, *FAILED)[0]
assert got[::2] == ("K", m.name + ".b0") and os.listdir(NEW) == [m.name + ".b0"]
EOF
}

@test "a torn parent is damaged, recipients that are not there are temporary" {
    play <<'EOF'
w = worker()
m = Message()
assert w.run("bounce", m, 5, *FAILED)[5][0] == "Z"
os.truncate(m.path, os.path.getsize(m.path) - 1)
assert w.run("bounce", m, 0, *FAILED)[0][0] == "C" and not os.listdir(NEW)
EOF
}

@test "it exits with 0 when qsend goes, with 111 where the packet makes no sense" {
    play <<'EOF'
w = worker().start()
assert w.close() == 0
for fields in ["nonsense"], ["bounce", 1], ["bounce", 1, "n"], ["forward", "x", "n", 0], \
        ["bounce", 1, "n", 0, "failed"], ["bounce", 1, "n" * 48, 0, *FAILED], ["forward", 1, "n", "x"]:
    w = worker().start()
    w.send(*fields, fd=os.open(Message().path, os.O_RDWR))
    assert w.process.wait(10) == 111, fields
w = Worker(program("qnotify"), "argument").start()
assert w.process.wait(10) == 100
EOF
}
