#!/usr/bin/env bats
# xinetd with the shipped file.
load common

# start_xinetd PROGRAM [ARGUMENTS]: the shipped service smtp, with another PROGRAM.
start_xinetd() {
    example xinetd.example |
        sed -n '/^service smtp/,/^}/p' |
        sed -e 's/IPv6 //' -e "s|= $POMBO_BIN/smtpd|= $1|" \
            -e "s|^}|    type = UNLISTED\n    port = $PORT\n    bind = 127.0.0.1\n${2:+    server_args = $2\n}}|" \
            >xinetd.conf
    start "$POMBO_ROOT/build/peers/xinetd/usr/sbin/xinetd" -dontfork -f "$PWD/xinetd.conf" -pidfile "$PWD/pid"
}

@test "xinetd starts a program for each connection" {
    start_xinetd /bin/cat /proc/self/status
    run tools get 127.0.0.1 "$PORT"
    has_line "Uid:.*$(id -u nobody).*"
}

@test "more than 50 connections in a second do not switch the service off" {
    start_xinetd /bin/echo hello
    python3 - "$PORT" <<'PYTHON'
import socket, sys
for _ in range(150):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as client:
        assert client.makefile().read() == "hello\n"
PYTHON
}

@test "smtpd runs from xinetd" {
    make_server
    start_xinetd "$POMBO_BIN/smtpd"
    tools smtp 127.0.0.1 "$PORT" 3
}
