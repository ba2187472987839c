#!/usr/bin/env bats
# Load, and lack of descriptors, processes and programs.
load common

BUSY="421 4.3.2 too many connections, try again later"

@test "500 connections at once are all served, and leave nothing behind" {
    start -c 500 -C 500 -v 127.0.0.1:0 -- sh -c 'echo hello; read line'
    before=$(find "/proc/$STARTED/fd" | wc -l)
    run tools crowd "$ADDRESS" 500
    [ "$output" = "500 hello" ]
    wait_until 10 log_has_lines 500 ' closed '
    tail -n 1 log | grep -q connections=0
    [ "$(find "/proc/$STARTED/fd" | wc -l)" -eq "$before" ]
    [ -z "$(pgrep -P "$STARTED")" ]
}

@test "a small limit of descriptors serves any number of connections" {
    start_with sh -c 'ulimit -n 12; exec "$@"' sh \
        qlisten 127.0.0.1:0 -- sh -c 'echo hello; read line'
    run tools crowd "$ADDRESS" 40
    [ "$output" = "40 hello" ]
}

@test "without descriptors qlisten waits without turning, and goes on afterwards" {
    start 127.0.0.1:0 -- echo hello
    prlimit --pid "$STARTED" --nofile=5:20
    tools get "$ADDRESS" >answer &
    client=$!
    wait_until 5 logged ' accept error="Too many open files"'
    sleep 1.5
    [ "$(grep -c ' accept ' log)" -le 4 ]
    # user and system time, in hundredths of a second
    [ "$(awk '{print $14 + $15}' "/proc/$STARTED/stat")" -lt 20 ]
    prlimit --pid "$STARTED" --nofile=20:20
    wait "$client"
    [ "$(cat answer)" = hello ]
}

@test "a client whose program can't be started gets the busy line" {
    cp "$(type -P echo)" program
    start 127.0.0.1:0 -- ./program hello
    [ "$(tools get "$ADDRESS")" = hello ]
    rm program
    [ "$(tools get "$ADDRESS")" = "$BUSY"$'\r' ]
    logged ' spawn error="No such file or directory"'
    cp "$(type -P echo)" program
    [ "$(tools get "$ADDRESS")" = hello ]
}

@test "an idle qlisten uses no time at all" {
    start 127.0.0.1:0 -- echo hello
    tools get "$ADDRESS" >/dev/null
    wait_until 5 sh -c "! pgrep -P $STARTED >/dev/null"
    before=$(grep ctxt "/proc/$STARTED/status")
    sleep 1
    [ "$(grep ctxt "/proc/$STARTED/status")" = "$before" ]
}
