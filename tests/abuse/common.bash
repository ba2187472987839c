# For the tests of load and abuse: a whole system, crowds beside it, figures in the output.
# shellcheck disable=SC2154,SC2034 # BATS_TEST_TMPDIR and the like are bats'; others are the tests'
ABUSE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/e2e/system.bash
source "$ABUSE/../e2e/system.bash"

# A process with the address sanitizer takes some 20 MB, and its programs a third of the
# speed: crowds and queues are a tenth there.
if grep -q __asan_init "$POMBO_BIN/qsend"; then
    SCALE=10
else
    SCALE=1
fi

# figure TEXT: told with the results.
figure() {
    echo "# $*" >&3
}

# processes ARGUMENTS: see processes.py.
processes() {
    python3 "$ABUSE/processes.py" "$@"
}

# start_listener NAME LIMITS... -- PROGRAM...: qlisten beside those of the system, with
# limits of its own. Sets LISTENER (pid), LISTENER_PORT.
start_listener() {
    local name=$1
    shift
    rm -f "$BATS_TEST_TMPDIR/$name.ready"
    start_background "$name" qlisten -n "$name" -r "$BATS_TEST_TMPDIR/$name.ready" "$@"
    LISTENER=$(cat "$BATS_TEST_TMPDIR/$name.pid")
    wait_until 60 [ -s "$BATS_TEST_TMPDIR/$name.ready" ]
    LISTENER_PORT=$(sed 's/.*://' "$BATS_TEST_TMPDIR/$name.ready")
}

# start_crowd NAME MODE COUNT PORT FIRST_SOURCE: in the background; its standard input is
# the FIFO NAME.in, which descriptor CROWD_IN keeps open.
start_crowd() {
    local name=$1
    shift
    mkfifo "$BATS_TEST_TMPDIR/$name.in"
    python3 "$ABUSE/crowd.py" "$1" "$2" 127.0.0.1 "$3" "$4" >"$BATS_TEST_TMPDIR/$name.out" 2>&1 \
        <>"$BATS_TEST_TMPDIR/$name.in" 3>&- &
    echo $! >"$BATS_TEST_TMPDIR/$name.pid"
}
# crowd_says NAME TEXT: a line of its output.
crowd_says() {
    grep -qx -- "$2" "$BATS_TEST_TMPDIR/$1.out"
}
crowd_tells() { # crowd_tells NAME
    sed "s/^/# $1: /" "$BATS_TEST_TMPDIR/$1.out" >&3
}

# beside NAME COUNT PORT [PAUSE [RECIPIENT [FOLDER]]]: the well-behaved client gets its 250s
# and its mail arrives.
beside() {
    run python3 "$ABUSE/beside.py" "$3" 127.0.0.1 127.0.0.1 "$2" "${4:-0.1}" "${5:-ann@pombo.test}" \
        "${6:-$DIR/mail/pombo.test/ann/new}"
    sed "s/^/# a client beside $1: /" <<<"$output" >&3
    [ "$status" -eq 0 ]
}

# kernel_memory PORT: the largest number of bytes that the kernel holds for sending, and of
# those received and not read, of any connection of the server at PORT.
kernel_memory() {
    ss -tmn "( sport = :$1 )" | awk '{
        if (match($0, /skmem:\(r[0-9]+/)) { r = substr($0, RSTART + 8, RLENGTH - 8); if (r + 0 > received) received = r + 0 }
        if (match($0, /,w[0-9]+/)) { w = substr($0, RSTART + 2, RLENGTH - 2); if (w + 0 > sent) sent = w + 0 }
    } END { print sent + 0, received + 0 }'
}

has_children() { # has_children PID N
    [ "$(pgrep -c -P "$1")" -eq "$2" ]
}
