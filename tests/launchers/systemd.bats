#!/usr/bin/env bats
# The shipped units under a real systemd in a container: both ways of starting a
# program, users, folders, sandboxes, and mail from port 25 to POP3.
load ../helpers
bats_require_minimum_version 1.5.0

LAUNCHERS=$POMBO_ROOT/tests/launchers

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    make -s -C "$POMBO_ROOT" install DESTDIR="$PWD/stage" >install.log 2>&1 || { cat install.log; return 1; }
    "$LAUNCHERS/boot-systemd" stage "$PWD/leader" >boot.log 2>&1 3>&- &
    echo $! >boot.pid
    wait_until 60 test -s leader || { cat boot.log; return 1; }
    inside systemd-sysusers
    inside systemd-tmpfiles --create pombo.conf
    inside sh -c 'echo "example.org local" >/etc/pombo/domains
        echo "host_name = mail.example.org" >/etc/pombo/pombo.conf
        echo "ann@example.org ann" >/etc/pombo/users
        umask 077
        echo "smtp.example.net ann secret" >/etc/pombo/relay_passwords'
    echo secret | inside qpasswd ann@example.org
    inside qtable
    inside chgrp pombo-auth /etc/pombo/passwords.cdb
    inside chmod 640 /etc/pombo/passwords.cdb
}

teardown_file() {
    local pid
    pid=$(cat "$BATS_FILE_TMPDIR/boot.pid")
    kill "$pid" 2>/dev/null
    wait_until 20 sh -c "! kill -0 $pid 2>/dev/null"
}

teardown() {
    [ -n "$BATS_TEST_COMPLETED" ] || inside journalctl -n 40 --no-pager
}

