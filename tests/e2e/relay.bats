#!/usr/bin/env bats
# Mail to other hosts, through a real name server with zones of the test.
# shellcheck disable=SC2154 # set or used by what is loaded
load system
load postfix
load ../dns

# Exchangers are smtp-sinks on 127.0.0.11 and above, all on one port (remote_port).
setup() {
    PORT=$(free_port)
    mkdir -p "$BATS_TEST_TMPDIR/sink"
    cat >"$BATS_TEST_TMPDIR/example.zone" <<'EOF'
$ORIGIN example.
$TTL 60
@            SOA ns root 1 3600 600 86400 30
             NS  ns
ns           A   127.0.0.1
mx1          A   127.0.0.11
mx2          A   127.0.0.12
shared       A   127.0.0.13
dead         A   127.0.0.19
prefer       MX  10 mx1
             MX  20 mx2
fallback     MX  10 dead
             MX  20 mx2
null         MX  0 .
alias        CNAME prefer
plain        A   127.0.0.11
one          MX  10 shared
two          MX  10 shared
three        MX  10 shared
down         MX  10 dead
loop         MX  10 mail.pombo.test.
             MX  20 mx2
EOF
    start_dns "$BATS_TEST_TMPDIR/dns" "$BATS_TEST_TMPDIR/example.zone"
    CONF="dns_server = $dns_server
remote_port = $PORT
remote_connect_timeout = 2s
${MORE_CONF:-}"
}
teardown() {
    system_down
    postfix_down
    stop_background mx1 mx2 shared back fake
    stop_dns
}

