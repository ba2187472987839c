#!/usr/bin/env bats
# qlisten -T: one process of the program forks a session for each connection.
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    STARTED=
    export POMBO_DIR=$BATS_TEST_TMPDIR/pombo
    mkdir -p "$POMBO_DIR"/{etc,run,log,mail} "$POMBO_DIR"/queue/{tmp,new}
    echo "example.org local" >"$POMBO_DIR/etc/domains"
    echo "ann@example.org ann" >"$POMBO_DIR/etc/users"
    qtable
}

# Processes of qlisten that have not ended.
children() {
    local pid
    for pid in $(cat "/proc/$STARTED/task/$STARTED/children"); do
        ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null || continue
        echo "$pid"
    done
}

children_are() {
    [ "$(children | wc -l)" -eq "$1" ]
}

has_ended() {
    [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"
}

# talk: a session on fd 5, whose greeting has been read.
talk() {
    exec 5<>"/dev/tcp/127.0.0.1/${ADDRESS##*:}"
    read -r -t 10 greeting <&5
}

say() {
    printf '%s\r\n' "$1" >&5
    read -r -t 10 answer <&5
    [[ $answer == $2* ]] || { echo "$1: $answer"; return 1; }
}

hang_up() {
    exec 5>&-
}

# answers TEXT [LINE]: what comes first in a connection, after the LINE.
answers() {
    (
        exec 7<>"/dev/tcp/127.0.0.1/${ADDRESS##*:}"
        [ -z "${2:-}" ] || printf '%s\r\n' "$2" >&7
        read -r -t 10 line <&7
        [[ $line == "$1"* ]] || { echo "$line"; exit 1; }
    )
}

greets() {
    answers 220
}

# place_of PID: where it has its program in memory.
place_of() {
    grep -m 1 "$POMBO_BIN/smtpd" "/proc/$1/maps" | cut -d ' ' -f 1
}

greets_by_template() {
    local result=0
    talk
    children_are 2 || result=1
    hang_up
    return $result
}

@test "a session is forked by the one process that waits" {
    start -T 127.0.0.1:0 -- smtpd
    greets
    wait_until 5 children_are 1
    template=$(children)
    talk
    [[ $greeting == 220* ]]
    children_are 2
    session=$(children | grep -vx "$template")
    [ "$(readlink "/proc/$session/exe")" = "$POMBO_BIN/smtpd" ]
    # With no other descriptors and the variables of its connection.
    say "HELO client.example.net" 250
    [ "$(ls "/proc/$session/fd" | tr '\n' ' ')" = "0 1 2 " ]
    [ "$(readlink "/proc/$session/fd/0")" = "$(readlink "/proc/$session/fd/1")" ]
    grep -qz '^LISTEN_TEMPLATE=1$' "/proc/$template/environ"
    say "MAIL FROM:<a@example.net>" 250
    say "RCPT TO:<ann@example.org>" 250
    say DATA 354
    say $'Subject: x\r\n\r\n.' 250
    say QUIT 221
    hang_up
    grep -q ' accepted ip=127.0.0.1 ' log
    wait_until 5 children_are 1
    [ "$(children)" = "$template" ]
    [ "$(ls "$POMBO_DIR/queue/new" | wc -l)" -eq 1 ]
}

@test "sessions of a template count for the limits" {
    start -T -C 1 -B 'too many' 127.0.0.1:0 -- smtpd
    talk
    [[ $greeting == 220* ]]
    answers "too many"
    logged 'busy source=127.0.0.1 why=source limit=1'
    say QUIT 221
    hang_up
    wait_until 5 greets
}

@test "new tables are those of the next session" {
    start -T 127.0.0.1:0 -- smtpd
    talk
    say "EHLO client.example.net" 250
    echo "bob@example.org bob" >>"$POMBO_DIR/etc/users"
    qtable
    template=$(children | head -n 1)
    hang_up
    talk
    say "HELO client.example.net" 250
    say "MAIL FROM:<a@example.net>" 250
    say "RCPT TO:<bob@example.org>" 250
    hang_up
    has_ended "$template"
}

@test "where a session crashes the next ones have other addresses" {
    start -T 127.0.0.1:0 -- smtpd
    talk
    first=$(children)
    template=$(head -n 1 <<<"$first")
    before=$(place_of "$template")
    kill -ABRT "$(tail -n 1 <<<"$first")" # which no sanitizer catches
    hang_up
    wait_until 5 has_ended "$template"
    greets
    wait_until 5 children_are 1
    [ "$(place_of "$(children)")" != "$before" ]
}

@test "sessions go on where their template is killed, and others begin" {
    start -T 127.0.0.1:0 -- smtpd
    talk
    template=$(children | head -n 1)
    kill -KILL "$template"
    wait_until 5 has_ended "$template"
    greets
    say "HELO client.example.net" 250
    say QUIT 221
    hang_up
}

@test "another file in the program's place is the next template's" {
    cp "$POMBO_BIN/smtpd" here
    start -T 127.0.0.1:0 -- "$PWD/here"
    greets
    wait_until 5 children_are 1
    template=$(children)
    cp "$POMBO_BIN/smtpd" there
    mv there here
    greets
    has_ended "$template"
    wait_until 5 children_are 1
    [ "$(readlink "/proc/$(children)/exe")" = "$PWD/here" ]
}

@test "a program that can't be a template is started for each connection" {
    start -T 127.0.0.1:0 -- echo hello
    [ "$(tools get "$ADDRESS")" = hello ]
    [ "$(tools get "$ADDRESS")" = hello ]
    logged template
    stop
    rm ready
    start -T 127.0.0.1:0 -- cat
    answers back back
    answers back back
}

@test "what a template can't do the program itself explains to the client" {
    mv "$POMBO_DIR/etc/tables.cdb" "$POMBO_DIR/etc/away"
    start -T 127.0.0.1:0 -- smtpd
    answers "421 4.3.0 tables can't be read"
    mv "$POMBO_DIR/etc/away" "$POMBO_DIR/etc/tables.cdb"
    # A second after the last attempt there is another.
    wait_until 5 greets_by_template
}

@test "nothing is left when qlisten ends" {
    start -T 127.0.0.1:0 -- smtpd
    greets
    wait_until 5 children_are 1
    template=$(children)
    stop
    [ ! -e "/proc/$template" ]
    rm ready
    start -T 127.0.0.1:0 -- smtpd
    greets
    wait_until 5 children_are 1
    template=$(children)
    stop KILL || true
    wait_until 5 has_ended "$template"
}

@test "popup forks its sessions, too" {
    start -T 127.0.0.1:0 -- popup
    answers "+OK"
    wait_until 5 children_are 1
    template=$(children)
    talk
    say "USER ann" +OK
    children_are 2
    say QUIT +OK
    hang_up
    wait_until 5 children_are 1
    [ "$(children)" = "$template" ]
}
