#!/usr/bin/env bats
# openbsd-inetd with the shipped lines.
load common

# openbsd-inetd and xinetd can't be installed together, so its file is taken out of the
# package.
setup_file() {
    INETD=$(type -P inetd) || {
        cd "$BATS_FILE_TMPDIR" || return 1
        apt-get download openbsd-inetd >/dev/null 2>&1 || apt-get download openbsd-inetd
        dpkg -x openbsd-inetd_*.deb .
        INETD=$PWD/usr/sbin/inetd
    }
    export INETD
}

# start_inetd PROGRAM [ARGUMENT...]: the shipped line for smtp, with another PROGRAM.
start_inetd() {
    example inetd.conf.example |
        sed -n "s|^smtp \(.*\) $POMBO_BIN/smtpd *smtpd|127.0.0.1:$PORT \1 $*|p" >inetd.conf
    grep -q nowait inetd.conf
    start "$INETD" -i "$PWD/inetd.conf"
}

@test "inetd starts a program for each connection" {
    start_inetd /bin/cat cat /proc/self/status
    run tools get 127.0.0.1 "$PORT"
    has_line "Uid:.*$(id -u nobody).*"
}

@test "more than 256 connections in a minute do not switch the service off" {
    start_inetd /bin/echo echo hello
    for _ in $(seq 20); do
        python3 - "$PORT" <<'PYTHON'
import socket, sys
for _ in range(16):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as client:
        assert client.makefile().read() == "hello\n"
PYTHON
    done
}

@test "smtpd runs from inetd" {
    make_server
    start_inetd "$POMBO_BIN/smtpd" smtpd
    tools smtp 127.0.0.1 "$PORT" 3
}

@test "tlsd in front of smtpd runs from inetd: mail is taken inside TLS" {
    make_tls_server
    start_inetd "$POMBO_BIN/tlsd" "tlsd -s smtps $POMBO_BIN/smtpd"
    takes_mail_inside_tls
}

@test "the shipped lines, as they are, take mail as pombo-in and greet in POP3" {
    start_as_shipped inetd.conf.example "$INETD" -i "$PWD/shipped"
    takes_mail 127.0.0.1
    inside python3 "$LAUNCHERS/tools.py" pop3 127.0.0.1 110
}

@test "inetd makes the client descriptor 2: the log goes to syslog, and nowhere without one" {
    : >syslog
    start_as_shipped inetd.conf.example "$INETD" -i "$PWD/shipped"
    logs_to_syslog_or_nowhere
}
