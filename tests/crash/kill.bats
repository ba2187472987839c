#!/usr/bin/env bats
# SIGKILL before or after any system call of one program, then a restart.
load common

# Milliseconds for each point: about 150 seconds in all on two processors.
PACE=18

@test "smtpd killed at any call loses no message that it took, and leaves no half one" {
    points kill "$PACE" smtpd
}

@test "smtpd killed in a message of many blocks" {
    points kill "$PACE" smtpd-big
}

@test "smtpd killed at any call of a session in TLS" {
    points kill "$PACE" smtpd-tls
}

@test "smtpd -s killed at any call loses no message that it took" {
    points kill "$PACE" submission
}

@test "checkpw killed at any call behind run/auth lets nobody in" {
    points kill "$PACE" checkpw-auth-wrong
}

@test "qinject killed at any call: exit 0 is a promise" {
    points kill "$PACE" qinject
}

@test "qinject killed in a message of many blocks" {
    points kill "$PACE" qinject-big
}

@test "qinject killed while it speaks QMQP" {
    points kill "$PACE" qinject-qmqp
}

@test "qmqpd killed while qinject speaks to it" {
    points kill "$PACE" qmqpd-chain
}

@test "qmqpd killed while anyone speaks to it" {
    points kill "$PACE" qmqpd
}

@test "qlisten killed: its connections go on, and it starts again on its addresses" {
    points kill "$PACE" qlisten
    points kill "$PACE" qlisten-template
}

@test "a template of smtpd killed: its connections are served all the same" {
    points kill "$PACE" smtpd-template
}

@test "stsd killed at any call of a fetch leaves the old policy or the new one" {
    points kill "$PACE" stsd
}

@test "qstart killed before it has become qsend" {
    points kill "$PACE" qstart
}

@test "qsend killed in local deliveries to one and to many" {
    points kill "$PACE" qsend-local
}

@test "qsend killed in relaying and deferral" {
    points kill "$PACE" qsend-relay
}

@test "qsend killed in bounces, warnings, expiry and double bounces" {
    points kill "$PACE" qsend-reports
}

@test "qsend killed in a forward to an alias of several" {
    points kill "$PACE" qsend-forward
}

@test "the spawner of qlocal killed" {
    points kill "$PACE" qspawn-qlocal
}

@test "the spawner of qremote killed" {
    points kill "$PACE" qspawn-qremote
}

@test "the spawner of qmx killed" {
    points kill "$PACE" qspawn-qmx
}

@test "the spawner of qnotify killed" {
    points kill "$PACE" qspawn-qnotify
}

@test "qlocal killed delivers twice at worst, never in part" {
    points kill "$PACE" qlocal
}

@test "tlsc killed: what has to be encrypted waits for the next one" {
    points kill "$PACE" tlsc
}

@test "qremote killed in TLS" {
    points kill "$PACE" qremote-tls
}

@test "tlsd killed in front of smtpd loses no message that it took" {
    points kill "$PACE" tlsd-front
}

@test "qremote killed in a session that logs in" {
    points kill "$PACE" qremote-auth
}

@test "qremote killed in a session with refusals and deferrals" {
    points kill "$PACE" qremote
}

@test "qmx killed" {
    points kill "$PACE" qmx
}

@test "qnotify killed makes no second bounce, and loses none" {
    points kill "$PACE" qnotify-bounce
}

@test "qnotify killed makes no second warning of a delay" {
    points kill "$PACE" qnotify-delay
}

@test "qnotify killed makes no second forward" {
    points kill "$PACE" qnotify-forward
}

@test "qnotify killed makes no second report of success" {
    points kill "$PACE" qnotify-success
}

@test "qtlsreport killed at any call sends each report once, and loses none" {
    points kill "$PACE" qtlsreport
}

@test "qtlsreport killed at any call keeps whole reports alone" {
    points kill "$PACE" qtlsreport-kept
}

@test "popup killed in qmail's chain" {
    points kill "$PACE" popup-chain
}

@test "checkpw killed in qmail's chain" {
    points kill "$PACE" checkpw-chain
}

@test "popup killed at the log-in door" {
    points kill "$PACE" popup-door
}

@test "checkpw killed behind the log-in door" {
    points kill "$PACE" checkpw-door
}

@test "pop3d killed removes what it said it removed, and nothing else" {
    points kill "$PACE" pop3d
}

@test "qtable killed leaves the old or the new tables, whole" {
    points kill "$PACE" qtable
}

@test "the command cdb killed leaves the old or the new tables, whole" {
    points kill "$PACE" qtable-cdb
}

@test "pombo reload killed leaves the old or the new tables, whole" {
    points kill "$PACE" pombo-reload
}

@test "qpasswd killed leaves the old or the new password" {
    points kill "$PACE" qpasswd
}

@test "pombo user add killed can be given again" {
    points kill "$PACE" pombo-user-add
}

@test "pombo user remove killed can be given again" {
    points kill "$PACE" pombo-user-remove
}

@test "pombo up killed can be given again" {
    points kill "$PACE" pombo-up
}

@test "pombo down killed can be given again" {
    points kill "$PACE" pombo-down --every 15
}
