# shellcheck disable=SC2154 # set or used by what is loaded
load system

@test "a derived message that was not reported waits; its parent makes it no second time" {
    play bounce late
    start_qsend
    id=$(submit nobody@example.org)
    # qnotify dies between queueing the bounce and telling of it.
    wait_until 5 [ -e "$queue/new/$id.b0" ]
    : >"$POMBO_DIR/play"
    wait_until 10 logged "done id=$id.b0"
    saw 1 "qlocal [0-9]* job $id.b0 "
    queue_is_empty
}

# left_over KIND STATE: a message in cur/ and a derived one of it in new/, as a crash
# may leave them; at the start the parent's second recipient must get STATE.
left_over() {
    # The parent stays in cur/, its delivery under way.
    play ann@example.org hang
    id=$(submit -s me@far.example ann@example.org bob@example.org)
    mv "$queue/new/$id" "$queue/cur/"
    submit -n "$id.$1" -p "$id:${1:0:1}:1" -s "" x@far.example >/dev/null
    start_qsend
    wait_until 5 seen "qremote [0-9]* job $id.$1 "
    wait_until 5 seen "job $id "
    [ "$(states "$id")" = ".$2" ]
}

@test "left by a crash: a bounce" {
    left_over b1 B
    seen "job $id 0:example.org/ann:$"
}

@test "left by a crash: a forward" {
    left_over f1 D
    seen "job $id 0:example.org/ann:$"
}

@test "left by a crash: a delay warning" {
    left_over w1 w
    seen "job $id 0:example.org/ann: 1:example.org/bob:"
}

@test "left by a power cut that took the parent's state: a success DSN" {
    left_over s1 D
    seen "job $id 0:example.org/ann:$"
}

@test "left by a crash, with the parent in the wheel" {
    id=$(submit ann@example.org bob@example.org)
    mkdir -p "$queue/wheel/00ffffffff" "$queue/wheel/00fffffff0"
    mv "$queue/new/$id" "$queue/wheel/00ffffffff/"
    submit -n "$id.b0" -p "$id:b:0" -s "" ann@example.org >/dev/null
    start_qsend
    wait_until 5 logged "done id=$id.b0"
    [ "$(states "$id")" = B. ]
}

@test "left by a power cut that took the parent's move to cur/ back" {
    id=$(submit ann@example.org bob@example.org)
    submit -n "$id.b0" -p "$id:b:0" -s "" ann@example.org >/dev/null
    start_qsend
    wait_until 5 queue_is_empty
    seen "job $id 1:example.org/bob:$"
}

@test "left by a crash, with the parent gone: delivered" {
    parent=abcdefghijklmnopqrstuvwxyz
    submit -n "$parent.b0" -p "$parent:b:0" -s "" ann@example.org >/dev/null
    start_qsend
    wait_until 5 logged "done id=$parent.b0"
}

@test "a derived name whose content names another parent is set aside" {
    id=abcdefghijklmnopqrstuvwxyz
    submit -n "$id.b0" -p "b${id#?}:b:0" ann@example.org >/dev/null
    submit -n "$id.f0" ann@example.org >/dev/null
    start_qsend
    wait_until 5 logged "corrupt name=$id.b0 .*named wrongly"
    wait_until 5 logged "corrupt name=$id.f0 .*named wrongly"
}

@test "a derived name of another user marks nothing and is set aside" {
    play qlocal hang
    id=$(submit ann@example.org)
    mv "$queue/new/$id" "$queue/cur/"
    submit -n "$id.b0" -p "$id:b:0" -s "" ann@example.org >/dev/null
    chown nobody "$queue/new/$id.b0"
    start_qsend
    wait_until 5 logged "corrupt name=$id.b0 .*another user"
    [ "$(states "$id")" = . ]
    # The one that hangs is known to the end of the test.
    wait_until 5 seen "qlocal [0-9]* job $id"
}
