#!/usr/bin/env bats
# Any system call, or allocation, of one program fails once: nothing is lost, nothing
# is refused for good, nothing ends that has to go on, nothing turns into a busy loop.
load common

# Milliseconds for each point: about 90 seconds in all on two processors.
PACE=8

# The programs with allocations that can fail, where other users can reach them.
setup_file() {
    cp -r "$POMBO_BUILD/crash/bin" "$BATS_FILE_TMPDIR/bin"
    chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_FILE_TMPDIR"/..
}

setup() {
    export POMBO_BIN=$BATS_FILE_TMPDIR/bin
}

@test "smtpd answers 4xx where a call fails" {
    points fail "$PACE" smtpd
}

@test "smtpd answers 4xx where a call fails in a long message" {
    points fail "$PACE" smtpd-big
}

@test "smtpd -s answers 4xx where a call fails in AUTH or in a message" {
    points fail "$PACE" submission
}

@test "checkpw behind run/auth says trouble to the right password where a call fails" {
    points fail "$PACE" checkpw-auth
}

@test "checkpw behind run/auth says no to the wrong one, or trouble, where a call fails" {
    points fail "$PACE" checkpw-auth-wrong
}

@test "qinject ends with a temporary code" {
    points fail "$PACE" qinject
}

@test "qinject ends with a temporary code in a long message" {
    points fail "$PACE" qinject-big
}

@test "qinject ends with a temporary code where QMQP fails" {
    points fail "$PACE" qinject-qmqp
}

@test "qmqpd with a call that fails answers qinject with Z" {
    points fail "$PACE" qmqpd-chain
}

@test "qmqpd answers Z" {
    points fail "$PACE" qmqpd
}

@test "qlisten goes on listening" {
    points fail "$PACE" qlisten
    points fail "$PACE" qlisten-template
}

@test "where a template of smtpd fails its connections are served all the same" {
    points fail "$PACE" smtpd-template
}

@test "stsd says that a policy is kept where it is, and leaves the old one where it is not" {
    points fail "$PACE" stsd
}

@test "tlsd goes on serving TLS" {
    # Most points are OpenSSL's own allocations; each day it is others of them.
    points fail "$PACE" tlsd --every 75
}

@test "smtpd leaves nothing half done where a call of TLS fails" {
    points fail "$PACE" smtpd-tls
}

@test "qstart ends with a temporary code" {
    points fail "$PACE" qstart
}

@test "qsend goes on in local deliveries" {
    points fail "$PACE" qsend-local
}

@test "qsend goes on in relaying and deferral" {
    points fail "$PACE" qsend-relay
}

@test "qsend goes on in bounces, warnings and expiry" {
    points fail "$PACE" qsend-reports
}

@test "qsend goes on in forwards" {
    points fail "$PACE" qsend-forward
}

@test "the spawner of qlocal goes on" {
    points fail "$PACE" qspawn-qlocal
}

@test "the spawner of qremote goes on" {
    points fail "$PACE" qspawn-qremote
}

@test "the spawner of qmx goes on" {
    points fail "$PACE" qspawn-qmx
}

@test "the spawner of qnotify goes on" {
    points fail "$PACE" qspawn-qnotify
}

@test "qlocal puts the delivery off" {
    points fail "$PACE" qlocal
}

@test "tlsc goes on, and nothing goes out in plain text that may not" {
    points fail "$PACE" tlsc
}

@test "qremote in TLS puts the delivery off, and sends nothing in plain text that may not" {
    points fail "$PACE" qremote-tls
}

@test "tlsd in front of smtpd takes nothing that it loses" {
    points fail "$PACE" tlsd-front --every 75
}

@test "qremote that can't log in puts the delivery off" {
    points fail "$PACE" qremote-auth
}

@test "qremote puts the delivery off" {
    points fail "$PACE" qremote
}

@test "qmx puts the question off" {
    points fail "$PACE" qmx
}

@test "qtlsreport puts the reports off" {
    points fail "$PACE" qtlsreport
}

@test "qtlsreport puts reports that are to be kept off" {
    points fail "$PACE" qtlsreport-kept
}

@test "qnotify puts the bounce off" {
    points fail "$PACE" qnotify-bounce
}

@test "qnotify puts the warning off" {
    points fail "$PACE" qnotify-delay
}

@test "qnotify puts the forward off" {
    points fail "$PACE" qnotify-forward
}

@test "qnotify puts the report of success off" {
    points fail "$PACE" qnotify-success
}

@test "popup in qmail's chain never says that the password is wrong" {
    points fail "$PACE" popup-chain
}

@test "checkpw in qmail's chain never says that the password is wrong" {
    points fail "$PACE" checkpw-chain
}

@test "popup at the door never says that the password is wrong" {
    points fail "$PACE" popup-door
}

@test "checkpw behind the door never says that the password is wrong" {
    points fail "$PACE" checkpw-door
}

@test "pop3d says what it did" {
    points fail "$PACE" pop3d
}

@test "qtable leaves the tables as they were" {
    points fail "$PACE" qtable
}

@test "pombo reload leaves the tables as they were" {
    points fail "$PACE" pombo-reload
}

@test "qpasswd leaves the password as it was" {
    points fail "$PACE" qpasswd
}

@test "pombo user add can be given again after a failed call" {
    points fail "$PACE" pombo-user-add
}

@test "pombo user remove can be given again after a failed call" {
    points fail "$PACE" pombo-user-remove
}

@test "pombo up can be given again after a failed call" {
    points fail "$PACE" pombo-up
}
