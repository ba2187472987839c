#!/usr/bin/env bats
# Where qlisten listens, and what it says about it.
bats_require_minimum_version 1.5.0
load common

@test "port 0 takes a free port, which the ready file tells" {
    start 127.0.0.1:0 '[::1]:0' '*:0' -- echo hello
    [ "$(grep -cE '^(127\.0\.0\.1|\[::1\]|\*):[1-9][0-9]+$' ready)" -eq 3 ]
    while read -r address; do
        [ "$(tools get "$address")" = hello ]
    done <ready
    [ "$(echo ready*)" = ready ]
    [ "$(grep -c ' start ' log)" -eq 3 ]
}

@test "an IPv6 address takes no IPv4 clients" {
    start '[::]:0' -- echo hello
    [ "$(tools get "[::1]:${ADDRESS##*:}")" = hello ]
    run ! tools get "127.0.0.1:${ADDRESS##*:}"
}

@test "a UNIX socket has the mode asked for" {
    umask 077
    start "unix:$PWD/one,mode=0666" "unix:$PWD/two,mode=0620" -- echo hello
    [ "$(stat -c %a one two | xargs)" = "666 620" ]
    [ "$(tools get "unix:$PWD/one")" = hello ]
    [ "$(head -n 1 ready)" = "unix:$PWD/one" ]
}

@test "the socket file of a dead listener is replaced" {
    start "unix:$PWD/socket" -- echo hello
    kill -KILL "$STARTED"
    wait "$STARTED" || true
    test -S socket
    rm ready
    start "unix:$PWD/socket" -- echo hello
    [ "$(tools get "$ADDRESS")" = hello ]
}

@test "a socket file in use is an error, and left alone" {
    start "unix:$PWD/socket" -- echo hello
    run -111 timeout 5 qlisten "unix:$PWD/socket" -- echo other
    [[ "$output" == *" listen "*"Address already in use"* ]]
    [ "$(tools get "$ADDRESS")" = hello ]
}

@test "a file that is no socket is an error, and left alone" {
    echo text >file
    run -111 timeout 5 qlisten "unix:$PWD/file" -- echo hello
    [ "$(cat file)" = text ]
}

@test "a port in use is an error, and the files made before are removed" {
    start 127.0.0.1:0 -- echo hello
    run -111 timeout 5 qlisten "unix:$PWD/socket" "$ADDRESS" -- echo other
    [[ "$output" == *" listen "*"Address already in use"* ]]
    [ ! -e socket ]
}

@test "a program that is not there is an error" {
    run -111 timeout 5 qlisten 127.0.0.1:0 -- no-such-program
    run -111 timeout 5 qlisten 127.0.0.1:0 -- ./no-such-program
}

@test "a ready file that can't be written is an error" {
    run -111 timeout 5 qlisten -r no-such-folder/ready 127.0.0.1:0 -- echo hello
}

@test "wrong usage exits 100" {
    for arguments in "" "-- true" "127.0.0.1:0" "127.0.0.1:0 --" "-x 127.0.0.1:0 -- true" \
        "-c 0 127.0.0.1:0 -- true" "-c 1x 127.0.0.1:0 -- true" "-4 33 127.0.0.1:0 -- true" \
        "-6 129 127.0.0.1:0 -- true" "localhost:0 -- true" "127.0.0.1 -- true" \
        "127.0.0.1:65536 -- true" "::1:25 -- true" "[127.0.0.1]:25 -- true" ":25 -- true" \
        "unix:relative -- true" "unix:/tmp/x,mode=999 -- true" "127.0.0.1:-1 -- true"; do
        # shellcheck disable=SC2086
        run -100 timeout 5 qlisten $arguments
        [[ "$output" == *"usage: qlisten"* ]]
    done
}

@test "passed sockets are served" {
    start_with python3 "$POMBO_ROOT/tests/qlisten/tools.py" pass 2 qlisten -- echo hello
    cmp passed ready
    while read -r address; do
        [ "$(tools get "$address")" = hello ]
    done <passed
}

@test "passed sockets and addresses go together" {
    start_with python3 "$POMBO_ROOT/tests/qlisten/tools.py" pass 1 \
        qlisten "unix:$PWD/socket" -- echo hello
    [ "$(tools get "$(cat passed)")" = hello ]
    [ "$(tools get "unix:$PWD/socket")" = hello ]
}

@test "sockets passed to another process are not taken" {
    LISTEN_FDS=1 LISTEN_PID=1 run -100 timeout 5 qlisten -- echo hello
}

@test "READY=1 is sent to NOTIFY_SOCKET" {
    run tools notified qlisten 127.0.0.1:0 -- echo hello
    [[ "$output" == *READY=1* ]]
}
