# For the tests of qsend: the real scheduler with stand-ins for its workers.
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$TESTS/../helpers.bash"

setup() {
    export POMBO_DIR=$BATS_TEST_TMPDIR/pombo
    export WORKER_LIB=$TESTS
    queue=$POMBO_DIR/queue
    log=$POMBO_DIR/log
    bin=$BATS_TEST_TMPDIR/bin
    mkdir -p "$POMBO_DIR/etc" "$queue"/{tmp,new,cur,wheel,corrupt} "$bin"
    # Programs are looked for beside qstart's own file.
    cp "$POMBO_BIN"/{qstart,qsend,qspawn} "$bin"
    for worker in qlocal qremote qmx qnotify; do
        cp "$TESTS/worker.py" "$bin/$worker"
    done
    : >"$POMBO_DIR/play"
    : >"$POMBO_DIR/seen"
    write_tables
}

teardown() {
    stop_qsend
}

# write_tables [SETTING=VALUE | TABLE:KEY=VALUE]...: ann and bob are users, sales is an
# alias, example.com goes to a route. Seconds and such as plain numbers.
write_tables() {
    local rows=(domains:example.org=local "users:ann@example.org=example.org/ann 0 0"
        "users:bob@example.org=example.org/bob 1000 10"
        "aliases:sales@example.org=bob@example.org"
        "routes:route.example=[192.0.2.77] 2525" "routes:named.example=relay.example 0"
        conf:host_name=mail.example.org)
    local setting row
    for setting; do
        [[ ${setting%%=*} = *:* ]] || setting=conf:$setting
        rows+=("$setting")
    done
    for row in "${rows[@]}"; do
        printf '+%d,%d:%s->%s\0\n' "$(printf %s "${row%%=*}" | wc -c)" \
            $(($(printf %s "${row#*=}" | wc -c) + 1)) "${row%%=*}" "${row#*=}"
    done >"$BATS_TEST_TMPDIR/rows"
    echo >>"$BATS_TEST_TMPDIR/rows"
    cdb -c -t "$POMBO_DIR/etc/tables.new" "$POMBO_DIR/etc/tables.cdb" \
        <"$BATS_TEST_TMPDIR/rows"
}

start_qsend() {
    "$bin/qstart" 2>>"$log" 3>&- &
    qsend_pid=$!
    wait_until 5 grep -q ' start' "$log"
}

stop_qsend() {
    if [ -n "$qsend_pid" ]; then
        kill -KILL "$qsend_pid" 2>/dev/null || true
        wait "$qsend_pid" 2>/dev/null || true
        qsend_pid=
        wait_until 5 no_workers
    fi
}

# The stand-ins end with qsend; one that hangs on purpose is ended here.
no_workers() {
    local pid
    for pid in $(cut -d' ' -f2 "$POMBO_DIR/seen" | sort -u); do
        if [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$PWD" ] &&
            tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "$bin/"; then
            kill "$pid"
            return 1
        fi
    done
}

play() {
    echo "$*" >>"$POMBO_DIR/play"
}

submit() {
    python3 "$TESTS/queuefile.py" "$@"
}

logged() {
    grep -q -- "$*" "$log"
}

seen() {
    grep -q -- "$*" "$POMBO_DIR/seen"
}

# saw NUMBER TEXT: so many lines of what workers saw hold TEXT.
saw() {
    local number=$1
    shift
    [ "$(grep -c -- "$*" "$POMBO_DIR/seen")" -eq "$number" ]
}

files_in() {
    find "$queue/$1" -mindepth 1 ! -type d | wc -l
}

# has_files FOLDER NUMBER
has_files() {
    [ "$(files_in "$1")" -eq "$2" ]
}

is_deferred() {
    ls "$queue"/wheel/*/"$1" >/dev/null 2>&1
}

# states NAME: the recipients' states of a message, wherever it lies.
states() {
    sed -n '/^$/q; s/^R \(.\) .*/\1/p' "$(find "$queue" -name "$1")" | tr -d '\n'
}
