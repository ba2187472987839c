#!/usr/bin/env bats
# REQUIRETLS (RFC 8689) from a client to a mailbox by way of two systems whose zone is
# signed for real; a Postfix that does not know it; and TLS-Required: No.
# shellcheck disable=SC2034,SC2154 # set or used by what is loaded
load system
load postfix
load ../dns
load ../dnssec

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    PORT=$(free_port)
    wrong=$(printf '00%.0s' {1..32})
    resolver_pid='' dns_pid=''
}
teardown() {
    system_down
    [ ! -e far/run/state ] || pombo down far 3>&-
    postfix_down
    stop_resolver
}

# make_pair FOLDER HOST: fullchain.pem and privkey.pem there; prints the TLSA record.
make_pair() {
    mkdir -p "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1/privkey.pem" \
        -out "$1/fullchain.pem" -days 30 -subj "/CN=$2" -addext "subjectAltName=DNS:$2" 2>>openssl.log
    echo "3 1 1 $(openssl x509 -in "$1/fullchain.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)"
}

# start_all: near (pombo.test, mx 127.0.0.20) and far (far.test, both.test; mx 127.0.0.21),
# whose keys the signed zone test names (or FAR_TLSA in place of far's). postfix.test and the first of both.test's hosts are Postfix's, 127.0.0.22, where
# start_postfix is called. open.test is not signed.
start_all() {
    local near far
    near=$(make_pair system/etc/tls/default mx.pombo.test)
    far=$(make_pair far/etc/tls/default mx.far.test)
    postfix=$(make_pair pf-pair mx.postfix.test)
    cat >test.zone <<Z
\$ORIGIN test.
\$TTL 60
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
pombo MX 10 mx.pombo
mx.pombo A 127.0.0.20
_$PORT._tcp.mx.pombo TLSA $near
far MX 10 mx.far
mx.far A 127.0.0.21
${FAR_RECORD-_$PORT._tcp.mx.far TLSA ${FAR_TLSA:-$far}}
postfix MX 10 mx.postfix
mx.postfix A 127.0.0.22
_$PORT._tcp.mx.postfix TLSA $postfix
both MX 10 mx.postfix
both MX 20 mx.far
no MX 0 .
open NS ns.open
ns.open A 127.0.0.1
Z
    printf '$ORIGIN open.test.\n$TTL 60\n@ SOA ns root 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n@ MX 10 mx.far.test.\n' >open.test.zone
    sign test
    start_resolver dns test open.test
    mkdir -p far/etc
    printf '%s\n' "host_name = mx.far.test" "default_domain = far.test" "retry_interval = 1" \
        "dns_server = $dns_server" "remote_port = $PORT" >far/etc/pombo.conf
    printf '%s\n' "both.test local" "open.test local" >far/etc/domains
    printf '%s\n' "back@far.test bob@pombo.test" "lost@far.test nobody@no.test" >far/etc/aliases
    pombo up far --domain far.test --smtp "127.0.0.21:$PORT" --submission 127.0.0.1:0 --pop3 127.0.0.1:0 3>&-
    for user in carl@far.test carl@both.test carl@open.test; do
        echo secret | pombo user add far "$user" >/dev/null
    done
    CONF=$(printf '%s\n' "dns_server = $dns_server" "remote_port = $PORT" "tls_ca_dir = $PWD/authorities")
    SMTP_LISTEN=127.0.0.20:$PORT system_up --smtps 127.0.0.1:0
    SMTPS=$(pombo status "$DIR" | sed -n 's/^smtps=//p')
}
start_postfix() {
    PF_MORE="smtpd_tls_security_level = may
smtpd_tls_cert_file = $PWD/pf-pair/fullchain.pem
smtpd_tls_key_file = $PWD/pf-pair/privkey.pem" postfix_up 127.0.0.22 "$PORT" "$PORT"
}

