#!/usr/bin/env bats
# CVE-2020-7247 (OpenSMTPD: a local part with shell characters ran a command as root).
# No program here starts a shell; what such addresses bring is tried with the whole
# system: a sender, a recipient, a bounce, an alias and a mailbox of such names.
load ../e2e/system

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    system_up
    # shellcheck disable=SC2016 # not to be expanded
    table_line users '"$(touch hit)"@pombo.test  pombo.test/$(touch_hit)'
    # shellcheck disable=SC2016
    table_line aliases '"`touch hit`"@pombo.test  ann@pombo.test'
}
teardown() {
    system_down
}

@test "CVE-2020-7247: shell characters in local parts are text and nothing else" {
    python3 - "$SMTP_PORT" <<'END'
import smtplib, sys
evil = ['";touch hit;"', '"|touch hit"', '"$(touch hit)"', '"`touch hit`"', '"&touch hit&"', '"\\\\;touch\\ hit"',
        '"-froot"', '"../../../../hit"', '"/hit"', '"x\'touch hit\'"', "`touch_hit`", "$touch&&hit", "|touch_hit|",
        "-oQ/tmp", "{hit}"]
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.ehlo("client.test")
    for local in evil:
        sender = "<%s@far.test>" % local
        code, _ = s.docmd("MAIL FROM:" + sender)
        assert code == 250, sender
        assert s.docmd("RCPT TO:<ann@pombo.test>")[0] == 250
        code, _ = s.docmd("RCPT TO:<%s@pombo.test>" % local)
        assert code in (250, 550), code
        assert s.data("Subject: from\r\n\r\n" + local + "\r\n")[0] == 250
    # What the shell would like best is no address at all (the attack's own form).
    assert s.docmd("MAIL FROM:<;for i in 0 1 2;do read r;done;sh;exit 0;>")[0] == 501
END
    wait_until 20 mailbox_has ann 15
    wait_until 20 queue_is_empty
    [ "$(mailbox_text ann | grep -c '^Return-Path: <.*@far.test>$')" -ge 15 ]
    mailbox_matches ann '^Return-Path: <";touch hit;"@far.test>$'
    [ "$(find "$DIR/mail/pombo.test/\$(touch_hit)/new" -type f | wc -l)" -eq 1 ]
    # Programs work in folders of the system, in / or where it was started.
    [ -z "$(find "$BATS_TEST_TMPDIR" -name hit -o -name touch_hit)" ]
    [ -z "$(find / /root /tmp /var/tmp -maxdepth 1 -newer "$DIR/etc/users" \( -name hit -o -name touch_hit \))" ]
}
