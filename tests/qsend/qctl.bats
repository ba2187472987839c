# shellcheck disable=SC2034,SC2154 # set or used by what is loaded
load system

@test "list shows id, size, age, sender, recipients with states, next attempt" {
    play bob@example.org Z
    start_qsend
    id=$(submit -t $(($(date +%s) - 600)) ann@example.org bob@example.org)
    wait_until 5 is_deferred "$id"
    run qctl list
    [ "$status" -eq 0 ]
    [[ ${lines[0]} =~ ^"$id size=21 age=10m next="[0-9]+[sm]" from=<ann@example.org>"$ ]]
    [ "${lines[1]}" = "    done     <ann@example.org>" ]
    [ "${lines[2]}" = "    waiting  <bob@example.org>" ]
    [ "${#lines[@]}" -eq 3 ]
}

@test "list shows what is new and what is under way, and passes over what is no mail" {
    play bob@example.org hang
    start_qsend
    busy=$(submit bob@example.org)
    wait_until 5 seen "job $busy"
    stop_qsend
    new=$(submit -s "" 'ann@example.org')
    mkfifo "$queue/new/abcdefghijklmnopqrstuvwxyz"
    run qctl list
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 4 ]
    [[ $output == *"$busy "*"next=now from=<ann@example.org>"* ]]
    [[ $output == *"$new "*"from=<>"* ]]
}

@test "list escapes what a terminal would act on" {
    submit -s "$(printf 'a\033[2Jb@far.example')" ann@example.org >/dev/null
    run qctl list
    [ "$status" -eq 0 ]
    [[ $output != *$'\033'* ]]
}

@test "list escapes the controls of UTF-8, and no other letter" {
    submit -s "$(printf 'a\302\233\302\200\302\237\302\240\303\233b@far.example')" \
        ann@example.org >/dev/null
    run qctl list
    [ "$status" -eq 0 ]
    [[ $output == *"from=<a\\xc2\\x9b\\xc2\\x80\\xc2\\x9f"$'\302\240\303\233'"b@far.example>"* ]]
}

@test "list works while thousands of messages come and go" {
    start_qsend
    submit -c 300 ann@example.org >/dev/null &
    for i in {1..10}; do
        qctl list >/dev/null
    done
    wait $!
}

@test "stat counts the folders and tells whether qsend runs" {
    submit -c 3 ann@example.org >/dev/null
    run qctl stat
    [ "$status" -eq 0 ]
    [ "$output" = "$(printf 'tmp=0\nnew=3\ncur=0\ncorrupt=0\ndeferred=0\nqsend=stopped')" ]
    play ann@example.org Z
    start_qsend
    wait_until 5 has_files wheel 3
    run qctl stat
    [ "$output" = "$(printf 'tmp=0\nnew=0\ncur=0\ncorrupt=0\ndeferred=3\nqsend=%s' "$qsend_pid")" ]
}

@test "flush, reload and stop reach qsend" {
    play ann@example.org Z
    start_qsend
    id=$(submit ann@example.org)
    wait_until 5 is_deferred "$id"
    : >"$POMBO_DIR/play"
    qctl flush
    wait_until 5 logged "done id=$id"
    write_tables delay_warning=7
    qctl reload
    wait_until 5 logged ' tables'
    qctl stop
    wait "$qsend_pid"
    qsend_pid=
    logged ' stop$'
}

@test "without qsend flush says so and exits 111" {
    run qctl flush
    [ "$status" -eq 111 ]
    [[ $output == *"not running"* ]]
}

@test "who may not read the queue is told so" {
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"{/..,} "$POMBO_DIR" "$queue"
    chmod 700 "$queue"/*
    cp "$POMBO_BIN/qctl" "$bin/qctl"
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$bin/qctl" list
    [ "$status" -eq 100 ]
    [[ $output == *"only root and the queue's user"* ]]
}

@test "wrong usage is told and exits 100" {
    run qctl
    [ "$status" -eq 100 ]
    run qctl list more
    [ "$status" -eq 100 ]
    [[ $output == usage:* ]]
}
