#!/usr/bin/env bats
# What the program gets: environment, descriptors, signals.
load common

has_line() {
    grep -qx "$1" <<<"$output" || { echo "no line '$1' in:"; echo "$output"; return 1; }
}

@test "an IPv4 client is described as tcpserver and systemd do" {
    start 127.0.0.1:0 -- env
    run tools get "$ADDRESS"
    has_line PROTO=TCP
    has_line TCPREMOTEIP=127.0.0.1
    has_line REMOTE_ADDR=127.0.0.1
    has_line TCPLOCALIP=127.0.0.1
    has_line "TCPLOCALPORT=${ADDRESS##*:}"
    port=$(sed -n 's/^TCPREMOTEPORT=//p' <<<"$output")
    [ "$port" -gt 0 ]
    has_line "REMOTE_PORT=$port"
}

@test "an IPv6 client is described with its IPv6 address" {
    start '[::1]:0' -- env
    run tools get "$ADDRESS"
    has_line TCPREMOTEIP=::1
    has_line REMOTE_ADDR=::1
    has_line TCPLOCALIP=::1
}

@test "an IPv4 client of the dual-stack socket has a plain IPv4 address" {
    start '*:0' -- env
    run tools get "127.0.0.1:${ADDRESS##*:}"
    has_line TCPREMOTEIP=127.0.0.1
    has_line TCPLOCALIP=127.0.0.1
    run tools get "[::1]:${ADDRESS##*:}"
    has_line TCPREMOTEIP=::1
}

@test "a UNIX client has PROTO=UNIX alone" {
    start "unix:$PWD/socket" 127.0.0.1:0 -- env
    tools get "$(sed -n 2p ready)" >/dev/null
    run tools get "$ADDRESS"
    has_line PROTO=UNIX
    [[ "$output" != *REMOTE* && "$output" != *TCPLOCAL* ]]
}

@test "variables of another connection or for qlisten alone are not handed on" {
    start_with env TCPREMOTEHOST=forged TCPREMOTEINFO=forged REMOTE_ADDR=forged KEPT=yes \
        LISTEN_FDS=7 LISTEN_PID=1 LISTEN_FDNAMES=x NOTIFY_SOCKET=/nowhere \
        qlisten 127.0.0.1:0 -- env
    run tools get "$ADDRESS"
    has_line KEPT=yes
    [[ "$output" != *forged* && "$output" != *LISTEN_* && "$output" != *NOTIFY* ]]
}

@test "the program has no descriptor but 0, 1 and 2" {
    exec 8<"$BATS_TEST_FILENAME" 9<&8
    # shellcheck disable=SC2016
    start 127.0.0.1:0 "unix:$PWD/socket" -- \
        sh -c 'for fd in /proc/$$/fd/*; do [ ! -e "$fd" ] || echo "${fd##*/} $(readlink "$fd")"; done'
    exec 8<&- 9<&-
    run tools get "$ADDRESS"
    [ "$(cut -d' ' -f1 <<<"$output" | grep -vc '^[012]$')" -eq 0 ]
    [ "$(grep -c '^[01] socket:' <<<"$output")" -eq 2 ]
    [[ "$output" == *"2 $PWD/log"* ]]
}

@test "the program has no signal blocked or ignored, whatever qlisten had" {
    # 32 and 33 are libc's own, which its signal() does not touch.
    start_with python3 -c 'import ctypes, os, sys
ignored = (1).to_bytes(8, "little") + bytes(56)
for number in 1, 10, 13, 15, 32, 33:
    assert ctypes.CDLL(None).syscall(13, number, ignored, None, 8) == 0
os.execvp(sys.argv[1], sys.argv[1:])' qlisten 127.0.0.1:0 -- cat /proc/self/status
    run tools get "$ADDRESS"
    has_line $'SigBlk:\t0000000000000000'
    has_line $'SigIgn:\t0000000000000000'
}

@test "the connection is in blocking mode and has TCP_NODELAY" {
    start 127.0.0.1:0 -- python3 -c 'import os, socket
connection = socket.socket(fileno=0)
print(os.get_blocking(0), connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))'
    run tools get "$ADDRESS"
    [ "$output" = "True 1" ]
}
