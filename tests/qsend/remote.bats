# shellcheck disable=SC2154 # set or used by what is loaded
load system

@test "mail of two domains with the same exchangers shares one session" {
    play one.example "mx mx1.hoster.example=192.0.2.1,mx2.hoster.example=192.0.2.2"
    play two.example "mx mx2.hoster.example=192.0.2.2,mx1.hoster.example=192.0.2.1"
    start_qsend
    a=$(submit x@one.example)
    b=$(submit y@two.example)
    wait_until 5 logged "done id=$a"
    wait_until 5 logged "done id=$b"
    saw 1 "qremote [0-9]* start"
    seen "mx one.example"
    seen "mx two.example"
    logged "relayed id=$a to=x@one.example host=mx[12].hoster.example code=2.0.0 text=done"
}

@test "other preferences, hosts or ports make another destination" {
    play one.example "mx mx1.example=192.0.2.1/mx2.example=192.0.2.2"
    play two.example "mx mx2.example=192.0.2.2/mx1.example=192.0.2.1"
    play relay.example "mx mx.route.example=192.0.2.77"
    start_qsend
    submit x@one.example y@two.example a@route.example b@named.example >/dev/null
    wait_until 5 saw 4 "qremote [0-9]* start"
    seen "hosts mx1.example mx1.example:192.0.2.1:25 mx2.example:192.0.2.2:25"
    seen "hosts mx2.example mx2.example:192.0.2.2:25 mx1.example:192.0.2.1:25"
    seen "hosts \[192.0.2.77\] \[192.0.2.77\]:192.0.2.77:2525"
    seen "qmx [0-9]* host relay.example"
    wait_until 5 queue_is_empty
}

@test "recipients of one message at one destination go in one job" {
    start_qsend
    id=$(submit a@far.example b@near.example c@far.example ann@example.org d@far.example)
    wait_until 5 logged "done id=$id"
    seen "job $id 0 2 4$"
    seen "job $id 1$"
}

@test "address literals need no look-up" {
    start_qsend
    id=$(submit "x@[192.0.2.9]" "y@[IPv6:2001:db8::9]" "z@[IPv6:nonsense]" "o@[0.0.0.0]" "p@[IPv6:::]" \
        "q@[IPv6:::ffff:0.0.0.0]")
    wait_until 5 logged "done id=$id.b2"
    seen "hosts .*:192.0.2.9:25"
    seen "hosts .*:2001:db8::9:25"
    saw 0 "qmx .* mx"
    seen "bounce $id .* 2/failed/5.1.2/.* 3/failed/5.4.6/.* 4/failed/5.4.6/.* 5/failed/5.4.6/"
}

@test "what the DNS says no to is bounced, DNS trouble is deferred" {
    play no.example D
    play trouble.example Z
    start_qsend
    no=$(submit x@no.example)
    trouble=$(submit x@trouble.example)
    wait_until 5 logged "done id=$no.b0"
    wait_until 5 is_deferred "$trouble"
    saw 0 qremote
}

@test "an answer is kept: one question for many messages" {
    start_qsend
    submit -c 20 x@far.example >/dev/null
    wait_until 5 queue_is_empty
    submit x@far.example >/dev/null
    wait_until 5 queue_is_empty
    saw 1 "mx far.example"
}

@test "HUP forgets answers" {
    start_qsend
    submit x@far.example >/dev/null
    wait_until 5 queue_is_empty
    kill -HUP "$qsend_pid"
    sleep 0.1
    submit x@far.example >/dev/null
    wait_until 5 queue_is_empty
    saw 2 "mx far.example"
}

@test "one session at first, more as the backlog grows, up to the limit" {
    write_tables concurrency_exchanger=3
    play qremote slow
    start_qsend
    submit x@far.example >/dev/null
    submit x@far.example >/dev/null
    wait_until 5 saw 2 "qremote [0-9]* job"
    saw 1 "qremote [0-9]* start"
    submit -c 60 x@far.example >/dev/null
    wait_until 5 saw 3 "qremote [0-9]* start"
    sleep 0.3
    saw 3 "qremote [0-9]* start"
}

@test "sessions of one destination begin at different hosts of one preference" {
    play far.example "mx a.example=192.0.2.1,b.example=192.0.2.2/c.example=192.0.2.3"
    play qremote slow
    start_qsend
    submit -c 40 x@far.example >/dev/null
    wait_until 5 seen "hosts .* a.example:192.0.2.1:25 b.example:192.0.2.2:25 c.example"
    wait_until 5 seen "hosts .* b.example:192.0.2.2:25 a.example:192.0.2.1:25 c.example"
}

