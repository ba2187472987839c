# shellcheck disable=SC2154 # set or used by what is loaded
load system

@test "a job whose worker dies is done again by the next worker" {
    play bob@example.org die
    start_qsend
    id=$(submit bob@example.org)
    wait_until 5 saw 1 "qlocal [0-9]* job $id"
    : >"$POMBO_DIR/play"
    wait_until 5 logged "done id=$id"
    logged "ended-badly program=$bin/qlocal .*code=1"
}

@test "a worker that talks nonsense is closed, and the next one does its jobs" {
    local words
    for words in "result 99 0 K a b c" "result 1 7 K a b c" "result 1 0 K" \
        "result 1 0 X a b c" nonsense; do
        : >"$log"
        play qlocal "nonsense $words"
        start_qsend
        id=$(submit bob@example.org)
        wait_until 5 seen "qlocal [0-9]* closed"
        : >"$POMBO_DIR/play"
        wait_until 5 logged "done id=$id"
        [ "$(grep -c 'bad-packet program=qlocal' "$log")" -eq 1 ]
        saw 2 "qlocal [0-9]* job $id"
        stop_qsend
        : >"$POMBO_DIR/seen"
    done
}

@test "so is a qremote" {
    play x@far.example "nonsense gibberish"
    start_qsend
    id=$(submit x@far.example)
    wait_until 5 seen "qremote [0-9]* closed"
    : >"$POMBO_DIR/play"
    wait_until 10 logged "done id=$id"
    [ "$(grep -c 'bad-packet program=qremote' "$log")" -eq 1 ]
}

@test "what a worker said before its nonsense counts" {
    play bob@example.org "nonsense nonsense"
    start_qsend
    id=$(submit ann@example.org bob@example.org)
    wait_until 5 seen "qlocal [0-9]* closed"
    : >"$POMBO_DIR/play"
    wait_until 5 logged "done id=$id"
    [ "$(grep -c "delivered id=$id to=ann@example.org" "$log")" -eq 1 ]
    seen "job $id 1:example.org/bob:$"
}

@test "a job over which workers talk nonsense is put off, those behind it are done" {
    play bob@example.org "nonsense nonsense"
    start_qsend
    poison=$(submit bob@example.org)
    ids=$(submit -c 10 ann@example.org)
    wait_until 20 is_deferred "$poison"
    for id in $ids; do
        wait_until 20 logged "done id=$id"
    done
    logged "deferred id=$poison .*code=4.3.0"
}

@test "nonsense of qmx holds up its own question alone, and for no longer than its deaths" {
    play far.example "nonsense mx 1 Q a b 60"
    start_qsend
    far=$(submit x@far.example)
    wait_until 5 seen "mx far.example"
    near=$(submit x@near.example)
    wait_until 15 is_deferred "$far"
    logged "deferred id=$far .*code=4.4.3"
    wait_until 15 logged "done id=$near"
    [ "$(grep -c 'bad-packet program=qmx' "$log")" -le 3 ]
    saw 0 "qmx [0-9]* end"
    saw 2 "qmx [0-9]* closed"
}

@test "a message that kills workers is put off, those beside it are delivered" {
    play bob@example.org die
    poison=$(submit bob@example.org)
    ids=$(submit -c 10 ann@example.org)
    start_qsend
    wait_until 20 is_deferred "$poison"
    for id in $ids; do
        wait_until 10 logged "done id=$id"
    done
    logged "deferred id=$poison .*code=4.3.0"
}

@test "those behind it are delivered too, whatever comes first" {
    write_tables concurrency_local=1
    play start-qlocal gate
    play bob@example.org die
    start_qsend
    poison=$(submit bob@example.org)
    sleep 0.2
    ids=$(submit -c 10 ann@example.org)
    sleep 0.2
    touch "$POMBO_DIR/gate"
    wait_until 20 is_deferred "$poison"
    for id in $ids; do
        wait_until 20 logged "done id=$id"
    done
}

@test "a missing program defers the mail, slowly and with the reason" {
    rm "$bin/qlocal"
    start_qsend
    ids=$(submit -c 5 ann@example.org)
    wait_until 15 has_files wheel 5
    [ "$(grep -c ' spawn ' "$log")" -le 8 ]
    logged "deferred .*code=4.3.0 text=\"the delivery program"
    cp "$TESTS/worker.py" "$bin/qlocal"
    kill -ALRM "$qsend_pid"
    wait_until 15 queue_is_empty
}