# submit RECIPIENT SUBJECT [PARAMETER]...: ann by Python's smtplib to port 587,
# with REQUIRETLS (or the parameters in its place).
submit() {
    timeout 60 /usr/bin/python3 - "$SUBMISSION_PORT" "$@" <<'END'
import smtplib, ssl, sys
port, to, subject = sys.argv[1:4]
context = ssl._create_unverified_context()
with smtplib.SMTP("127.0.0.1", int(port), "client.test") as smtp:
    smtp.ehlo()
    assert not smtp.has_extn("requiretls")
    smtp.starttls(context=context)
    smtp.login("ann@pombo.test", "secret-ann")
    assert smtp.has_extn("requiretls")
    text = f"From: ann@pombo.test\nTo: {to}\nSubject: {subject}\n\nthe secret of {subject}\n"
    smtp.sendmail("ann@pombo.test", [to], text, sys.argv[4:] or ["REQUIRETLS"])
END
}

far_matches() { # far_matches DOMAIN/USER REGEX
    find "far/mail/$1" -path '*/new/*' -type f -exec cat {} + 2>/dev/null | grep -qE "$2"
}
far_logs() { # far_logs REGEX
    cat far/log/*.log | grep -qE "$1"
}

@test "from a client to the far mailbox, with the word at each step" {
    start_all
    submit carl@far.test secrecy
    wait_until 15 far_matches far.test/carl '^Subject: secrecy'
    wait_until 5 log_matches 'relayed id=.* to=carl@far.test host=mx.far.test .*tls=TLSv1.3/dane-ee requiretls=yes'
    far_logs 'accepted .* from=ann@pombo.test .*tls=TLSv1.3 requiretls=yes'
    # Beside it a message without goes without.
    submit carl@far.test plain BODY=8BITMIME
    wait_until 15 far_matches far.test/carl '^Subject: plain'
    wait_until 5 queue_is_empty
    [ "$(cat far/log/*.log | grep -c 'accepted .*requiretls=yes')" -eq 1 ]
    qinject -O RequireTLS=yes -f ann@pombo.test carl@far.test <<<$'Subject: by sendmail\n\nx'
    wait_until 15 far_matches far.test/carl '^Subject: by sendmail'
    [ "$(cat far/log/*.log | grep -c 'accepted .*requiretls=yes')" -eq 2 ]
    # Port 465 and port 25 offer it within TLS, and 25 not before.
    /usr/bin/python3 - "${SMTPS##*:}" "$PORT" <<'END'
import smtplib, ssl, sys
context = ssl._create_unverified_context()
with smtplib.SMTP_SSL("127.0.0.1", int(sys.argv[1]), "client.test", context=context) as smtp:
    smtp.ehlo()
    assert smtp.has_extn("requiretls")
with smtplib.SMTP("127.0.0.20", int(sys.argv[2]), "client.test") as smtp:
    smtp.ehlo()
    assert not smtp.has_extn("requiretls") and smtp.has_extn("starttls")
    assert smtp.docmd("MAIL", "FROM:<a@far.test> REQUIRETLS")[0] == 530
    smtp.starttls(context=context)
    smtp.ehlo()
    assert smtp.docmd("MAIL", "FROM:<a@far.test> REQUIRETLS")[0] == 250
END
}

@test "a signed zone without records: a certificate by a CA is enough for it" {
    mkdir authorities
    FAR_RECORD='' start_all
    submit carl@far.test waits
    wait_until 15 log_matches 'deferred id=.* to=carl@far.test code=4.7.5 .* requiretls=yes'
    cp far/etc/tls/default/fullchain.pem authorities/far.pem
    openssl rehash authorities
    qctl flush
    wait_until 60 far_matches far.test/carl '^Subject: waits'
    wait_until 5 log_matches 'relayed id=.* to=carl@far.test host=mx.far.test .*tls=TLSv1.3/names requiretls=yes'
    far_logs 'accepted .* from=ann@pombo.test .*tls=TLSv1.3 requiretls=yes'
}

@test "an alias there sends it on with the word, and a bounce comes back with it, without the text" {
    start_all
    submit back@far.test round
    wait_until 15 mailbox_matches bob '^Subject: round'
    far_logs 'relayed id=.* to=bob@pombo.test host=mx.pombo.test .*tls=TLSv1.3/dane-ee requiretls=yes'
    log_matches 'accepted .* from=ann@pombo.test .*to=bob@pombo.test .*requiretls=yes'
    submit lost@far.test lost
    wait_until 30 mailbox_matches ann '^Status: 5.1.10'
    log_matches 'accepted .* from="?"? .*to=ann@pombo.test .*requiretls=yes'
    mailbox_matches ann '^Subject: lost'
    run ! mailbox_matches ann 'the secret of lost'
    wait_until 5 queue_is_empty
}

@test "a Postfix without it gets nothing of it: 5.7.30 at once, and other mail goes on" {
    start_all
    start_postfix
    submit carl@postfix.test secrecy
    wait_until 15 mailbox_matches ann '^Status: 5.7.30'
    mailbox_text ann | tr -d '\n' | grep -q 'offers no REQUIRETLS, which the message demands'
    mailbox_matches ann 'travel by TLS alone \(REQUIRETLS\)'
    run ! mailbox_matches ann 'the secret of secrecy'
    log_matches 'failed id=.* to=carl@postfix.test code=5.7.30 .*requiretls=yes'
    submit carl@postfix.test plain BODY=8BITMIME
    wait_until 15 postfix_matches carl '^Subject: plain'
    run ! postfix_matches carl secrecy
    # With another host behind it, that one gets the mail.
    submit carl@both.test second
    wait_until 15 far_matches both.test/carl '^Subject: second'
    wait_until 5 queue_is_empty
}

@test "a domain whose zone is not signed fails at once, one whose key does not match waits" {
    FAR_TLSA="3 1 1 $wrong" start_all
    submit carl@open.test secrecy
    wait_until 15 mailbox_matches ann '^Status: 5.7.30'
    mailbox_text ann | tr -d '\n' | grep -q 'nothing tells that a server there is the right one'
    submit carl@far.test waits
    wait_until 15 log_matches 'deferred id=.* to=carl@far.test code=4.7.5 .*no matching DANE TLSA records.* requiretls=yes'
    run ! far_logs 'accepted '
    # A row that authenticates is good for it, too.
    digest=$(openssl x509 -in far/etc/tls/default/fullchain.pem -outform DER | sha256sum | cut -d' ' -f1)
    table_line tls_policy "far.test fingerprint=$digest"
    qctl flush
    wait_until 60 far_matches far.test/carl '^Subject: waits'
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/fingerprint requiretls=yes'
}

@test "TLS-Required: No reaches a server whose key does not match, and is kept in the message" {
    FAR_TLSA="3 1 1 $wrong" start_all
    swaks --silent 2 --server 127.0.0.20 --port "$PORT" --tls --ehlo client.test --from ann@pombo.test --to carl@far.test \
        --header "Subject: your key" --header "TLS-Required: No" --body report </dev/null
    wait_until 15 far_matches far.test/carl '^TLS-Required: No'
    wait_until 5 log_matches 'relayed id=.* to=carl@far.test .*tls=TLSv1.3/none delay='
    qinject -f ann@pombo.test carl@far.test <<<$'Subject: waits\n\nx'
    wait_until 15 log_matches 'deferred id=.* to=carl@far.test code=4.7.5'
    # A row of the administrator's is not gone against.
    table_line tls_policy "far.test dane"
    qinject -f ann@pombo.test carl@far.test <<<$'Subject: asks\nTLS-Required: No\n\nx'
    wait_until 15 log_matches 'deferred id=.* to=carl@far.test code=4.7.5.*delay=0'
    run ! far_matches far.test/carl '^Subject: (asks|waits)'
}
