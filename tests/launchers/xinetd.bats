#!/usr/bin/env bats
# xinetd with the shipped file.
load common

XINETD=$POMBO_ROOT/build/peers/xinetd/usr/sbin/xinetd

# start_xinetd PROGRAM [ARGUMENTS]: the shipped service smtp, with another PROGRAM.
start_xinetd() {
    example xinetd.example |
        sed -n '/^service smtp/,/^}/p' |
        sed -e 's/IPv6 //' -e "s|= $POMBO_BIN/smtpd|= $1|" \
            -e "s|^}|    type = UNLISTED\n    port = $PORT\n    bind = 127.0.0.1\n${2:+    server_args = $2\n}}|" \
            >xinetd.conf
    start "$XINETD" -dontfork -f "$PWD/xinetd.conf" -pidfile "$PWD/pid"
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

@test "tlsd in front of smtpd runs from xinetd: mail is taken inside TLS" {
    make_tls_server
    start_xinetd "$POMBO_BIN/tlsd" "-s smtps $POMBO_BIN/smtpd"
    takes_mail_inside_tls
}

@test "the shipped file, as it is, takes mail over IPv4 and IPv6 as pombo-in, and greets in POP3" {
    start_as_shipped xinetd.example "$XINETD" -dontfork -f "$PWD/shipped" -pidfile "$PWD/pid"
    takes_mail 127.0.0.1 ::1
    inside python3 "$LAUNCHERS/tools.py" pop3 127.0.0.1 110
    inside python3 "$LAUNCHERS/tools.py" pop3 ::1 110
}

@test "xinetd makes the client descriptor 2: the log goes to syslog, and nowhere without one" {
    : >syslog
    start_as_shipped xinetd.example "$XINETD" -dontfork -f "$PWD/shipped" -pidfile "$PWD/pid"
    logs_to_syslog_or_nowhere
}
