#!/usr/bin/env bats
# shellcheck disable=SC2034 # CONF and ROUTES are read by system_up
# Large queues: start, memory, and new mail beside 100,000 deferred messages (POMBO_ABUSE_DEFERRED
# sets another number) for hosts that are dead in each of the three ways.
# shellcheck disable=SC2034 # set or used by what is loaded
load common

teardown() {
    system_down
    stop_background silent-hosts dead-dns sink
    [ ! -e "$BATS_TEST_TMPDIR/mounted" ] || umount "$DIR/queue"
}

# The queue in memory: 100,000 files are made and removed in a second or two there. With
# POMBO_ABUSE_DISK set it stays on the disk.
mount_queue() {
    [ -z "${POMBO_ABUSE_DISK:-}" ] || return 0
    mkdir -p "$BATS_TEST_TMPDIR/system/queue"
    mount -t tmpfs -o size=75%,nr_inodes=0,mode=700 tmpfs "$BATS_TEST_TMPDIR/system/queue"
    touch "$BATS_TEST_TMPDIR/mounted"
}

# dead_addresses N: as many, in turn: domains whose name server does not answer, hosts that
# refuse connections, hosts that take them and are silent.
dead_addresses() {
    local i
    for i in $(seq 1 $(($1 / 3))); do
        echo "x@nobody-answers-$i.test"
        echo "x@[127.0.$((1 + i / 250)).$((i % 250 + 1))]"
        echo "x@[127.0.$((101 + i / 250)).$((i % 250 + 1))]"
    done
}

@test "100,000 deferred messages for dead hosts: a start in seconds, little memory, new mail passes" {
    deferred=$((${POMBO_ABUSE_DEFERRED:-100000} / SCALE))
    dead_port=$(free_port) dns_port=$(free_port) sink_port=$(free_port)
    mapfile -t dead < <(dead_addresses 600)
    start_background sink python3 "$ABUSE/sink.py" 127.0.0.21 "$sink_port" "$BATS_TEST_TMPDIR/sink"
    # shellcheck disable=SC2046 # one word an address
    start_background silent-hosts python3 "$ABUSE/silent_server.py" "$dead_port" \
        $(printf '%s\n' "${dead[@]}" | sed -n 's/^x@\[\(127.0.1[0-9][0-9].*\)\]/\1/p')
    start_background dead-dns python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', $dns_port))
time.sleep(100000)"
    CONF="dns_server = 127.0.0.1:$dns_port
remote_port = $dead_port
remote_greeting_timeout = 1h
delay_warning = 0"
    ROUTES="far.test [127.0.0.21]:$sink_port"
    wait_until 60 listens 127.0.0.21 "$sink_port"
    mount_queue
    system_up
    system_down
    sed -i "s/^retry_interval = .*/retry_interval = 20/" "$DIR/etc/pombo.conf"
    python3 "$ABUSE/queue_fill.py" "$DIR/queue" "$deferred" "${dead[@]}"

    begin=$(date +%s%N)
    pombo up "$DIR" --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0 3>&- >"$BATS_TEST_TMPDIR/up"
    took=$((($(date +%s%N) - begin) / 1000000))
    figure "up with $deferred deferred messages: $took ms"
    [ "$took" -lt 20000 ]
    port=$(sed -n 's/^smtp=.*://p' "$BATS_TEST_TMPDIR/up")
    qsend=$(sed -n 's/^pid_qsend=//p' <(pombo status "$DIR"))

    # While what is due is being tried, and runs into the limits of memory, sessions, look-ups.
    beside "$deferred deferred messages, local" 10 "$port" 0.2
    beside "$deferred deferred messages, remote" 10 "$port" 0.2 you@far.test "$BATS_TEST_TMPDIR/sink"
    qctl flush
    beside "the same, all due" 10 "$port" 0.2
    beside "the same, all due, remote" 10 "$port" 0.2 you@far.test "$BATS_TEST_TMPDIR/sink"
    hwm=$(awk '/^VmHWM/ { print $2 }' "/proc/$qsend/status")
    figure "qsend with $deferred deferred messages: at most $hwm kB, $(ls "/proc/$qsend/fd" | wc -l) descriptors"
    # What it holds is bounded by the number of messages in memory, not by the queue's.
    [ $SCALE -gt 1 ] || [ "$hwm" -lt 40000 ]

    # Sessions with silent hosts are under way, and need not be waited for.
    pombo down "$DIR" --wait 3 3>&-
    [ "$(find "$DIR"/queue/{wheel,cur} -type f | wc -l)" -eq "$deferred" ]
    run ! log_matches ' corrupt '
}

@test "more names at once than inotify keeps: none is overlooked" {
    mount_queue
    system_up
    qsend=$(sed -n 's/^pid_qsend=//p' <(pombo status "$DIR"))
    kill -STOP "$qsend"
    n=$((20000 / SCALE))
    # Settled ones: each is taken over and removed, without a delivery.
    python3 "$ABUSE/queue_fill.py" --settled "$DIR/queue" "$n" ann@pombo.test
    kill -CONT "$qsend"
    send bob@pombo.test ann@pombo.test
    wait_until 60 queue_is_empty
    wait_until 60 mailbox_has ann 1
    [ "$(grep -c ' done ' "$DIR/log/qsend.log")" -eq $((n + 1)) ]
}
