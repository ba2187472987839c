#!/usr/bin/env bats
# shellcheck disable=SC2034 # CONF and ROUTES are read by system_up
# Crowds of clients that misbehave, at the doors of SMTP and POP3.
# shellcheck disable=SC2034 # set or used by what is loaded
load common

teardown() {
    stop_background crowd silent slow smtp-beside pop3-beside
    system_down
}

# begin COUNT: a system and a listener for COUNT misbehaving clients and some others.
begin() {
    # Longer than the patience of the client beside them.
    CONF="command_timeout = 15s
data_timeout = 15s"
    system_up
    start_listener smtp-beside -c $(($1 + 50)) -C 100 127.0.0.1:0 -- smtpd
    beside nobody 2 "$LISTENER_PORT"
    wait_until 60 has_children "$LISTENER" 0
    read -r rss_before fds_before < <(processes self "$LISTENER")
}

# nothing_is_left MAILS: no process, no descriptor, no memory, no file, no mail but those of
# the others.
nothing_is_left() {
    wait_until 90 has_children "$LISTENER" 0
    read -r rss_after fds_after < <(processes self "$LISTENER")
    figure "qlisten before and after: $rss_before and $rss_after kB, $fds_before and $fds_after descriptors"
    [ "$fds_after" -eq "$fds_before" ]
    [ "$rss_after" -le $((rss_before + 1000 * SCALE)) ]
    [ -z "$(ls "$DIR/queue/tmp")" ]
    wait_until 60 queue_is_empty
    [ "$(mailbox_count ann)" -eq "$1" ]
}

# crowd_of MODE: they leave a client beside them its service, and are ended by their limit.
crowd_of() {
    n=$((1000 / SCALE))
    begin "$n"
    start_crowd crowd "$1" "$n" "$LISTENER_PORT" 2
    wait_until 60 crowd_says crowd "ready $n"
    read -r sent received < <(kernel_memory "$LISTENER_PORT")
    figure "$1: the kernel holds at most $sent bytes to be sent and $received received of a connection"
    beside "$(processes children "$LISTENER") $1 connections" 8 "$LISTENER_PORT"
    figure "$1: $(processes memory "$LISTENER")"
    wait_until 90 crowd_says crowd "ended $n"
    crowd_tells crowd
    nothing_is_left 10
}

@test "silent clients leave others their service, and are told to go in time" {
    crowd_of silent
    crowd_says crowd "line $n 421 4.4.2"
    [ "$(grep -c ' lost .*in=commands why=timeout' "$BATS_TEST_TMPDIR/smtp-beside.out")" -eq "$n" ]
}

@test "clients that send a byte now and then are told to go in time too" {
    crowd_of slow
    crowd_says crowd "line $n 421 4.4.2"
}

@test "clients that never read end in time, and bind no more than a bit of the kernel's memory" {
    crowd_of deaf
    [ "$sent" -gt 10000 ] # they are deaf indeed
    [ "$sent" -le 200000 ]
}

@test "clients that are cut off in DATA leave nothing behind" {
    n=$((200 / SCALE))
    begin "$n"
    start_crowd crowd cut "$n" "$LISTENER_PORT" 2
    wait_until 60 crowd_says crowd "ready $n"
    figure "in DATA: $(processes memory "$LISTENER")"
    beside "$n clients in DATA" 4 "$LISTENER_PORT"
    echo >"$BATS_TEST_TMPDIR/crowd.in"
    wait_until 60 crowd_says crowd "cut $n"
    beside "$n clients cut off" 4 "$LISTENER_PORT"
    nothing_is_left 10
    run ! mailbox_matches ann "cut off"
}

@test "silent and slow clients of POP3 end in time too" {
    CONF="pop3_timeout = 12s"
    system_up
    n=$((300 / SCALE))
    start_listener pop3-beside -c $((2 * n + 10)) -C 100 127.0.0.1:0 -- popup
    start_crowd silent silent "$n" "$LISTENER_PORT" 2
    start_crowd slow slow "$n" "$LISTENER_PORT" 12
    wait_until 60 crowd_says silent "ready $n"
    wait_until 60 crowd_says slow "ready $n"
    figure "POP3 before log-in: $(processes memory "$LISTENER")"
    send bob@pombo.test ann@pombo.test
    wait_until 60 mailbox_has ann 1
    python3 - "$LISTENER_PORT" <<'PY'
import poplib, sys
p = poplib.POP3("127.0.0.1", int(sys.argv[1]), timeout=30)
p.user("ann@pombo.test")
p.pass_("secret-ann")
assert p.stat()[0] == 1
p.quit()
PY
    wait_until 60 has_children "$LISTENER" 0
    wait_until 60 crowd_says silent "ended $n"
    wait_until 60 crowd_says slow "ended $n"
}

@test "a flood from one address meets that address's limit alone" {
    system_up
    start_listener smtp-beside -c 1000 -C 50 127.0.0.1:0 -- smtpd
    read -r rss_before fds_before < <(processes self "$LISTENER")
    start_background silent python3 "$ABUSE/flood.py" 127.0.0.1 "$LISTENER_PORT" 127.0.0.66 6
    wait_until 60 grep -q ' busy source=127.0.0.66 why=source limit=50' "$BATS_TEST_TMPDIR/smtp-beside.out"
    beside "a flood of one address" 10 "$LISTENER_PORT"
    wait_until 60 grep -q ^attempts "$BATS_TEST_TMPDIR/silent.out"
    figure "flood: $(cat "$BATS_TEST_TMPDIR/silent.out")"
    # Only the flooder was turned away; its lines in the log are counted, not written.
    [ "$(grep ' busy ' "$BATS_TEST_TMPDIR/smtp-beside.out" | grep -vc 'source=127.0.0.66')" -eq 0 ]
    [ "$(grep -c ' busy ' "$BATS_TEST_TMPDIR/smtp-beside.out")" -le 300 ]
    wait_until 60 has_children "$LISTENER" 0
    read -r rss_after fds_after < <(processes self "$LISTENER")
    [ "$fds_after" -eq "$fds_before" ]
    [ "$rss_after" -le $((rss_before + 1000 * SCALE)) ]
}
