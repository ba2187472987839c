# shellcheck disable=SC2154 # set or used by what is loaded
load system

@test "a message for a mailbox is delivered and removed" {
    start_qsend
    id=$(submit ann@example.org)
    wait_until 5 logged "done id=$id"
    seen "qlocal [0-9]* job $id 0:example.org/ann:$"
    logged "takeover id=$id from=ann@example.org size=21 recipients=1 by=test"
    logged "delivered id=$id to=ann@example.org"
    queue_is_empty
}

@test "what was queued while qsend was down is delivered at its start" {
    id=$(submit ann@example.org)
    start_qsend
    wait_until 5 logged "done id=$id"
}

@test "local recipients of one message go in one job" {
    start_qsend
    id=$(submit ann@example.org bob@example.org ann+news@example.org)
    wait_until 5 logged "done id=$id"
    seen "job $id 0:example.org/ann: 1:example.org/bob: 2:example.org/ann:ann+news@example.org"
}

@test "an unknown local user is bounced" {
    start_qsend
    id=$(submit nobody@example.org)
    wait_until 5 logged "done id=$id.b0"
    seen "qnotify [0-9]* bounce $id from=<ann@example.org> 0/failed/5.1.1//no such user"
    seen "qlocal [0-9]* job $id.b0 0:example.org/ann:$"
    queue_is_empty
}

@test "one bounce covers all recipients that failed in an attempt" {
    play bob@example.org D
    start_qsend
    id=$(submit nobody@example.org ann@example.org bob@example.org)
    wait_until 5 logged "done id=$id.b0"
    saw 1 " bounce $id "
    seen "bounce $id .* 0/failed/5.1.1//no .* 2/failed/5.2.0//never"
}

@test "NOTIFY=NEVER and NOTIFY without FAILURE suppress the bounce" {
    start_qsend
    id=$(submit nobody@example.org=n none@example.org=s)
    wait_until 5 logged "done id=$id"
    saw 0 bounce
    queue_is_empty
}

@test "a failure of a bounce goes to qnotify as well" {
    start_qsend
    id=$(submit -s "" nobody@example.org)
    wait_until 5 logged "done id=$id"
    seen "bounce $id from=<> 0/failed"
    queue_is_empty
}

@test "an alias is forwarded by qnotify and its new message delivered" {
    start_qsend
    id=$(submit sales@example.org)
    wait_until 5 logged "done id=$id.f0"
    seen "forward $id from=<ann@example.org> 0$"
    seen "job $id.f0 0:example.org/bob:$"
    queue_is_empty
}

@test "an address that came from an alias is not looked up in aliases again" {
    start_qsend
    id=$(submit sales@example.org!)
    wait_until 5 logged "done id=$id"
    saw 0 forward
    seen "bounce $id"
}

@test "success DSNs: local ones, relayed ones, and none where the next host sends it" {
    play R@far.example R
    start_qsend
    id=$(submit ann@example.org=s bob@example.org R@far.example=s K@far.example=s)
    wait_until 5 logged "done id=$id.s0"
    wait_until 5 logged "done id=$id\$"
    saw 1 " success $id "
    seen "success $id .* 0/delivered/.* 2/relayed/2.0.0/mx.far.example/passed on$"
}

@test "a success DSN that was owed at a kill is made after the restart" {
    play qnotify hang
    start_qsend
    id=$(submit ann@example.org=s)
    wait_until 5 seen "success $id"
    [ "$(states "$id")" = s ]
    stop_qsend
    : >"$POMBO_DIR/play"
    start_qsend
    wait_until 5 logged "done id=$id.s0"
    saw 1 "qlocal [0-9]* job $id "
    queue_is_empty
}

@test "a message with 3000 local recipients is split into packets" {
    start_qsend
    mapfile -t to < <(seq -f 'ann+number%gofaverylongextension@example.org' 3000)
    id=$(submit "${to[@]}")
    wait_until 10 logged "done id=$id\$"
    [ "$(grep -c "delivered id=$id" "$log")" -eq 3000 ]
    [ "$(grep -c "job $id" "$POMBO_DIR/seen")" -gt 3 ]
}
