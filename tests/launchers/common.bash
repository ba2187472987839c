# shellcheck shell=bash disable=SC2034,SC2154
# Loaded by the tests of the launchers, which run as root.
load ../helpers

LAUNCHERS=$POMBO_ROOT/tests/launchers

tools() {
    python3 "$LAUNCHERS/tools.py" "$@"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    PORT=$(tools port)
    STARTED=
}

teardown() {
    if [ -n "$STARTED" ] && kill "$STARTED" 2>/dev/null; then
        wait "$STARTED" || true
    fi
}

# start COMMAND...: in the background, with a /run of its own, where it may write the
# file with its process id; returns when PORT is open.
start() {
    # shellcheck disable=SC2016
    unshare --mount sh -c 'mount -t tmpfs run /run && exec "$@"' sh "$@" \
        >log 2>&1 3>&- &
    STARTED=$!
    wait_until 5 port_is_open || { cat log; return 1; }
}

port_is_open() {
    [ -n "$(ss -Hltn "sport = :$PORT")" ]
}

# example FILE: the shipped lines, for the programs under test, this PORT, the loopback
# address, and a user that every machine has.
example() {
    sed -e "s|@LIBEXECDIR@|$POMBO_BIN|g" -e 's/pombo-in/nobody/' "$POMBO_ROOT/systemd/$1"
}

has_line() {
    grep -qx "$1" <<<"$output" || { echo "no line '$1' in:"; echo "$output"; return 1; }
}

# A queue and tables for smtpd in this folder, where the user nobody may use them.
make_server() {
    export POMBO_DIR=$PWD/server
    mkdir -p "$POMBO_DIR"/{etc,queue/{tmp,new,cur,wheel,corrupt},mail,run,log}
    echo "example.org local" >"$POMBO_DIR/etc/domains"
    qtable
    chown -R nobody "$POMBO_DIR"
    chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$PWD"
}
