# shellcheck shell=bash disable=SC2034
# For the tests of the walls: each program is made to try what they forbid.
load ../helpers

# One INJECT for the file; a system to run in, in POMBO_DIR.
make_system() {
    INJECT=$BATS_FILE_TMPDIR/inject
    gcc -O2 -Wall -D_GNU_SOURCE -o "$INJECT" "$POMBO_ROOT/tests/walls/inject.c"
    POMBO_DIR=$BATS_FILE_TMPDIR/pombo
    mkdir -p "$POMBO_DIR"/{etc,queue/{tmp,new,cur,wheel,corrupt},run,log,sts}
    mkdir -p "$POMBO_DIR"/mail/{ann,bob}/{tmp,new,cur}
    echo "example.org local" >"$POMBO_DIR/etc/domains"
    printf '%s\n' "ann@example.org ann" "bob@example.org bob" >"$POMBO_DIR/etc/users"
    # The folder for temporary files is open to some, and must not hold the system.
    TMPDIR=$BATS_FILE_TMPDIR/spool
    mkdir "$TMPDIR"
    export INJECT POMBO_DIR TMPDIR
    qtable
    # Under the sanitizers there are no walls, and each test says so.
    WALLS=yes
    ! grep -qa __asan_init "$POMBO_BIN/smtpd" || WALLS=
    LANDLOCK=$("$INJECT" -k)
    export WALLS LANDLOCK
}

# tries LINES [OPTION]... [CALL]... -- PROGRAM...: the results of the calls are LINES,
# without those about files where the kernel has no Landlock.
tries() {
    local expected=$1
    shift
    # Neither answers nor log go to a file: then no file may grow.
    { "$INJECT" -l "$BATS_TEST_TMPDIR/list" "$@" </dev/null 2>&4 |
        cat >"$BATS_TEST_TMPDIR/out"; } 4>&1 | cat >"$BATS_TEST_TMPDIR/err"
    if [ -z "$WALLS" ]; then
        grep -qx 'no walls' "$BATS_TEST_TMPDIR/out"
        return
    fi
    if [ "$LANDLOCK" -lt 2 ]; then
        expected=$(grep -vE '^(openat|mkdirat|renameat|unlinkat): ' <<<"$expected")
        sed -i -E '/^(openat|mkdirat|renameat|unlinkat): /d' "$BATS_TEST_TMPDIR/out"
    fi
    diff <(echo "$expected") <(grep -E '^[a-z0-9_]+: (done|[A-Z0-9]+)$' "$BATS_TEST_TMPDIR/out") ||
        { cat "$BATS_TEST_TMPDIR"/{out,err}; return 1; }
}

# can_start_nothing PROGRAM...: nor do what only an intruder would.
can_start_nothing() {
    tries "execve: SIGSYS" execve @/bin/true 0 0 -- "$@"
    tries "fork: SIGSYS" fork -- "$@"
    tries "ptrace: SIGSYS" ptrace 16 1 0 0 -- "$@"
    tries "setuid: ENOSYS
kill: ENOSYS
unshare: SIGSYS" setuid 0, kill 1 0, unshare 0 -- "$@"
}

# cannot_break_out PROGRAM...: for those that start others.
cannot_break_out() {
    tries "ptrace: EPERM
bpf: EPERM
mount: EPERM
unshare: EPERM
keyctl: EPERM
io_uring_setup: EPERM
x32_getpid: SIGSYS" ptrace 16 1 0 0, bpf 0 0 0, mount, unshare 0x10000000, keyctl 0, \
        io_uring_setup 1 0, x32_getpid -- "$@"
}

# has_limits NAME=VALUE...: no new privileges, and these hard limits, had the program
# that tried last.
has_limits() {
    local limit list=$BATS_TEST_TMPDIR/list
    [ -n "$WALLS" ] || return 0
    grep -qx 'NoNewPrivs:	1' "$list"
    grep -qx 'Seccomp:	2' "$list"
    for limit in "core file size=0" "$@"; do
        grep -q "^Max ${limit%%=*}  *${limit##*=}  *${limit##*=} " "$list" ||
            { cat "$list"; return 1; }
    done
}

# forks_behind_closer_walls DOOR PROGRAM: what PROGRAM forks for who knocks at DOOR has a
# second filter, and can make no process.
forks_behind_closer_walls() {
    local pid child asker
    "$2" -l "$1" -r "$PWD/ready" 2>log 3>&- &
    pid=$!
    wait_until 5 test -s ready
    # shellcheck disable=SC2317
    is_alone() { ! pgrep -P "$pid"; } # stsd has work of its own at its start
    wait_until 5 is_alone
    python3 -c '
import socket, sys, time
door = socket.socket(socket.AF_UNIX)
door.connect(sys.argv[1])
time.sleep(60)' "$1" 3>&- &
    asker=$!
    wait_until 5 pgrep -P "$pid"
    child=$(pgrep -P "$pid")
    [ -z "$WALLS" ] || wait_until 5 grep -qx 'Seccomp_filters:	2' "/proc/$child/status"
    [ -z "$WALLS" ] || grep -qx 'Seccomp_filters:	1' "/proc/$pid/status"
    [ -z "$WALLS" ] || grep -qE '^Max processes +0 +0 ' "/proc/$child/limits"
    kill "$asker" "$pid"
    wait "$asker" "$pid" || true
}
