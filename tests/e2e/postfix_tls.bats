#!/usr/bin/env bats
# Postfix as a client inside TLS, which trusts nobody but who has our certificate.
# shellcheck disable=SC2034,SC2154 # set or used by what is loaded
load system
load postfix

setup() {
    PF_PORT=$(free_port)
    system_up
    pair=$(echo "$DIR"/etc/tls/*/fullchain.pem)
    cp "$pair" "$BATS_TEST_TMPDIR/pair.pem"
    PF_MORE="smtp_tls_security_level = verify
smtp_tls_verify_cert_match = mail.pombo.test
smtp_tls_CAfile = $BATS_TEST_TMPDIR/pair.pem
smtp_tls_loglevel = 1" postfix_up 127.0.0.20 "$PF_PORT" "$SMTP_PORT"
}
teardown() {
    postfix_down
    system_down
}

# from_postfix SUBJECT
from_postfix() {
    swaks --silent 2 --server 127.0.0.20 --port "$PF_PORT" --from carl@postfix.test --to ann@pombo.test \
        --header "Subject: $1" </dev/null
}

@test "mail from a Postfix that verifies our certificate comes inside TLS, of both versions" {
    from_postfix "newest"
    wait_until 15 mailbox_matches ann '^Subject: newest'
    mailbox_matches ann 'with ESMTPS'
    grep -q 'Verified TLS connection established to .*: TLSv1.3' "$BATS_TEST_TMPDIR/pf/log"
    postconf -c "$PF_CONF" -e 'smtp_tls_mandatory_protocols = TLSv1.2'
    postfix -c "$PF_CONF" reload
    from_postfix "older"
    wait_until 15 mailbox_matches ann '^Subject: older'
    grep -q 'Verified TLS connection established to .*: TLSv1.2' "$BATS_TEST_TMPDIR/pf/log"
    # One that expects another name sends nothing.
    postconf -c "$PF_CONF" -e 'smtp_tls_verify_cert_match = other.test'
    postfix -c "$PF_CONF" reload
    from_postfix "elsewhere"
    wait_until 15 grep -q 'status=deferred (Server certificate not verified)' "$BATS_TEST_TMPDIR/pf/log"
    run ! mailbox_matches ann '^Subject: elsewhere'
}

@test "posttls-finger verifies port 25, and resumes its session in the next connection" {
    run posttls-finger -c -l verify -F "$BATS_TEST_TMPDIR/pair.pem" -r 1 -L summary,cache \
        "[127.0.0.1]:$SMTP_PORT" mail.pombo.test
    echo "$output"
    [ "$(grep -c 'Verified TLS connection established' <<<"$output")" -eq 2 ]
    grep -q ': Reusing old session$' <<<"$output"
}
