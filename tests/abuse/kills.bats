#!/usr/bin/env bats
# shellcheck disable=SC2034 # CONF and ROUTES are read by system_up
# Programs that die at random under load (POMBO_ABUSE_KILL_SECONDS long, 20 s else): nothing
# that was acknowledged is lost, nothing arrives in part, nothing bounces.
# shellcheck disable=SC2034 # set or used by what is loaded
load common

teardown() {
    system_down
    stop_background sink
}

@test "random kills of random programs under load lose nothing" {
    seconds=${POMBO_ABUSE_KILL_SECONDS:-20}
    sink_port=$(free_port)
    start_background sink python3 "$ABUSE/sink.py" 127.0.0.21 "$sink_port" "$BATS_TEST_TMPDIR/sink"
    wait_until 60 listens 127.0.0.21 "$sink_port"
    CONF="remote_linger = 1s"
    ROUTES="far.test [127.0.0.21]:$sink_port"
    system_up
    add_user carl@pombo.test
    table_line aliases "list@pombo.test  ann@pombo.test, bob@pombo.test, far@far.test"
    system_down
    run python3 "$ABUSE/random_kills.py" "$DIR" "$POMBO_BIN" "$(free_port)" "$seconds" "$BATS_TEST_TMPDIR/sink"
    sed 's/^/# /' <<<"$output" >&3
    [ "$status" -eq 0 ] || tail -n 60 "$DIR/log/kills.log"
    [ "$status" -eq 0 ]
    [ -z "$(ls "$DIR/queue/corrupt")" ]
}
