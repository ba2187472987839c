# shellcheck shell=bash disable=SC2034
# Loaded by the tests of qlisten: each runs in its own folder.
load ../helpers

tools() {
    python3 "$POMBO_ROOT/tests/qlisten/tools.py" "$@"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    STARTED=
}

teardown() {
    if [ -n "$STARTED" ] && kill "$STARTED" 2>/dev/null; then
        wait "$STARTED" || true
    fi
}

# start ARGUMENTS...: qlisten in the background, with its log in the file "log"; when
# it listens, its addresses are in the file "ready", and the first one in ADDRESS.
start() {
    start_with qlisten "$@"
}

start_with() {
    local before=()
    while [ "$1" != qlisten ]; do
        before+=("$1")
        shift
    done
    shift
    "${before[@]}" qlisten -r ready "$@" 2>log 3>&- &
    STARTED=$!
    wait_until 5 test -s ready || { cat log; return 1; }
    ADDRESS=$(head -n 1 ready)
}

# stop [SIGNAL]: ends qlisten and waits; its exit code is the result.
stop() {
    local pid=$STARTED
    STARTED=
    kill -s "${1:-TERM}" "$pid"
    wait "$pid"
}

logged() {
    grep -q "$@" log
}

log_has_lines() {
    [ "$(grep -c "$2" log)" -eq "$1" ]
}
