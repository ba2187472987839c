#!/usr/bin/env bats
# How many hashes are computed at once.
load common

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