@test "an idle session is closed after the linger" {
    write_tables remote_linger=1
    start_qsend
    submit x@far.example >/dev/null
    wait_until 5 seen "qremote [0-9]* end"
}

@test "no more sessions than concurrency_remote, idle ones make room" {
    # Workers that are slow to start must not be taken for silent servers.
    write_tables concurrency_remote=2 concurrency_silent=0 remote_linger=300
    start_qsend
    for i in 1 2 3 4 5; do
        submit x@far$i.example >/dev/null
    done
    wait_until 5 queue_is_empty
    wait_until 5 runs_two_at_most
}
runs_two_at_most() {
    [ "$(pgrep -cf "python3 $bin/qremote")" -le 2 ]
}

@test "the rate of a destination is kept" {
    write_tables rate_exchanger=240
    start_qsend
    begin=$(date +%s%N)
    submit -c 5 x@far.example >/dev/null
    wait_until 10 queue_is_empty
    [ $((($(date +%s%N) - begin) / 1000000)) -ge 1000 ]
}

@test "a destination that took no more sessions is asked again after a while" {
    write_tables concurrency_exchanger=3
    play qremote slow
    play 192.0.2.1 full
    start_qsend
    submit x@far.example >/dev/null
    submit -c 200 x@far.example >/dev/null
    wait_until 10 has_tried_more
    sleep 2
    tried=$(grep -c "qremote [0-9]* start" "$POMBO_DIR/seen")
    [ "$tried" -le 4 ]
    sed -i '/full/d' "$POMBO_DIR/play"
    more() { [ "$(grep -c "qremote [0-9]* start" "$POMBO_DIR/seen")" -gt "$tried" ]; }
    wait_until 40 more
}
has_tried_more() {
    [ "$(grep -c "qremote [0-9]* start" "$POMBO_DIR/seen")" -gt 1 ]
}

@test "an unreachable destination is tried once, not by every message" {
    write_tables retry_interval=300
    play 192.0.2.1 unreachable
    start_qsend
    first=$(submit x@dead.example)
    wait_until 5 is_deferred "$first"
    submit -c 20 x@dead.example >/dev/null
    wait_until 5 has_files new 0
    wait_until 5 has_files wheel 21
    saw 1 "qremote [0-9]* start"
    logged "unreachable destination=mx.dead.example text=\"connection refused\" seconds=300"
    [ "$(grep -c 'deferred .*code=4.4.1 text="connection refused"' "$log")" -eq 21 ]
}

@test "after the back-off one probe goes out; what works again gets all" {
    write_tables retry_interval=1
    play 192.0.2.1 unreachable
    start_qsend
    first=$(submit x@dead.example)
    wait_until 5 is_deferred "$first"
    sleep 1.1
    submit -c 30 x@dead.example >/dev/null
    wait_until 5 has_files wheel 31
    saw 2 "qremote [0-9]* start"
    logged "unreachable .* seconds=2"
    : >"$POMBO_DIR/play"
    kill -ALRM "$qsend_pid"
    wait_until 10 queue_is_empty
}

# dead COUNT: mail for so many hosts that never answer, then for one that does.
dead() {
    local i
    for ((i = 1; i <= $1; i++)); do
        play "dead$i.example" "mx dead$i=192.0.2.$((100 + i))"
        play "192.0.2.$((100 + i))" hang
    done
    start_qsend
    for ((i = 1; i <= $1; i++)); do
        submit "x@dead$i.example" >/dev/null
    done
    wait_until 5 seen "mx dead$1.example"
    id=$(submit x@far.example)
}

@test "hosts that never answer hold the others up for a moment only" {
    write_tables concurrency_remote=2
    dead 20
    wait_until 10 logged "done id=$id"
    wait_until 5 has_started 21
}
has_started() {
    [ "$(grep -c '^qremote .* start$' "$POMBO_DIR/seen")" -eq "$1" ]
}

@test "of sessions whose servers are silent there are no more than the settings say" {
    write_tables concurrency_remote=2 concurrency_silent=3
    dead 20
    sleep 3
    [ "$(grep -c '^qremote .* start$' "$POMBO_DIR/seen")" -eq 5 ]
    ! logged "done id=$id"
}

@test "a dead destination leaves the others alone" {
    play dead.example "mx dead=192.0.2.66"
    play 192.0.2.66 unreachable
    start_qsend
    submit -c 10 x@dead.example >/dev/null
    id=$(submit x@far.example)
    submit -c 10 x@dead.example >/dev/null
    wait_until 5 logged "done id=$id"
    wait_until 5 has_files wheel 20
}
