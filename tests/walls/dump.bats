#!/usr/bin/env bats
# Programs that passwords go through: no core, however cores are taken, and nothing of
# their memory for others of their user.
bats_require_minimum_version 1.5.0
load ../helpers

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export POMBO_DIR=$PWD/pombo
    mkdir -p pombo/etc pombo/run pombo/queue/{tmp,new}
    echo "example.org local" >pombo/etc/domains
    echo "ann@example.org ann" >pombo/etc/users
    qtable
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
    chmod -R a+rX pombo
    mkdir -m 777 ready
}

# as_nobody: Python that starts programs as a user without rights. The files in /proc of
# a process that can't be dumped are root's.
as_nobody() {
    { cat <<'END'
import os, socket, subprocess, sys, time
def start(*program):
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(program, stdin=theirs, stdout=theirs, user=65534, group=65534, extra_groups=[])
    return process, ours
def owner_is(uid, pid):
    end = time.monotonic() + 10
    while os.stat(f"/proc/{pid}/maps").st_uid != uid and time.monotonic() < end:
        time.sleep(0.05)
    return os.stat(f"/proc/{pid}/maps").st_uid == uid
END
        cat; } >test.py
    python3 test.py 2>log || { cat log; return 1; }
}

@test "smtpd, popup and checkpw can not be dumped" {
    as_nobody <<'END'
for program in (("smtpd", "-s"), ("popup",), ("popup", "host", "true"), ("checkpw", "-a"),
                ("checkpw", "-d", "true")):
    process, connection = start(*program)
    assert owner_is(0, process.pid), program
    process.kill()
    process.wait()
process, connection = start("sleep", "60")
assert owner_is(65534, process.pid)
process.kill()
END
}

@test "nor can a template, or what it forked" {
    as_nobody <<'END'
for program in (("smtpd", "-s"), ("popup",)):
    ready = "ready/" + program[0]
    listener, _ = start("qlisten", "-T", "-r", ready, "127.0.0.1:0", "--", *program)
    while not os.path.exists(ready) or not os.path.getsize(ready):
        time.sleep(0.05)
    with open(ready) as file:
        port = int(file.read().split(":")[-1])
    client = socket.create_connection(("127.0.0.1", port), 30)
    assert client.recv(100)
    with open(f"/proc/{listener.pid}/task/{listener.pid}/children") as children:
        children = children.read().split()
    assert len(children) == 2, children
    for child in children:
        with open(f"/proc/{child}/comm") as comm:
            assert comm.read().strip() == program[0]
        assert owner_is(0, child), (program, child)
    client.close()
    listener.terminate()
    listener.wait()
END
}
