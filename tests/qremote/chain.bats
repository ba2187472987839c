# shellcheck disable=SC2154 # set by dns.bash; keys of an associative array
# qsend, qmx and qremote together, with a real name server and servers of the test.
load setup
load ../dns

teardown() {
    local pid
    if [ -n "$qsend_pid" ]; then
        kill "$qsend_pid" 2>/dev/null || true
        wait "$qsend_pid" || true
        wait_until 10 none_left
    fi
    stop_dns
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

none_left() {
    ! pgrep -f "^$bin/" >/dev/null
}

# start_chain PORT [SETTING=VALUE]...: with zone example, whose records come on standard
# input. All servers have the same port.
start_chain() {
    bin=$BATS_TEST_TMPDIR/bin
    mkdir -p "$POMBO_DIR"/queue/{tmp,new,cur,wheel,corrupt} "$POMBO_DIR/mail" "$bin"
    cp "$POMBO_BIN"/{qstart,qsend,qspawn,qmx,qremote,qnotify,qlocal} "$bin"
    {
        # shellcheck disable=SC2016 # for the zone
        printf '$ORIGIN example.\n$TTL 3600\n'
        printf '@ SOA ns root 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n'
        cat
    } >example.zone
    start_dns dns example.zone
    write_settings "dns_server=$dns_server" "remote_port=$1" "${@:2}"
    : >log
    "$bin/qstart" 2>>log 3>&- &
    qsend_pid=$!
    wait_until 5 logged ' start'
}

submit() {
    python3 "$TESTS/../qsend/queuefile.py" "$@"
}

logged() {
    grep -q -- "$*" log
}

# Tries deferred mail at once, again and again.
is_flushed() {
    kill -ALRM "$qsend_pid"
    sleep 0.3
    queue_is_empty
}

@test "a dead first exchanger: the second gets it" {
    start_server a 127.0.0.2 EHLO=PIPELINING,DSN
    start_chain "${port[a]}" <<'Z'
far MX 10 dead
far MX 20 good
dead A 127.0.0.9
good A 127.0.0.2
Z
    id=$(submit x@far.example)
    wait_until 10 queue_is_empty
    logged "relayed id=$id to=x@far.example host=good.example code=2.0.0"
    saw a 1 message
}

@test "a hundred messages of two domains with the same exchangers share sessions" {
    start_server a 127.0.0.2 EHLO=PIPELINING,DSN
    start_chain "${port[a]}" concurrency_exchanger=2 <<'Z'
one MX 10 mx
two MX 10 mx
mx A 127.0.0.2
Z
    submit -c 50 x@one.example y@two.example >/dev/null
    submit -c 50 y@two.example >/dev/null
    wait_until 20 queue_is_empty
    [ "$(grep -c ' relayed ' log)" -eq 150 ]
    [ "$(grep -c RCPT a/seen)" -eq 150 ]
    [ "$(grep -c connect a/seen)" -le 4 ]
}

@test "no message is lost or doubled where the server ends its sessions at odd times" {
    start_server a 127.0.0.2 EHLO=PIPELINING,DSN "1*CONNECT=421 later|CLOSE" \
        "5*MAIL=250 ok" "1*MAIL=421 4.3.2 enough|CLOSE" "10*MAIL=250 ok" \
        "1*MAIL=DROP" "20*RCPT=250 ok" "1*RCPT=421 4.3.2 enough|CLOSE"
    start_chain "${port[a]}" <<'Z'
far MX 10 mx
mx A 127.0.0.2
Z
    submit -c 60 x@far.example >/dev/null
    wait_until 30 is_flushed || { cat log; return 1; }
    saw a 60 message
    [ "$(grep -c ' relayed ' log)" -eq 60 ]
}

@test "a destination that is down is left alone, and gets its mail when it is back" {
    port[a]=$(free_port)
    start_chain "${port[a]}" <<'Z'
far MX 10 mx
mx A 127.0.0.2
Z
    submit -c 10 x@far.example >/dev/null
    wait_until 5 logged 'text="mx.example \[127.0.0.2\] refuses the connection"'
    start_server a "127.0.0.2:${port[a]}" EHLO=PIPELINING,DSN
    wait_until 20 is_flushed
    saw a 10 message
}

@test "a thousand recipients of one message, in groups" {
    start_server a 127.0.0.2 EHLO=PIPELINING,DSN
    start_chain "${port[a]}" <<'Z'
far MX 10 mx
mx A 127.0.0.2
Z
    # shellcheck disable=SC2046 # words are wanted
    submit $(seq -f 'r%g@far.example' 1 1000) >/dev/null
    wait_until 20 queue_is_empty
    saw a 10 message
    saw a 1000 RCPT
    [ "$(grep -c ' relayed ' log)" -eq 1000 ]
}

# The name server's answers may be kept for an hour, and qmx lingers for ten seconds.
@test "a new setting dns_server holds for the next message" {
    start_server a 127.0.0.2
    start_chain "${port[a]}" <<'Z'
far MX 10 old
old A 127.0.0.2
Z
    pids+=("$dns_pid")
    submit x@far.example >/dev/null
    wait_until 10 logged "to=x@far.example host=old.example"
    mkdir new
    sed 's/old/new/' example.zone >new/example.zone
    start_dns new/dns new/example.zone
    write_settings "dns_server=$dns_server" "remote_port=${port[a]}"
    kill -HUP "$qsend_pid"
    wait_until 5 logged ' tables'
    submit y@far.example >/dev/null
    wait_until 10 logged "to=y@far.example host="
    logged "to=y@far.example host=new.example"
}

@test "an answer that was asked for before a new setting is given once, and not kept" {
    start_server a 127.0.0.2
    start_chain "${port[a]}" <<'Z'
far MX 10 old
old A 127.0.0.2
Z
    pids+=("$dns_pid")
    kill -STOP "$dns_pid"
    submit x@far.example >/dev/null
    asked() { pgrep -f "^$bin/qmx" >/dev/null; }
    wait_until 5 asked
    sleep 0.3
    mkdir new
    sed 's/old/new/' example.zone >new/example.zone
    old_pid=$dns_pid
    start_dns new/dns new/example.zone
    write_settings "dns_server=$dns_server" "remote_port=${port[a]}"
    kill -HUP "$qsend_pid"
    wait_until 5 logged ' tables'
    kill -CONT "$old_pid"
    wait_until 20 logged "to=x@far.example host="
    submit y@far.example >/dev/null
    wait_until 10 logged "to=y@far.example host="
    logged "to=y@far.example host=new.example"
}