# inside COMMAND...: in the container. network COMMAND...: in its network alone.
inside() {
    nsenter -t "$(cat "$BATS_FILE_TMPDIR/leader")" -m -u -i -n -p -- \
        env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
network() {
    nsenter -t "$(cat "$BATS_FILE_TMPDIR/leader")" -n -- "$@"
}
tools() {
    network python3 "$LAUNCHERS/tools.py" "$@"
}

# Whether the kernel has a Landlock that we use.
has_landlock() {
    [ "$(python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))')" -ge 2 ]
}

# status FIELD PROGRAM: FIELD of the /proc/PID/status of a running PROGRAM.
status() {
    local pid
    pid=$(inside pidof -s "$2") || return 1
    inside sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"
}
number() {
    inside getent "$1" "$2" | cut -d: -f3
}

@test "passwords for other hosts: the text is root's, the compiled file pombo-out's to read" {
    [ "$(inside stat -c '%a %U %G' /etc/pombo/relay_passwords)" = "600 root root" ]
    [ "$(inside stat -c '%a %U %G' /etc/pombo/relay_passwords.cdb)" = "640 root pombo-out" ]
    inside runuser -u pombo-out -- test -r /etc/pombo/relay_passwords.cdb
    for user in pombo-in pombo-q pombo-mail pombo-auth pombo-tls nobody; do
        run ! inside runuser -u "$user" -- test -r /etc/pombo/relay_passwords.cdb
    done
    run ! inside runuser -u pombo-out -- test -r /etc/pombo/relay_passwords
}

@test "systemd-analyze finds no fault in any unit" {
    run inside systemd-analyze verify --man=no --recursive-errors=no pombo.target \
        pombo-{smtpd,submission,pop3,login,auth,qmqpd,tlsc,sts,tls,smtps,pop3s}.{socket,service} pombo-qsend.service \
        pombo-{smtpd,pop3}-accept.socket pombo-{smtpd,pop3}-accept@x.service
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "folders have their owners and modes" {
    run inside stat -c '%n %a %U:%G' /etc/pombo /etc/pombo/tls /var/spool/pombo \
        /var/spool/pombo/{tmp,new,cur,wheel,corrupt,tlsrpt} /var/lib/pombo/{mail,sts} /run/pombo
    [ "$output" = "/etc/pombo 755 root:root
/etc/pombo/tls 750 root:pombo-tls
/var/spool/pombo 711 pombo-q:pombo-q
/var/spool/pombo/tmp 3730 pombo-q:pombo-submit
/var/spool/pombo/new 3730 pombo-q:pombo-submit
/var/spool/pombo/cur 700 pombo-q:pombo-q
/var/spool/pombo/wheel 700 pombo-q:pombo-q
/var/spool/pombo/corrupt 700 pombo-q:pombo-q
/var/spool/pombo/tlsrpt 700 pombo-q:pombo-q
/var/lib/pombo/mail 700 pombo-mail:pombo-mail
/var/lib/pombo/sts 755 pombo-sts:pombo-sts
/run/pombo 755 root:root" ]
}

@test "only pombo-in and pombo-q may submit" {
    [ "$(inside getent group pombo-submit | cut -d: -f4)" = pombo-in,pombo-q ]
}

@test "the target starts everything" {
    inside systemctl start pombo.target
    run inside systemctl is-active pombo-{smtpd,submission,pop3,login,auth,qmqpd,tlsc,sts}.socket pombo-{qsend,sts}.service
    [ "$status" -eq 0 ]
    run inside stat -c '%a %U:%G' /run/pombo/login /run/pombo/auth /run/pombo/qmqp /run/pombo/{tlsc,sts}
    [ "${lines[0]}" = "660 root:pombo-in" ]
    [ "${lines[1]}" = "660 root:pombo-in" ]
    [ "${lines[2]}" = "666 root:root" ]
    [ "${lines[3]}" = "600 pombo-out:pombo-out" ]
    [ "${lines[4]}" = "600 pombo-out:pombo-out" ]
}

# hold_connection PORT: until the file "over" is there, a minute at most.
hold_connection() {
    # shellcheck disable=SC2016 # expanded by the inner bash
    network bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"
        for ((i = 0; i < 600; i++)); do [ ! -e "$2" ] || break; sleep 0.1; done' \
        hold "$1" "$BATS_TEST_TMPDIR/over" 3>&-
}

@test "smtpd runs from qlisten, as pombo-in with pombo-submit" {
    tools smtp 127.0.0.1 25 5
    tools smtp ::1 25
    hold_connection 25 &
    wait_until 20 status Uid smtpd
    [ "$(status Uid smtpd | cut -f1)" = "$(number passwd pombo-in)" ]
    [[ " $(status Groups smtpd) " == *" $(number group pombo-submit) "* ]]
    [ "$(status CapEff smtpd)" = 0000000000000000 ]
    touch "$BATS_TEST_TMPDIR/over"
    wait
}

@test "mail goes from port 25 into the mailbox" {
    network python3 - <<'PYTHON'
import smtplib
with smtplib.SMTP("127.0.0.1", 25, "client.example.net") as client:
    client.sendmail("bob@example.net", ["ann@example.org"], "Subject: by systemd\r\n\r\nhello\r\n")
PYTHON
    wait_until 10 inside sh -c 'ls /var/lib/pombo/mail/ann/new/* >/dev/null 2>&1'
    [ "$(inside stat -c %U /var/lib/pombo/mail/ann)" = pombo-mail ]
}

@test "the mailbox is read by POP3, through the log-in door" {
    network python3 - <<'PYTHON'
import poplib, time
client = poplib.POP3("127.0.0.1", 110)
client.user("ann@example.org")
client.pass_("secret")
assert client.stat()[0] == 1, client.stat()
assert b"Subject: by systemd" in client.retr(1)[1]
client.quit()
PYTHON
}

@test "pop3d has neither the hashes' group nor a capability" {
    network python3 - "$BATS_TEST_TMPDIR/over" <<'PYTHON' 3>&- &
import os, poplib, sys, time
client = poplib.POP3("127.0.0.1", 110)
client.user("ann@example.org")
client.pass_("secret")
while not os.path.exists(sys.argv[1]):
    time.sleep(0.1)
client.quit()
PYTHON
    wait_until 20 status Uid pop3d
    [ "$(status Uid pop3d | cut -f1)" = "$(number passwd pombo-mail)" ]
    [[ " $(status Gid pop3d) $(status Groups pop3d) " != *[[:space:]]"$(number group pombo-auth)"[[:space:]]* ]]
    [ "$(status CapEff pop3d)" = 0000000000000000 ]
    [ "$(status CapPrm pop3d)" = 0000000000000000 ]
    touch "$BATS_TEST_TMPDIR/over"
    wait
}

@test "a wrong password opens nothing" {
    run network python3 -c 'import poplib
client = poplib.POP3("127.0.0.1", 110)
client.user("ann@example.org")
client.pass_("wrong")'
    [ "$status" -ne 0 ]
    [[ "$output" == *"-ERR"* ]]
}

@test "a user submits on port 587, by a password that pombo-auth checks" {
    network python3 - "$BATS_TEST_TMPDIR/over" <<'PYTHON' 3>&- &
import os, smtplib, sys, time
with smtplib.SMTP("127.0.0.1", 587, "client.example.net", 60) as client:
    try:
        client.login("ann@example.org", "wrong")
        sys.exit("logged in")
    except smtplib.SMTPAuthenticationError:
        pass
    client.login("ann@example.org", "secret")
    client.sendmail("ann@example.org", ["ann@example.org"], "Subject: submitted\r\n\r\nhello\r\n")
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.1)
PYTHON
    wait_until 10 inside sh -c 'grep -rq "Subject: submitted" /var/lib/pombo/mail/ann/new'
    [ "$(status Uid smtpd | cut -f1)" = "$(number passwd pombo-in)" ]
    touch "$BATS_TEST_TMPDIR/over"
    wait
    # The wrong one of before, by POP3, and these, by PLAIN and LOGIN, are counted together.
    run inside python3 - <<'PYTHON'
import struct
with open("/run/pombo/failures", "rb") as f:
    data = f.read()
print([struct.unpack_from("<Q", data, at + 32)[0] for at in range(0, len(data), 48)
       if struct.unpack_from("<q", data, at + 16)[0]])
PYTHON
    [ "$output" = "[3]" ]
    run inside ps -C qlisten -o user:20=,args=
    [[ "$output" =~ pombo-auth\ [^$'\n']*/checkpw\ -a ]]
    run inside stat -c '%a %U:%G' /run/pombo/failures /run/pombo/submitted
    [ "$output" = $'660 pombo-auth:pombo-auth\n600 pombo-in:pombo-in' ]
}

@test "a user without rights submits through qmqpd" {
    inside runuser -u nobody -- qinject -f root@example.org ann@example.org <<<"Subject: by qmqp

hello"
    # shellcheck disable=SC2016
    wait_until 10 inside sh -c 'grep -rq "Subject: by qmqp" /var/lib/pombo/mail/ann/new'
    inside grep -rq "uid $(id -u nobody)" /var/lib/pombo/mail/ann/new
}

@test "without a certificate no client is offered TLS" {
    run ! inside systemctl is-active pombo-tls.socket pombo-smtps.socket pombo-pop3s.socket
    [ "$(network python3 -c '
import smtplib
with smtplib.SMTP("127.0.0.1", 25) as client:
    client.ehlo()
    print(client.has_extn("starttls"))')" = False ]
}

@test "with one, put where the page says, TLS is offered on all ports" {
    inside sh -c 'cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -keyout key.pem -out chain.pem -days 30 -subj /CN=mail.example.org \
        -addext subjectAltName=DNS:mail.example.org 2>/dev/null &&
        install -d -m 0750 -g pombo-tls /etc/pombo/tls/mail.example.org &&
        install -m 0640 -g pombo-tls chain.pem /etc/pombo/tls/mail.example.org/fullchain.pem &&
        install -m 0640 -g pombo-tls key.pem /etc/pombo/tls/mail.example.org/privkey.pem'
    inside systemctl start pombo-tls.socket pombo-smtps.socket pombo-pop3s.socket
    [ "$(inside stat -c '%a %U:%G' /run/pombo/tls)" = "660 root:pombo-in" ]
    network python3 - <<'PYTHON'
import poplib, smtplib, ssl
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
with smtplib.SMTP("127.0.0.1", 25) as client:
    client.starttls(context=context)
    client.sendmail("bob@example.net", ["ann@example.org"], "Subject: by tls\r\n\r\nhello\r\n")
with smtplib.SMTP_SSL("127.0.0.1", 465, context=context) as client:
    client.noop()
for client in (poplib.POP3("127.0.0.1", 110), poplib.POP3_SSL("127.0.0.1", 995, context=context)):
    if not isinstance(client, poplib.POP3_SSL):
        client.stls(context=context)
    client.user("ann@example.org")
    client.pass_("secret")
    client.stat()
    client.quit()
PYTHON
    inside sh -c 'grep -rq "with ESMTPS$" /var/spool/pombo /var/lib/pombo/mail/ann/new'
    [[ $(inside pombo cert) == "certificate=mail.example.org key=EC-256 "* ]]
}

@test "tlsd runs as pombo-tls behind its walls, and nobody else reads the keys" {
    [ "$(status Uid tlsd | cut -f1)" = "$(number passwd pombo-tls)" ]
    [ "$(status CapEff tlsd)" = 0000000000000000 ]
    [ "$(status NoNewPrivs tlsd)" = 1 ]
    local user
    for user in pombo-in pombo-q pombo-out pombo-sts pombo-mail nobody; do
        run ! inside runuser -u $user -- cat /etc/pombo/tls/mail.example.org/privkey.pem
    done
    inside runuser -u pombo-tls -- cat /etc/pombo/tls/mail.example.org/privkey.pem >/dev/null
}

@test "tlsd that is killed comes back, and its sessions go on; reload works" {
    network python3 - "$BATS_TEST_TMPDIR" <<'PYTHON' 3>&- &
import os, smtplib, ssl, sys, time
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
with smtplib.SMTP_SSL("127.0.0.1", 465, context=context) as client:
    open(sys.argv[1] + "/holds", "w").close()
    while not os.path.exists(sys.argv[1] + "/over"):
        time.sleep(0.1)
    assert client.noop()[0] == 250
    open(sys.argv[1] + "/goes-on", "w").close()
PYTHON
    wait_until 10 test -e "$BATS_TEST_TMPDIR/holds"
    inside systemctl kill --kill-who=main -s KILL pombo-tls.service
    wait_until 10 inside systemctl is-active pombo-tls.service
    touch "$BATS_TEST_TMPDIR/over"
    wait
    [ -e "$BATS_TEST_TMPDIR/goes-on" ]
    inside systemctl reload pombo-tls.service
    [[ $(inside pombo cert) == "certificate=mail.example.org "* ]]
}

@test "stsd runs as pombo-sts, for pombo-out, and others read what it keeps" {
    # There is no such server, and that is noted.
    run inside runuser -u pombo-out -- python3 -c '
import socket
door = socket.socket(socket.AF_UNIX)
door.connect("/run/pombo/sts")
door.send(b"fetch\0far.invalid\x001\0")
print(door.recv(1000).decode())'
    [ "$output" = "NO mta-sts.far.invalid has no address" ]
    [ "$(status Uid stsd | cut -f1)" = "$(number passwd pombo-sts)" ]
    [ "$(status CapEff stsd)" = 0000000000000000 ]
    [ "$(status NoNewPrivs stsd)" = 1 ]
    [ "$(inside stat -c '%a %U' '/var/lib/pombo/sts/!far.invalid')" = "644 pombo-sts" ]
    inside runuser -u pombo-out -- grep -q '^x-id: 1$' '/var/lib/pombo/sts/!far.invalid'
    run ! inside runuser -u pombo-in -- python3 -c '
import socket
socket.socket(socket.AF_UNIX).connect("/run/pombo/sts")'
}

@test "qsend runs as pombo-q, and its helpers as their users" {
    [ "$(status Uid qsend | cut -f1)" = "$(number passwd pombo-q)" ]
    [ "$(status CapEff qsend)" = 0000000000000000 ]
    run inside sh -c 'ps -C qspawn -o user= | sort -u | xargs'
    [ "$output" = "pombo-mail pombo-out pombo-q" ]
}

@test "each program has its own walls within the units" {
    [ "$(status NoNewPrivs qsend)" = 1 ]
    run inside journalctl --no-pager
    [[ $output == *qsend* ]]
    if grep -qa __asan_init "$POMBO_BIN/qsend" || ! has_landlock; then
        return 0
    fi
    [[ $output != *lacking=* ]]
}

@test "qstart keeps no capability, and nothing of it runs as root" {
    local program
    for program in qsend qspawn; do
        [ "$(status CapPrm $program)" = 0000000000000000 ]
        [ "$(status CapAmb $program)" = 0000000000000000 ]
    done
    run inside sh -c 'ps -C qsend,qspawn,qlisten,qstart -o user= | sort -u | xargs'
    [ "$output" = "pombo-auth pombo-in pombo-mail pombo-out pombo-q" ]
}

@test "reload and restart of qsend work" {
    inside systemctl reload pombo-qsend
    inside systemctl restart pombo-qsend
    inside systemctl is-active pombo-qsend
}

@test "reports of TLS are made without a hand, as pombo-q, and sent" {
    local day
    day=$(date -u -d yesterday +%F)
    python3 - "$POMBO_ROOT/tests/qsend" >"$BATS_TEST_TMPDIR/day" <<'PYTHON'
import sys
sys.path.insert(0, sys.argv[1])
import queuefile
text = "\t".join(["3", "far.example", "mailto:ann@example.org", "insecure", "ok", "", "", "", ""]).encode()
sys.stdout.buffer.write(b"%08x\t%s\n" % (queuefile.crc32c(text), text))
PYTHON
    inside sh -c "cat >/var/spool/pombo/tlsrpt/$day && chown pombo-q: /var/spool/pombo/tlsrpt/$day" \
        <"$BATS_TEST_TMPDIR/day"
    [[ $(inside qtlsreport -n "$day") == '{"organization-name":'*'"policy-domain":"far.example"'* ]]
    run ! inside qtlsreport # root's files would be in pombo-q's way
    inside sh -c 'printf "tls_reports = send\ntls_report_delay = 0\n" >>/etc/pombo/pombo.conf'
    inside qtable
    inside systemctl restart pombo-qsend
    wait_until 20 inside sh -c 'grep -rq "^TLS-Report-Domain: far.example" /var/lib/pombo/mail/ann/new'
    run inside sh -c 'ls /var/spool/pombo/tlsrpt'
    [ "$output" = "kept
lock" ]
}

@test "smtpd runs from a unit per connection, in place of the other way" {
    inside systemctl start pombo-smtpd-accept.socket
    run ! inside systemctl is-active pombo-smtpd.socket
    tools smtp 127.0.0.1 25 5
    [ "$(inside systemctl show -P NAccepted pombo-smtpd-accept.socket)" -eq 5 ]
    hold_connection 25 &
    wait_until 20 status Uid smtpd
    [ "$(status Uid smtpd | cut -f1)" = "$(number passwd pombo-in)" ]
    [[ " $(status Groups smtpd) " == *" $(number group pombo-submit) "* ]]
    touch "$BATS_TEST_TMPDIR/over"
    wait
}

@test "a message comes in through that unit, with the client's address, into the mailbox" {
    inside systemctl is-active pombo-qsend
    for ip in 127.0.0.1 ::1; do
        tools send "$ip" 25 bob@far.example ann@example.org
    done
    by_unit() {
        [ "$(inside grep -rl "^Subject: by a launcher" /var/lib/pombo/mail/ann/new | wc -l)" -eq 2 ]
    }
    wait_until 10 by_unit
    inside grep -rq '^Received: from client.example.net (\[127\.0\.0\.1\])' /var/lib/pombo/mail/ann/new
    inside grep -rq '^Received: from client.example.net (\[IPv6:::1\])' /var/lib/pombo/mail/ann/new
}

@test "250 connections in a row do not switch that socket off, nor leave units behind" {
    tools smtp 127.0.0.1 25 250
    inside systemctl is-active pombo-smtpd-accept.socket
    [ "$(inside systemctl list-units --all --no-legend 'pombo-smtpd-accept@*' --state=failed | wc -l)" -eq 0 ]
}

@test "popup runs from a unit per connection, and opens the mailbox through the door" {
    inside systemctl start pombo-pop3-accept.socket
    run ! inside systemctl is-active pombo-pop3.socket
    tools pop3 127.0.0.1 110
    network python3 - <<'PYTHON'
import poplib
client = poplib.POP3("127.0.0.1", 110)
client.user("ann@example.org")
client.pass_("secret")
texts = [client.retr(n + 1)[1] for n in range(client.stat()[0])]
assert any(b"Subject: by a launcher" in text for text in texts), texts
client.quit()
PYTHON
    [ "$(inside systemctl show -P NAccepted pombo-pop3-accept.socket)" -eq 2 ]
}

# journal: PRIORITY and MESSAGE of each line of pombo's programs.
journal() {
    inside journalctl --sync
    inside journalctl --no-pager -o json -t pombo | python3 -c '
import json, sys
for entry in map(json.loads, sys.stdin):
    print(entry["PRIORITY"], entry["MESSAGE"])'
}

@test "the journal has the level as its priority, and neither times nor prefixes in the text" {
    inside mv /etc/pombo/tables.cdb /etc/pombo/away
    run tools get 127.0.0.1 25
    inside mv /etc/pombo/away /etc/pombo/tables.cdb
    [[ $output == 421\ * ]]
    cd "$BATS_TEST_TMPDIR"
    journal >lines
    grep -qE '^3 smtpd\[[0-9]+\] open file=tables.cdb ' lines
    for line in 'smtpd accepted' 'qsend delivered' 'checkpw denied' 'pop3d login' 'popup failed' 'qmqpd accepted' 'smtp stop'; do
        grep -qE "^6 ${line% *}\\[[0-9]+\\] ${line#* }( |$)" lines || { echo "no $line"; cat lines; false; }
    done
    run ! grep -vE '^[346] [a-z0-9]+\[[0-9]+\] [a-z-]+( |$)' lines
}

nothing_is_up() {
    [ -z "$(inside sh -c 'systemctl list-units --no-legend "pombo*" | grep -v slice')" ]
}

@test "stopping the target stops everything" {
    inside systemctl start pombo.target
    inside systemctl stop pombo.target
    # systemctl waits for the target alone, not for those that go with it.
    wait_until 5 nothing_is_up
    run inside sh -c 'ls /run/pombo'
    [[ "$output" != *login* && "$output" != *qmqp* && "$output" != *tls* ]]
    run ! inside pgrep -f /usr/libexec/pombo
}