@test "without qmx remote mail waits and local mail goes on" {
    rm "$bin/qmx"
    start_qsend
    far=$(submit x@far.example)
    near=$(submit ann@example.org)
    wait_until 5 logged "done id=$near"
    wait_until 15 is_deferred "$far"
    logged "deferred id=$far .*code=4.4.3"
}

@test "qlocal is fed ahead, so that it can share its syncs" {
    play qlocal hang
    submit -c 30 ann@example.org >/dev/null
    start_qsend
    wait_until 5 seen "qlocal .* job"
    # It reads one job and hangs: the others lie in its socket already.
    sleep 0.3
    pid=$(sed -n 's/^qlocal \([0-9]*\) job.*/\1/p' "$POMBO_DIR/seen" | head -1)
    : >"$POMBO_DIR/play"
    kill -KILL "$pid"
    wait_until 10 queue_is_empty
    [ "$(grep -c 'qlocal [0-9]* start' "$POMBO_DIR/seen")" -eq 2 ]
}

@test "more than one qlocal only with a backlog, idle ones are closed" {
    write_tables concurrency_local=3
    start_qsend
    submit -c 50 ann@example.org >/dev/null
    wait_until 5 queue_is_empty
    saw 1 "qlocal [0-9]* start"
    wait_until 8 seen "qlocal [0-9]* end"
}

@test "TERM waits for the jobs in hand and starts no others" {
    play qlocal slow
    start_qsend
    id=$(submit ann@example.org)
    wait_until 5 seen "job $id"
    kill -TERM "$qsend_pid"
    wait "$qsend_pid"
    qsend_pid=
    logged "done id=$id"
    logged " stop\$"
    queue_is_empty
    wait_until 5 seen "qlocal [0-9]* end"
}

@test "TERM leaves what is not in hand in cur/, and the next start delivers it" {
    write_tables concurrency_remote=1 concurrency_silent=0
    play one@far.example gate
    start_qsend
    one=$(submit one@far.example)
    wait_until 5 seen "job $one"
    two=$(submit two@near.example)
    wait_until 5 seen "mx near.example"
    sleep 0.1
    kill -TERM "$qsend_pid"
    sleep 0.1
    touch "$POMBO_DIR/gate"
    wait "$qsend_pid"
    qsend_pid=
    logged "done id=$one"
    [ -e "$queue/cur/$two" ]
    start_qsend
    wait_until 5 logged "done id=$two"
}

@test "a kill in flight: what was marked is not delivered again, the rest is" {
    play bob@example.org hang
    start_qsend
    id=$(submit ann@example.org bob@example.org)
    wait_until 5 logged "delivered id=$id to=ann@example.org"
    wait_until 5 [ "$(states "$id")" = "D." ]
    stop_qsend
    : >"$POMBO_DIR/play"
    start_qsend
    wait_until 5 logged "done id=$id"
    seen "job $id 1:example.org/bob:$"
}

@test "a second qsend on the same queue is refused" {
    start_qsend
    run "$bin/qstart"
    [ "$status" -eq 111 ]
    [[ $output == *lock* ]]
}

@test "the death of a spawner ends qsend, for whoever restarts it" {
    start_qsend
    pkill -KILL -P "$qsend_pid" -f "$bin/qmx"
    status=0
    wait "$qsend_pid" || status=$?
    [ "$status" -eq 111 ]
    qsend_pid=
    logged spawner-died
}

@test "qspawn and the workers end with qsend" {
    start_qsend
    submit ann@example.org x@far.example sales@example.org >/dev/null
    wait_until 5 queue_is_empty
    pids=$(pgrep -f "$bin/")
    stop_qsend
    for pid in $pids; do
        wait_until 5 eval "! kill -0 $pid 2>/dev/null"
    done
}

@test "workers get the environment, and no descriptors of others" {
    cat >"$bin/qlocal" <<END
#!/bin/sh
echo "\$POMBO_DIR" >"$BATS_TEST_TMPDIR/dir"
find /proc/self/fd -type l -printf '%f %l\n' >"$BATS_TEST_TMPDIR/fds"
END
    start_qsend
    submit ann@example.org >/dev/null
    wait_until 5 [ -s "$BATS_TEST_TMPDIR/fds" ]
    [ "$(cat "$BATS_TEST_TMPDIR/dir")" = "$POMBO_DIR" ]
    grep -q '^0 socket:' "$BATS_TEST_TMPDIR/fds"
    [ "$(grep -c socket: "$BATS_TEST_TMPDIR/fds")" -eq 1 ]
}
