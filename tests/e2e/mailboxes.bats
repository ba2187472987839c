#!/usr/bin/env bats
# Local delivery with the settings of mailboxes, and a message's way through the log.
load system

teardown() {
    system_down
    stop_background fake
}

@test "extension_separator holds from RCPT to the mailbox, and Delivered-To tells the extension" {
    CONF='extension_separator = -' system_up
    send bob@pombo.test ann-lists@pombo.test 'with a dash'
    wait_until 30 mailbox_matches ann '^Subject: with a dash'
    mailbox_matches ann '^Delivered-To: ann-lists@pombo.test$'
    run ! send bob@pombo.test ann+lists@pombo.test
}

@test "quota_bytes and quota_count hold where users names none, and users goes before" {
    CONF=$'quota_bytes = 10K\nquota_count = 2' system_up
    sed -i 's|^bob@pombo.test .*|& quota=1M count=9|' "$DIR/etc/users"
    pombo reload "$DIR"
    for _ in 1 2 3; do
        send bob@pombo.test ann@pombo.test
        send ann@pombo.test bob@pombo.test
    done
    wait_until 30 mailbox_has bob 3
    wait_until 30 log_matches ' deferred .*to=ann@pombo.test code=4.2.2'
    [ "$(mailbox_count ann)" -eq 2 ]
    rm "$DIR"/mail/pombo.test/ann/new/*
    send bob@pombo.test ann@pombo.test large "$(printf '%011000d' 0)"
    wait_until 30 mailbox_matches ann '^Subject: test'
    [ "$(qctl stat | sed -n 's/^\(cur\|deferred\)=//p' | paste -sd+ | bc)" -ge 1 ]
    run ! mailbox_matches ann '^Subject: large'
}

# way ID: the events of a message in the logs, in their order.
way() {
    sed -n "s/^[^ ]* [a-z]*\[[0-9]*\] \([a-z-]*\) .*id=$1\( .*\|\$\)/\1/p" "$DIR/log/$2.log" | xargs
}
last_id() {
    sed -n 's/.* accepted .*id=\([a-z0-9]*\) .*/\1/p' "$DIR/log/smtpd.log" | tail -n 1
}
is_done() {
    log_matches " done id=$1\$"
}

@test "one id from the first refused recipient to the last delivery, forwards and bounces by it" {
    port=$(free_port)
    start_background fake python3 "$POMBO_ROOT/tests/e2e/refuse_some.py" 127.0.0.22 "$port" /dev/null
    wait_until 30 listens 127.0.0.22 "$port"
    ROUTES="far.test [127.0.0.22]:$port" system_up
    table_line aliases "sales@pombo.test ann@pombo.test, bad@far.test"
    swaks --silent 3 --server 127.0.0.1 --port "$SMTP_PORT" --from bob@pombo.test \
        --to nobody@pombo.test,ann@pombo.test </dev/null || true
    id=$(last_id)
    [ "$(way "$id" smtpd)" = "refused accepted" ]
    wait_until 30 is_done "$id"
    [ "$(way "$id" qsend)" = "takeover delivered done" ]
    mailbox_matches ann "id $id"

    send bob@pombo.test sales@pombo.test
    id=$(last_id)
    wait_until 30 is_done "$id"
    [ "$(way "$id" qsend)" = "takeover derived done" ]
    wait_until 30 is_done "$id.f0"
    [ "$(way "$id.f0" qsend)" = "takeover delivered failed derived done" ] ||
        [ "$(way "$id.f0" qsend)" = "takeover failed delivered derived done" ]
    wait_until 30 log_matches " done id=$id\.f0\.b[0-9]$"
}
