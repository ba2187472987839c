#!/usr/bin/env bats
# A disk that is full, and has room again later: counted in bytes by the tracer, in
# pages by a small file system.
load common

PACE=3

@test "smtpd on a disk that fills at any byte" {
    points disk "$PACE" smtpd
}

@test "qinject on a disk that fills at any byte" {
    points disk "$PACE" qinject
}

@test "qmqpd on a disk that fills at any byte" {
    points disk "$PACE" qmqpd
}

@test "qlocal on a disk that fills at any byte" {
    points disk "$PACE" qlocal
}

@test "qnotify on a disk that fills at any byte of a bounce" {
    points disk "$PACE" qnotify-bounce
}

@test "qnotify on a disk that fills at any byte of a forward" {
    points disk "$PACE" qnotify-forward
}

@test "qtlsreport on a disk that fills at any byte" {
    points disk "$PACE" qtlsreport
}

@test "qtable on a disk that fills at any byte" {
    points disk "$PACE" qtable-cdb
}

@test "pombo user add on a disk that fills at any byte" {
    points disk "$PACE" pombo-user-add
}

@test "smtpd on a real file system that fills at any page" {
    points pages 150 smtpd-big
}

@test "qinject on a real file system that fills at any page" {
    points pages 150 qinject-big
}

@test "qlocal on a real file system that fills at any page" {
    points pages 150 qlocal
}

@test "qlocal with a long message on a real file system that fills at any page" {
    points pages 150 qlocal-big
}

@test "qnotify on a real file system that fills at any page" {
    points pages 150 qnotify-bounce
}

@test "qnotify with a long bounce on a real file system that fills at any page" {
    points pages 150 qnotify-big
}
