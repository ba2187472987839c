# Loaded by the tests of popup, pop3d and checkpw: a mail root with users, and the door.
# shellcheck disable=SC2120,SC2034,SC2164
bats_require_minimum_version 1.5.0
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

# "secret" by yescrypt at the usual cost.
YESCRYPT='$y$j9T$abcdefgh01234567......$6afAogckHyZhyyOt.9tBbfZIjpc4d1NlpZSgoMT5FA5'

# record KEY VALUE: one record of a table, in the language of cdb -c.
record() {
    local LC_ALL=C
    printf '+%d,%d:%s->%s\0\n' "${#1}" $((${#2} + 1)) "$1" "$2"
}

# write_tables [KEY VALUE]...: tables.cdb with the users, and these settings, which come
# first, as the first record of a key counts.
write_tables() {
    {
        while [ $# -gt 0 ]; do
            record "conf:$1" "$2"
            shift 2
        done
        record conf:default_domain example.org
        record conf:host_name mail.example.org
        record conf:pop3_fail_delay 0
        record domains:example.org local
        for user in ann bob carl dora; do
            record "users:$user@example.org" "example.org/$user 0 0"
        done
        record 'users:"two words"@example.org' 'example.org/two words 0 0'
        record aliases:sales@example.org ann@example.org
        echo
    } | cdb -c pombo/etc/tables.cdb
}

# hash_of PASSWORD: a cheap one.
hash_of() {
    openssl passwd -1 -salt abcdefgh "$1"
}

# Carl has no password, Dora's is locked.
write_passwords() {
    {
        record ann@example.org "$(hash_of secret)"
        record bob@example.org "$(hash_of ' two  words ')"
        record dora@example.org '*'
        record '"two words"@example.org' "$(hash_of secret)"
        record sales@example.org "$(hash_of secret)"
        record ann+x@example.org "$(hash_of secret)"
        echo
    } | cdb -c pombo/etc/passwords.cdb
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    export POMBO_DIR=$PWD/pombo
    unset TCPREMOTEIP REMOTE_ADDR JOURNAL_STREAM MAILBOX LOGIN_METHOD
    STARTED=()
    mkdir -p pombo/etc pombo/run pombo/mail/example.org
    maildir ann
    write_tables
    write_passwords
}

teardown() {
    local pid
    for pid in "${STARTED[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${STARTED[@]}"; do
        wait "$pid" || true
    done
}

maildir() {
    mkdir -p "pombo/mail/example.org/$1"/{tmp,new,cur}
}

# put NUMBER [USER]: standard input as that user's message with that number.
put() {
    cat >"pombo/mail/example.org/${2:-ann}/new/$((1700000000 + $1)).M$1P1.host"
}

# put_some COUNT: short messages.
put_some() {
    local i
    for ((i = 1; i <= $1; i++)); do
        printf 'Subject: number %d\n\nbody %d\n' "$i" "$i" | put "$i"
    done
}

messages() {
    find "pombo/mail/example.org/${1:-ann}/new" "pombo/mail/example.org/${1:-ann}/cur" \
        -type f | wc -l
}

# listen ADDRESS PROGRAM...: qlisten in the background; the address in LISTENS.
listen() {
    local ready=ready.${#STARTED[@]}
    qlisten -r "$ready" "$1" -- "${@:2}" 2>>log 3>&- &
    STARTED+=($!)
    wait_until 5 test -s "$ready" || { cat log; return 1; }
    LISTENS=$(cat "$ready")
}

open_door() {
    listen "unix:$PWD/pombo/run/login" checkpw -d pop3d
}

# serve [ARGUMENTS]...: popup on PORT.
serve() {
    listen 127.0.0.1:0 popup "$@"
    PORT=${LISTENS##*:}
}

# serve_by_door: the usual way.
serve_by_door() {
    open_door
    serve
}

# play: the dialog on standard input against PORT.
play() {
    python3 "$POMBO_ROOT/tests/play.py" "$PORT"
}

# play_as_ann: the same after her log-in.
play_as_ann() {
    { printf '%s\n' '<- [+]OK.*' '-> USER ann' '<- [+]OK.*' '-> PASS secret' '<- [+]OK.*'
        cat; } | play
}

logged() {
    grep -qE "$@" log
}
