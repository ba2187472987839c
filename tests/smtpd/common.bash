# Loaded by the tests of smtpd: tables made by qtable, an empty queue, and one session
# played over a socket pair.
bats_require_minimum_version 1.5.0
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

# A client from outside; as_insider makes it one that may relay.
setup() {
    # shellcheck disable=SC2164 # bats ends the test where it fails
    cd "$BATS_TEST_TMPDIR"
    export POMBO_DIR=$PWD/pombo TMPDIR=$PWD
    export TCPREMOTEIP=198.51.100.7 TCPLOCALIP=192.0.2.25
    unset REMOTE_ADDR RELAYCLIENT JOURNAL_STREAM
    mkdir -p pombo/etc pombo/mail pombo/queue/{tmp,new}
    rows domains "example.org local" "bücher.example local"
    rows users "ann@example.org example.org/ann" "bob@example.org example.org/bob"
    rows aliases "sales@example.org ann@example.org, far@example.net" "team@example.org ann@example.org" \
        'leute@example.org info@bücher.example' "info@bücher.example ann@example.org"
    configure
}

# rows FILE LINE...: writes etc/FILE.
rows() {
    printf '%s\n' "${@:2}" >"pombo/etc/$1"
}

# configure [LINE]...: pombo.conf with these lines; compiles all tables.
# shellcheck disable=SC2120 # the tests pass some
configure() {
    rows pombo.conf "host_name = mail.example.org" "default_domain = example.org" "$@"
    qtable
}

as_insider() {
    export TCPREMOTEIP=127.0.0.1
}

# play [PROGRAM...]: the dialog on standard input with smtpd; its log in the file log.
play() {
    [ $# -gt 0 ] || set -- smtpd
    python3 "$POMBO_ROOT/tests/play.py" "$@" 2>log || {
        cat log
        return 1
    }
}

# lead_to STAGE: the dialog up to there: hello, mail, rcpt or data.
lead_to() {
    printf '%s\n' '<~ 220 mail.example.org ESMTP' '-> EHLO client.example.net' '<~ 250-mail.example.org\n'
    case $1 in mail | rcpt | data) printf '%s\n' '-> MAIL FROM:<eve@example.net>' '<~ 250 2.1.0' ;; esac
    case $1 in rcpt | data) printf '%s\n' '-> RCPT TO:<ann@example.org>' '<~ 250 2.1.5' ;; esac
    case $1 in data) printf '%s\n' '-> DATA' '<~ 354 ' ;; esac
}

# play_to STAGE: plays what leads to STAGE, then the dialog on standard input.
play_to() {
    { lead_to "$1" && cat; } | play
}

# queued: how many messages are in the queue; nothing may be left in tmp.
queued() {
    [ -z "$(ls pombo/queue/tmp)" ] || echo "left in tmp"
    find pombo/queue/new -type f | wc -l
}

# message: the one in the queue, envelope and END record and all.
message() {
    cat pombo/queue/new/*
}

# body: what is behind its envelope, without the Received lines and the END record.
body() {
    message | sed '1,/^$/d; /^END [0-9a-f]\{16\} [0-9a-f]\{8\}$/d' | sed '1,/^\t[A-Z][a-z][a-z], /d'
}

# in_queue LINE: one line of the message in the queue is LINE.
in_queue() {
    message | grep -qFx -- "$1" || {
        message
        return 1
    }
}

logged() {
    grep -qE -- "$1" log || {
        cat log
        return 1
    }
}

# play_on_small_disk SIZE STAGE: the same with the queue on a file system of its own; what
# is left in it goes to the file left.
play_on_small_disk() {
    { lead_to "$2" && cat; } | SIZE=$1 unshare -m bash -c 'mount -t tmpfs -o size=$SIZE none pombo/queue &&
        mkdir pombo/queue/{tmp,new} && python3 "$POMBO_ROOT/tests/play.py" smtpd 2>log &&
        cd pombo/queue && find ??? -type f >../../left'
}
