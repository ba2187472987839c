#!/usr/bin/env bats
# Mail goes to and fro between pombo and a Postfix.
load system
load postfix

setup() {
    PF_PORT=$(free_port)
    ROUTES="postfix.test [127.0.0.20]:$PF_PORT" system_up
    postfix_up 127.0.0.20 "$PF_PORT" "$SMTP_PORT"
}
teardown() {
    postfix_down
    system_down
}

@test "mail to Postfix arrives whole, with dots, long lines and 8-bit text" {
    python3 - "$SMTP_PORT" <<'EOF'
import smtplib, sys
body = "Subject: to postfix\r\nX-Mark: first\r\n\r\n.dot\r\n..two\r\n.\r\n" + "x" * 900 + "\r\nschöne Grüße\r\n"
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.sendmail("ann@pombo.test", ["carl@postfix.test", "dora@postfix.test"], body.encode(), ["BODY=8BITMIME"])
EOF
    wait_until 15 postfix_matches carl '^Subject: to postfix'
    wait_until 15 postfix_matches dora '^Subject: to postfix'
    postfix_matches carl '^\.dot$'
    postfix_matches carl '^\.\.two$'
    postfix_matches carl '^\.$'
    postfix_matches carl '^x{900}$'
    postfix_matches carl '^schöne Grüße$'
    postfix_matches carl '^Return-Path: <ann@pombo.test>'
    wait_until 5 queue_is_empty
}

@test "mail from Postfix arrives whole" {
    python3 - "$PF_PORT" <<'EOF'
import smtplib, sys
body = "Subject: from postfix\r\n\r\n.dot\r\n..two\r\n.\r\n" + "y" * 900 + "\r\nschöne Grüße\r\n"
with smtplib.SMTP("127.0.0.20", int(sys.argv[1]), source_address=("127.0.0.20", 0)) as s:
    s.sendmail("carl@postfix.test", ["ann@pombo.test", "bob@pombo.test"], body.encode(), ["BODY=8BITMIME"])
EOF
    wait_until 15 mailbox_matches ann '^Subject: from postfix'
    wait_until 15 mailbox_matches bob '^Subject: from postfix'
    mailbox_matches ann '^\.dot$'
    mailbox_matches ann '^\.\.two$'
    mailbox_matches ann '^y{900}$'
    mailbox_matches ann '^schöne Grüße$'
    mailbox_matches ann '^Received: from mail.postfix.test'
}

@test "an unknown user at Postfix bounces to the sender here" {
    send ann@pombo.test nobody@postfix.test
    wait_until 15 mailbox_matches ann '^Final-Recipient: rfc822; ?nobody@postfix.test'
    mailbox_matches ann '^Remote-MTA: dns; '
    mailbox_matches ann '^Diagnostic-Code: smtp; 550 5\.1\.1'
    wait_until 5 queue_is_empty
}

@test "an unknown user here bounces to the sender at Postfix" {
    swaks --silent 2 --server 127.0.0.20 --port "$PF_PORT" --from carl@postfix.test --to nobody@pombo.test </dev/null
    wait_until 15 postfix_matches carl '^Diagnostic-Code: smtp; 550 5\.1\.1'
}

@test "a success DSN is asked of Postfix, and Postfix's comes back to the sender here" {
    python3 - "$SMTP_PORT" <<'EOF'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.ehlo("client.test")
    assert s.mail("ann@pombo.test", ["RET=HDRS", "ENVID=ours-1"])[0] == 250
    assert s.rcpt("carl@postfix.test", ["NOTIFY=SUCCESS"])[0] == 250
    assert s.data("Subject: dsn\r\n\r\nbody\r\n")[0] == 250
EOF
    wait_until 20 mailbox_matches ann '^Action: delivered'
    mailbox_matches ann '^Original-Envelope-Id: ours-1'
    mailbox_matches ann '^Reporting-MTA: dns; ?mail.postfix.test'
}

@test "mail that would go round between the two for ever ends as a bounce" {
    table_line aliases 'round@pombo.test  carl@postfix.test'
    printf 'Subject: round\n\nx\n' >"$BATS_TEST_TMPDIR/m"
    # carl's mail is sent back to round@pombo.test.
    postconf -c "$PF_CONF" -e 'virtual_alias_maps = inline:{ {carl@postfix.test = round@pombo.test} }'
    postfix -c "$PF_CONF" reload >/dev/null 2>&1
    send bob@pombo.test round@pombo.test
    wait_until 30 mailbox_matches bob '^Status: 5\.4\.6'
    wait_until 10 queue_is_empty
}
