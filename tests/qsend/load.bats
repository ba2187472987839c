# shellcheck disable=SC2154 # set or used by what is loaded
load system

@test "10,000 deferred messages: new mail passes them, memory stays small" {
    play dead.example "mx dead=192.0.2.66"
    play 192.0.2.66 unreachable
    mkdir -p "$queue/wheel/0000000001" "$queue/wheel/00ffffffff"
    submit -c 10000 x@dead.example >/dev/null
    mv "$queue/new" "$queue/wheel/0000000002"
    mkdir "$queue/new"
    start_qsend
    id=$(submit ann@example.org)
    wait_until 2 logged "done id=$id"
    wait_until 20 no_due_mail
    has_files wheel 10000
    saw 1 "qremote [0-9]* start"
    [ "$(awk '/^VmHWM/ { print $2 }' "/proc/$qsend_pid/status")" -lt 40000 ]
}

no_due_mail() {
    [ ! -e "$queue/wheel/0000000002" ] && has_files cur 0
}

@test "5,000 messages at once are delivered, each once" {
    start_qsend
    submit -c 5000 ann@example.org >/dev/null
    wait_until 20 queue_is_empty
    [ "$(grep -c ' done ' "$log")" -eq 5000 ]
    saw 5000 "qlocal [0-9]* job"
}

@test "more new mail than names are kept for: found by looking again" {
    submit -c 9000 ann@example.org >/dev/null
    start_qsend
    wait_until 30 queue_is_empty
    [ "$(grep -c ' done ' "$log")" -eq 9000 ]
}

@test "a slow destination does not hold up others" {
    play slow.example "mx slow=192.0.2.9"
    play x@slow.example hang
    submit -c 3000 x@slow.example >/dev/null
    start_qsend
    id=$(submit y@fast.example)
    wait_until 5 logged "done id=$id"
    id=$(submit ann@example.org)
    wait_until 5 logged "done id=$id"
}
