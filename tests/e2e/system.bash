# A complete pombo on loopback for the end-to-end tests: a folder of its own, free ports.
# shellcheck disable=SC2154 # BATS_TEST_TMPDIR and the like are bats'
bats_require_minimum_version 1.5.0
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

# system_up [pombo up's options]: starts in $DIR with domain pombo.test, users ann and bob
# (passwords secret-ann, secret-bob). Lines in $CONF go to pombo.conf first.
system_up() {
    DIR=$BATS_TEST_TMPDIR/system
    export POMBO_DIR=$DIR
    mkdir -p "$DIR/etc"
    printf '%s\n' "host_name = mail.pombo.test" "default_domain = pombo.test" \
        "retry_interval = 1" "${CONF:-}" >"$DIR/etc/pombo.conf"
    [ -z "${ROUTES:-}" ] || printf '%s\n' "$ROUTES" >"$DIR/etc/routes"
    pombo up "$DIR" --domain pombo.test --smtp "${SMTP_LISTEN:-127.0.0.1:0}" --submission "${SUBMISSION_LISTEN:-127.0.0.1:0}" --pop3 127.0.0.1:0 "$@" 3>&- || {
        cat "$DIR"/log/* >&2
        return 1
    }
    SMTP=$(pombo status "$DIR" | sed -n 's/^smtp=//p' | head -n 1)
    SUBMISSION=$(pombo status "$DIR" | sed -n 's/^submission=//p' | head -n 1)
    export SUBMISSION_PORT=${SUBMISSION##*:}
    POP3=$(pombo status "$DIR" | sed -n 's/^pop3=//p' | head -n 1)
    SMTP_PORT=${SMTP##*:}
    export POP3_PORT=${POP3##*:}
    add_user ann@pombo.test
    add_user bob@pombo.test
}

# add_user ADDRESS: with the password secret-LOCAL.
add_user() {
    printf 'secret-%s\n' "${1%@*}" | pombo user add "$DIR" "$1" >/dev/null
}

# table_line TABLE LINE: adds it and takes it up.
table_line() {
    printf '%s\n' "$2" >>"$DIR/etc/$1"
    pombo reload "$DIR"
}

system_down() {
    [ -z "${DIR:-}" ] || [ ! -e "$DIR/run/state" ] || pombo down "$DIR" 3>&-
}

# mailbox USER: the files in USER's mailbox, one a line.
mailbox() {
    find "$DIR/mail/pombo.test/$1" -path '*/new/*' -type f -o -path '*/cur/*' -type f 2>/dev/null
}
mailbox_count() {
    mailbox "$1" | wc -l
}
mailbox_has() { # mailbox_has USER N
    [ "$(mailbox_count "$1")" -ge "$2" ]
}
# mailbox_text USER: all its messages.
mailbox_text() {
    mailbox "$1" | xargs -r -d '\n' cat
}
mailbox_matches() { # mailbox_matches USER EXTENDED-REGEX
    mailbox_text "$1" | grep -qE "$2"
}
log_matches() { # log_matches EXTENDED-REGEX
    cat "$DIR"/log/*.log | grep -qE "$1"
}
# send FROM TO [SUBJECT [BODY]]: by swaks, which must succeed.
send() {
    swaks --silent 2 --server 127.0.0.1 --port "$SMTP_PORT" --ehlo client.test --from "$1" --to "$2" \
        --header "Subject: ${3:-test}" --body "${4:-body}" </dev/null
}
# free_port: a TCP port that nothing uses on any loopback address just now.
free_port() {
    python3 -c '
import socket
with socket.socket() as s:
    s.bind(("", 0))
    print(s.getsockname()[1])'
}

# start_background NAME COMMAND...: keeps its pid for stop_background.
start_background() {
    local name=$1
    shift
    "$@" >"$BATS_TEST_TMPDIR/$name.out" 2>&1 3>&- &
    echo $! >"$BATS_TEST_TMPDIR/$name.pid"
}
stop_background() {
    local pid
    for name in "$@"; do
        pid=$(cat "$BATS_TEST_TMPDIR/$name.pid" 2>/dev/null) || continue
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        rm -f "$BATS_TEST_TMPDIR/$name.pid"
    done
}
listens() { # listens ADDRESS PORT
    (exec 9<>"/dev/tcp/$1/$2") 2>/dev/null
}