# sink NAME ADDRESS [OPTIONS]: an smtp-sink that keeps each message in a file, with the
# envelope as X- headers.
sink() {
    local name=$1 address=$2
    shift 2
    mkdir -p "$BATS_TEST_TMPDIR/sink/$name"
    chmod 777 "$BATS_TEST_TMPDIR/sink/$name"
    start_background "$name" smtp-sink -u root -h "$name.example" -d "$BATS_TEST_TMPDIR/sink/$name/%M." \
        "$@" "$address:$PORT" 100
    wait_until 5 listens "$address" "$PORT"
    rm -f "$BATS_TEST_TMPDIR/sink/$name"/*
}
got() { # got NAME N REGEX: at least N messages of sink NAME match
    [ "$(cat "$BATS_TEST_TMPDIR/sink/$1"/* 2>/dev/null | grep -cE "$3")" -ge "$2" ]
}

@test "the exchanger of the lowest preference gets the mail, and an alias by CNAME is followed" {
    sink mx1 127.0.0.11
    sink mx2 127.0.0.12
    system_up
    send ann@pombo.test you@prefer.example
    send ann@pombo.test you@alias.example
    send ann@pombo.test you@plain.example
    wait_until 10 got mx1 3 '^X-Rcpt-Args: <you@(prefer|alias|plain).example>'
    [ -z "$(ls "$BATS_TEST_TMPDIR/sink/mx2")" ]
    wait_until 5 queue_is_empty
}

@test "a dead first exchanger is passed over" {
    sink mx2 127.0.0.12
    system_up
    send ann@pombo.test you@fallback.example
    wait_until 15 got mx2 1 '^X-Rcpt-Args: <you@fallback.example>'
    wait_until 5 queue_is_empty
}

@test "a null MX and an unknown domain bounce with their codes" {
    system_up
    send ann@pombo.test you@null.example
    wait_until 15 mailbox_matches ann '^Status: 5\.1\.10'
    send ann@pombo.test you@nowhere.example
    wait_until 15 mailbox_matches ann '^Status: 5\.1\.2'
    wait_until 5 queue_is_empty
}

@test "an exchanger that is this host itself is a loop, and bounces" {
    sink mx2 127.0.0.12
    system_up
    send ann@pombo.test you@loop.example
    wait_until 15 mailbox_matches ann '^Status: 5\.4\.6'
    [ -z "$(ls "$BATS_TEST_TMPDIR/sink/mx2")" ]
}

@test "domains that share an exchanger share a session" {
    # The sink comes up late, so that all wait for it together.
    CONF+=$'\nconcurrency_exchanger = 1'
    system_up
    for i in $(seq 5); do
        for domain in one two three; do
            send ann@pombo.test "you$i@$domain.example"
        done
    done
    sink shared 127.0.0.13 -v
    wait_until 40 got shared 15 '^X-Rcpt-Args: <you'
    [ "$(grep -c 'connect' "$BATS_TEST_TMPDIR/shared.out")" -le 3 ]
}

@test "mail to a host that is down waits, and is delivered when it is up" {
    system_up
    send ann@pombo.test you@prefer.example
    wait_until 10 log_matches 'deferred'
    run pombo queue "$DIR"
    [[ $output == *you@prefer.example* ]]
    sink mx1 127.0.0.11
    wait_until 40 got mx1 1 '^X-Rcpt-Args: <you@prefer.example>'
    wait_until 5 queue_is_empty
    [ "$(mailbox_count ann)" -eq 0 ]
}

try_again_until_failed() {
    qctl flush
    mailbox_matches ann '^Action: failed'
}

@test "the sender is warned of a delay once, and told when the mail expires" {
    CONF+=$'\ndelay_warning = 1s\nqueue_lifetime = 10s'
    system_up
    send ann@pombo.test you@down.example
    wait_until 10 log_matches ' waits '
    sleep 1
    qctl flush
    wait_until 10 mailbox_matches ann '^Action: delayed'
    wait_until 30 try_again_until_failed
    mailbox_matches ann '^Status: 4\.4\.7|^Status: 5\.4\.7'
    wait_until 5 queue_is_empty
    [ "$(mailbox_text ann | grep -c '^Action: delayed')" -eq 1 ]
    [ "$(mailbox_text ann | grep -c '^Action: failed')" -eq 1 ]
}

@test "a bounce that can't be delivered goes to postmaster, and no further" {
    system_up
    # From a sender whose own domain has a null MX: the bounce fails too.
    send x@null.example you@nowhere.example
    wait_until 15 mailbox_matches postmaster '^Status: 5\.1\.(10|2)'
    wait_until 10 queue_is_empty
    [ "$(mailbox_count postmaster)" -eq 1 ]
}

@test "a refused recipient bounces with the host's own words, the others get the mail" {
    start_background fake python3 "$POMBO_ROOT/tests/e2e/refuse_some.py" 127.0.0.11 "$PORT" "$BATS_TEST_TMPDIR/sink/fake"
    wait_until 5 listens 127.0.0.11 "$PORT"
    system_up
    swaks --silent 2 --server 127.0.0.1 --port "$SMTP_PORT" --from ann@pombo.test \
        --to good@prefer.example,bad@prefer.example,busy@prefer.example --body "mixed" </dev/null
    wait_until 15 mailbox_matches ann '^Diagnostic-Code: smtp; 550 5\.1\.1 .*no pigeon'
    mailbox_matches ann '^Final-Recipient: rfc822; ?bad@prefer.example'
    run ! mailbox_matches ann '^Final-Recipient: rfc822; ?(good|busy)@'
    wait_until 10 grep -q 'good@prefer.example' "$BATS_TEST_TMPDIR/sink/fake"
    run pombo queue "$DIR"
    [[ $output == *'waiting  <busy@prefer.example>'* ]]
    [[ $output == *'done     <good@prefer.example>'* ]]
}

@test "a route goes before the name server, the star for all the rest" {
    sink mx2 127.0.0.12
    ROUTES="* [127.0.0.12]:$PORT" system_up
    send ann@pombo.test you@nowhere.example
    wait_until 10 got mx2 1 '^X-Rcpt-Args: <you@nowhere.example>'
}

@test "a success DSN says relayed where the next host knows no DSN" {
    sink mx1 127.0.0.11 -N
    system_up
    python3 - "$SMTP_PORT" <<'EOF'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.ehlo("client.test")
    assert s.mail("ann@pombo.test", ["RET=HDRS", "ENVID=abc+2Bdef"])[0] == 250
    assert s.rcpt("you@prefer.example", ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;other@x.example"])[0] == 250
    assert s.rcpt("bob@pombo.test", ["NOTIFY=SUCCESS"])[0] == 250
    assert s.data("Subject: dsn\r\n\r\nbody\r\n")[0] == 250
EOF
    wait_until 15 mailbox_matches ann '^Action: relayed'
    wait_until 15 mailbox_matches ann '^Action: delivered'
    mailbox_matches ann '^Original-Envelope-Id: abc\+def'
    mailbox_matches ann '^Original-Recipient: rfc822; ?other@x.example'
    run ! mailbox_matches ann '^body'
}

@test "8-bit text bounces where the next host does not take it" {
    sink mx1 127.0.0.11 -8
    system_up
    python3 - "$SMTP_PORT" <<'EOF'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.sendmail("ann@pombo.test", ["you@prefer.example"], "Subject: eight\r\n\r\nschöne Grüße\r\n".encode(), ["BODY=8BITMIME"])
EOF
    wait_until 15 mailbox_matches ann '^Status: 5\.6\.3'
    [ -z "$(ls "$BATS_TEST_TMPDIR/sink/mx1")" ]
}

# send_utf8: a message with a UTF-8 header section from ann to jürgen@postfix.test.
send_utf8() {
    python3 - "$SMTP_PORT" <<'EOF'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.sendmail("ann@pombo.test", ["jürgen@postfix.test"], "Subject: Grüße\r\n\r\nhallo\r\n".encode(), ["SMTPUTF8", "BODY=8BITMIME"])
EOF
}
offers_no_smtputf8() {
    ! swaks --silent 1 --show-raw-text --server 127.0.0.20 --port "$PF_PORT" --quit-after EHLO </dev/null | grep -q SMTPUTF8
}

@test "mail for a UTF-8 address goes to a host with SMTPUTF8, and bounces where there is none" {
    PF_PORT=$(free_port)
    ROUTES="postfix.test [127.0.0.20]:$PF_PORT" system_up
    postfix_up 127.0.0.20 "$PF_PORT" "$SMTP_PORT"
    send_utf8
    wait_until 15 postfix_matches juergen '^Subject: Grüße$'
    postfix_matches juergen '^Delivered-To: jürgen@postfix.test'
    wait_until 5 queue_is_empty
    [ "$(mailbox_count ann)" -eq 0 ]

    postconf -c "$PF_CONF" -e 'smtputf8_enable = no'
    postfix -c "$PF_CONF" reload >/dev/null 2>&1
    wait_until 10 offers_no_smtputf8
    send_utf8
    wait_until 15 mailbox_matches ann '^Status: 5\.6\.7'
    mailbox_matches ann '^Final-Recipient: utf-8; ?jürgen@postfix.test'
    wait_until 5 queue_is_empty
    [ "$(postfix_text juergen | grep -c '^Subject: Grüße')" -eq 1 ]
}
