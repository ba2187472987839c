# shellcheck disable=SC2154 # set or used by what is loaded
load system

flush() {
    kill -ALRM "$qsend_pid"
}

# next_attempt NAME: seconds from now to the time of its folder.
next_attempt() {
    local folder
    folder=$(basename "$(dirname "$(ls "$queue"/wheel/*/"$1")")")
    echo $((0x$folder * 16 - $(date +%s)))
}

wheel_is_empty() {
    [ -z "$(ls "$queue/wheel")" ]
}

@test "a temporary failure goes to the wheel, and ALRM tries it now" {
    play bob@example.org Z
    start_qsend
    id=$(submit bob@example.org)
    wait_until 5 is_deferred "$id"
    wait_until 5 logged "deferred id=$id to=bob@example.org code=4.2.0 text=\"not now\""
    : >"$POMBO_DIR/play"
    flush
    wait_until 5 logged "done id=$id"
    logged "retry id=$id"
    queue_is_empty
    wait_until 5 wheel_is_empty # its folder goes when the next one is looked for
}

@test "states are written: who has it does not get it again" {
    play bob@example.org Z
    start_qsend
    id=$(submit ann@example.org bob@example.org nobody@example.org)
    wait_until 5 is_deferred "$id"
    [ "$(states "$id")" = D.B ]
    flush
    wait_until 5 saw 2 "job $id "
    seen "job $id 1:example.org/bob:$"
    wait_until 5 logged "done id=$id.b2"
}

@test "the schedule is quadratic in the age" {
    write_tables retry_interval=20
    play bob@example.org Z
    start_qsend
    now=$(date +%s)
    new=$(submit bob@example.org)
    # isqrt(10000) + 20 = 120; 120 * 120 = 14400 after arrival, 4400 from now.
    old=$(submit -t $((now - 10000)) bob@example.org)
    wait_until 5 is_deferred "$new"
    wait_until 5 is_deferred "$old"
    [ "$(next_attempt "$new")" -ge 395 ]
    [ "$(next_attempt "$new")" -le 500 ] # where it took some seconds: (isqrt(4) + 20)^2, and the unit
    [ "$(next_attempt "$old")" -ge 4390 ]
    [ "$(next_attempt "$old")" -le 4650 ]
}

@test "the last attempt comes at the end of the lifetime" {
    write_tables queue_lifetime=500 retry_interval=100
    play bob@example.org Z
    start_qsend
    id=$(submit bob@example.org)
    wait_until 5 is_deferred "$id"
    [ "$(next_attempt "$id")" -le 516 ]
}

@test "a folder that comes due is opened without being asked to" {
    write_tables retry_interval=1
    play bob@example.org Z
    start_qsend
    id=$(submit bob@example.org)
    wait_until 5 is_deferred "$id"
    : >"$POMBO_DIR/play"
    wait_until 20 logged "done id=$id"
}

@test "a message past its lifetime is bounced with its last failure" {
    write_tables queue_lifetime=3600
    play bob@example.org Z
    start_qsend
    id=$(submit -t $(($(date +%s) - 4000)) bob@example.org)
    wait_until 5 logged "done id=$id.b0"
    seen "bounce $id .* 0/failed/4.4.7//not now"
    logged "failed id=$id to=bob@example.org .*reason=expired"
}

@test "bounces have a lifetime of their own" {
    write_tables queue_lifetime=360000 bounce_lifetime=3600
    play bob@example.org Z
    start_qsend
    id=$(submit -s "" -t $(($(date +%s) - 4000)) bob@example.org)
    wait_until 5 logged "done id=$id"
    seen "bounce $id from=<> 0/failed/4.4.7"
}

@test "the delay warning is sent once, and only to who may have it" {
    write_tables delay_warning=3600
    play qlocal Z
    play R1@far.example Z
    play R2@far.example Z
    play R3@far.example Z
    start_qsend
    old=$(($(date +%s) - 4000))
    id=$(submit -t $old -s me@far.example ann@example.org bob@example.org=n \
        R1@far.example=f R2@far.example=d R3@far.example=fd)
    wait_until 5 is_deferred "$id"
    [ "$(states "$id")" = "w..ww" ]
    seen "delay $id .* 0/delayed/4.2.0//not now 3/delayed/.* 4/delayed"
    flush
    wait_until 5 logged "retry id=$id"
    wait_until 5 is_deferred "$id"
    saw 1 " delay $id "
}

@test "no delay warning for bounces or young mail, or where the setting is 0" {
    write_tables delay_warning=3600 bounce_lifetime=360000
    play qlocal Z
    start_qsend
    old=$(($(date +%s) - 4000))
    null=$(submit -t $old -s "" ann@example.org)
    young=$(submit ann@example.org)
    wait_until 5 is_deferred "$null"
    wait_until 5 is_deferred "$young"
    write_tables delay_warning=0 bounce_lifetime=360000
    kill -HUP "$qsend_pid"
    wait_until 5 logged ' tables'
    none=$(submit -t $old ann@example.org)
    wait_until 5 is_deferred "$none"
    saw 0 " delay "
}

@test "a bounce that could not be queued leaves the message for another attempt" {
    play nobody D
    play bounce Z
    start_qsend
    id=$(submit nobody@example.org)
    wait_until 5 is_deferred "$id"
    [ "$(states "$id")" = . ]
    : >"$POMBO_DIR/play"
    flush
    wait_until 5 logged "done id=$id.b0"
}

@test "a wheel of a former life is found again, due folders are read at once" {
    mkdir -p "$queue/wheel/0000000123" "$queue/wheel/ffffffffff" "$queue/wheel/odd"
    due=$(submit ann@example.org)
    far=$(submit bob@example.org)
    mv "$queue/new/$due" "$queue/wheel/0000000123/"
    mv "$queue/new/$far" "$queue/wheel/ffffffffff/"
    start_qsend
    wait_until 5 logged "done id=$due"
    [ ! -e "$queue/wheel/0000000123" ]
    is_deferred "$far"
    logged "skipped folder=wheel name=odd"
    flush
    wait_until 5 logged "done id=$far"
}
