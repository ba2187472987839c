#!/usr/bin/env bats
# How many hashes are computed at once.
load common

# hold COUNT: keeps so many slots locked until killed.
hold() {
    python3 - "$1" 3>&- <<'END' &
import fcntl, os, struct, sys, time
fd = os.open("pombo/run/checkpw.lock", os.O_RDWR | os.O_CREAT, 0o600)
for i in range(int(sys.argv[1])):
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, i, 1, 0))  # F_OFD_SETLK
open("held", "w").close()
time.sleep(60)
END
    HOLDER=$!
    STARTED+=("$HOLDER")
    wait_until 5 test -e held
}

@test "a log-in waits for a free slot" {
    hold 1024
    check ann secret touch "$PWD/finished" 2>/dev/null &
    STARTED+=($!)
    sleep 0.5
    [ ! -e finished ]
    kill "$HOLDER"
    wait_until 5 test -e finished
}

@test "one free slot is enough" {
    hold 1
    run -0 check ann secret
}

@test "without leave to write in run there is no bound" {
    rmdir pombo/run
    run -0 check ann secret
}

@test "the program that serves holds no slot" {
    run -0 check ann secret sh -c 'ls -l /proc/$$/fd'
    run ! grep -q checkpw.lock <<<"$output"
}
