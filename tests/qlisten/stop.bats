#!/usr/bin/env bats
# Signals.
bats_require_minimum_version 1.5.0
load common

greeted() {
    [ -s answer ]
}

@test "SIGTERM ends the programs, closes the sockets and exits 0" {
    start 127.0.0.1:0 "unix:$PWD/socket" -- sh -c 'echo hello; read line'
    tools get "$ADDRESS" >answer &
    client=$!
    wait_until 5 pgrep -P "$STARTED" sh >/dev/null
    child=$(pgrep -P "$STARTED")
    stop
    [ ! -e socket ]
    [ -e ready ]
    wait "$client"
    run ! kill -0 "$child"
    run ! tools get "$ADDRESS"
    logged ' stop signal=15 connections=1'
}

@test "SIGINT does the same" {
    start 127.0.0.1:0 -- echo hello
    stop INT
    logged ' stop signal=2 connections=0'
}

@test "a program that ignores SIGTERM is killed after five seconds" {
    start 127.0.0.1:0 -- sh -c 'trap "" TERM; echo $$ >child; while :; do read line; done'
    tools get "$ADDRESS" &
    client=$!
    wait_until 5 test -s child
    begin=$SECONDS
    stop
    [ $((SECONDS - begin)) -ge 4 ]
    [ $((SECONDS - begin)) -le 7 ]
    run ! kill -0 "$(cat child)"
    wait "$client"
}

@test "SIGHUP is ignored" {
    start 127.0.0.1:0 -- echo hello
    kill -HUP "$STARTED"
    [ "$(tools get "$ADDRESS")" = hello ]
    stop
}

@test "a socket file that another listener took over is not removed" {
    start "unix:$PWD/socket" -- echo hello
    rm socket
    echo text >socket
    stop
    [ "$(cat socket)" = text ]
}

@test "after SIGTERM the same address can be used at once" {
    start 127.0.0.1:0 -- echo hello
    [ "$(tools get "$ADDRESS")" = hello ]
    address=$ADDRESS
    stop
    rm ready
    start "$address" -- echo again
    [ "$(tools get "$address")" = again ]
}
