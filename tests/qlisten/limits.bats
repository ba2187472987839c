#!/usr/bin/env bats
# Limits in all and per source, and what those over them get.
load common

BUSY="421 4.3.2 too many connections, try again later"

# Greets, and stays until the client closes.
HOLD=(sh -c 'echo hello; exec cat >/dev/null')

@test "connections over the limit in all get the busy line" {
    start -c 3 127.0.0.1:0 -- "${HOLD[@]}"
    run tools crowd "$ADDRESS" 3@127.0.0.1 2@127.0.0.2
    [ "${lines[0]}" = "3 hello" ]
    [ "${lines[1]}" = "2 $BUSY" ]
    logged ' busy source=127.0.0.2 why=all limit=3'
}

@test "connections over the limit of a source leave other sources alone" {
    start -C 2 127.0.0.1:0 -- "${HOLD[@]}"
    run tools crowd "$ADDRESS" 4@127.0.0.1 3@127.0.0.2
    [ "${lines[0]}" = "2 $BUSY, 2 hello" ]
    [ "${lines[1]}" = "1 $BUSY, 2 hello" ]
    logged ' busy source=127.0.0.1 why=source limit=2'
}

@test "a place is free again when a program ends" {
    start -C 2 -v 127.0.0.1:0 -- "${HOLD[@]}"
    for _ in 1 2 3; do
        run tools crowd "$ADDRESS" 2
        [ "$output" = "2 hello" ]
        wait_until 5 sh -c 'tail -n 1 log | grep -q connections=0'
    done
}

@test "addresses with one prefix are one source" {
    start -C 2 -4 24 127.0.0.1:0 -- "${HOLD[@]}"
    run tools crowd "$ADDRESS" 1@127.0.0.1 2@127.0.0.2 2@127.0.1.1
    [ "${lines[0]}" = "1 hello" ]
    [ "${lines[1]}" = "1 $BUSY, 1 hello" ]
    [ "${lines[2]}" = "2 hello" ]
}

# start_on_ipv6 [OPTIONS]: two places a source, in a network of its own where the clients'
# addresses lie in one /64, in another one of the same /48, and in another /48.
start_on_ipv6() {
    # shellcheck disable=SC2016 # expanded by the inner sh
    start_with unshare --net sh -c 'ip link set lo up
        for ip in fd00:0:1:1::1 fd00:0:1:1::ffff fd00:0:1:2::1 fd00:0:2:1::1; do
            ip address add "$ip/128" dev lo nodad
        done
        exec "$@"' sh qlisten -C 2 "$@" '[::1]:0' -- "${HOLD[@]}"
    run nsenter -t "$STARTED" -n python3 "$POMBO_ROOT/tests/qlisten/tools.py" crowd "$ADDRESS" \
        1@fd00:0:1:1::1 2@fd00:0:1:1::ffff 2@fd00:0:1:2::1 1@fd00:0:2:1::1
}

@test "IPv6 addresses of one /64 are one source, with -6 those of another prefix" {
    start_on_ipv6
    [ "${lines[0]}" = "1 hello" ]
    [ "${lines[1]}" = "1 $BUSY, 1 hello" ]
    [ "${lines[2]}" = "2 hello" ]
    [ "${lines[3]}" = "1 hello" ]
    logged ' busy source=fd00:0:1:1::ffff why=source limit=2'
    stop
    rm ready
    start_on_ipv6 -6 48
    [ "${lines[1]}" = "1 $BUSY, 1 hello" ]
    [ "${lines[2]}" = "2 $BUSY" ]
    [ "${lines[3]}" = "1 hello" ]
    stop
    rm ready
    start_on_ipv6 -6 128
    [ "${lines[1]}" = "2 hello" ]
    [ "${lines[2]}" = "2 hello" ]
}

@test "an IPv4 client is the same source on a dual-stack socket" {
    start -C 1 '*:0' 127.0.0.1:0 -- "${HOLD[@]}"
    run tools crowd "$ADDRESS" 1@127.0.0.1 1@127.0.0.1 1@127.0.0.2
    [ "${lines[0]}" = "1 hello" ]
    [ "${lines[1]}" = "1 $BUSY" ]
    [ "${lines[2]}" = "1 hello" ]
}

@test "users are the sources of a UNIX socket, and root has no limit" {
    chmod 711 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
    # Under a path of root's nobody else could run the tools.
    socket=$(mktemp -u /tmp/qlisten-test.XXXXXX)
    start -C 2 "unix:$socket,mode=0666" -- "${HOLD[@]}"
    if [ "$(id -u)" -eq 0 ]; then
        run tools crowd "$ADDRESS" 4
        [ "$output" = "4 hello" ]
        cp "$POMBO_ROOT/tests/qlisten/tools.py" "$socket.py"
        run setpriv --reuid=65534 --regid=65534 --clear-groups \
            /usr/bin/python3 "$socket.py" crowd "$ADDRESS" 4
        rm "$socket.py"
    else
        run tools crowd "$ADDRESS" 4
    fi
    [ "$output" = "2 $BUSY, 2 hello" ]
    logged ' busy source=uid:[1-9][0-9]* why=source'
}

@test "-B sets the busy line, and an empty one sends none" {
    start -c 1 -B '-ERR [SYS/TEMP] busy' 127.0.0.1:0 -- "${HOLD[@]}"
    run tools crowd "$ADDRESS" 1 1
    [ "${lines[1]}" = "1 -ERR [SYS/TEMP] busy" ]
    stop
    rm ready
    start -c 1 -B '' 127.0.0.1:0 -- "${HOLD[@]}"
    run tools crowd "$ADDRESS" 1 1
    [ "${lines[1]}" = "1 " ]
}

@test "the busy line ends in CRLF and reaches a client that talks first" {
    start -c 1 127.0.0.1:0 -- sleep 3
    tools get "$ADDRESS" &
    holder=$!
    wait_until 5 pgrep -P "$STARTED" sleep >/dev/null
    tools early "$ADDRESS" >answer 2>error || true
    tools get "$ADDRESS" >busy
    [ "$(cat busy)" = "$BUSY"$'\r' ]
    [ "$(cat answer)" = "$BUSY"$'\r' ] || grep -q ConnectionResetError error
    stop
    wait "$holder"
}

@test "a flood makes ten lines a second at most" {
    start -c 1 127.0.0.1:0 -- "${HOLD[@]}"
    tools crowd "$ADDRESS" 1 200 >/dev/null
    [ "$(grep -c ' busy ' log)" -le 40 ]
    sleep 1.1
    tools crowd "$ADDRESS" 1 1 >/dev/null
    logged ' busy .* skipped=[1-9]'
}
