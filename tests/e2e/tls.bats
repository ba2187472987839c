#!/usr/bin/env bats
# Mail to a Postfix over TLS: DANE with a signed zone and a validating resolver, policies,
# and what a sender learns of mail that waits for them.
# shellcheck disable=SC2034,SC2154 # set or used by what is loaded
load system
load postfix
load ../dns
load ../dnssec

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    PF_PORT=$(free_port)
    mkdir authorities
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out authorities/ca.pem -days 30 -subj "/CN=a CA" 2>openssl.log
    openssl rehash authorities
    openssl req -newkey rsa:2048 -nodes -keyout pf.key -out pf.request -subj "/CN=mx.postfix.test" 2>>openssl.log
    openssl x509 -req -in pf.request -CA authorities/ca.pem -CAkey ca.key -CAcreateserial -days 30 \
        -extfile <(echo subjectAltName=DNS:mx.postfix.test) -out pf.pem 2>>openssl.log
    key=$(openssl x509 -in pf.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
    wrong=$(printf '00%.0s' {1..32})
    resolver_pid='' dns_pid=''
}
teardown() {
    system_down
    postfix_down
    stop_resolver
}

# start_all TLSA-RECORD [SETTING]...: Postfix with TLS behind the signed zone postfix.test,
# whose signed form goes through the sed script $BOGUS.
start_all() {
    local tlsa=$1
    shift
    cat >postfix.test.zone <<Z
\$ORIGIN postfix.test.
\$TTL 60
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
@ MX 10 mx
mx A 127.0.0.20
_$PF_PORT._tcp.mx TLSA $tlsa
Z
    sign postfix.test
    sed -i "${BOGUS:-}" postfix.test.zone.signed
    start_resolver dns postfix.test
    CONF=$(printf '%s\n' "dns_server = $dns_server" "remote_port = $PF_PORT" "tls_ca_dir = $PWD/authorities" "$@")
    system_up
    PF_MORE="smtpd_tls_security_level = ${LEVEL:-may}
smtpd_tls_cert_file = $PWD/pf.pem
smtpd_tls_key_file = $PWD/pf.key
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1" postfix_up 127.0.0.20 "$PF_PORT" "$SMTP_PORT"
}

@test "DANE: a Postfix whose key the signed zone names gets the mail" {
    start_all "3 1 1 $key"
    send ann@pombo.test carl@postfix.test "by DANE"
    wait_until 15 postfix_matches carl '^Subject: by DANE'
    postfix_matches carl 'using TLSv1.3 with cipher TLS_'
    wait_until 5 log_matches 'relayed id=.* to=carl@postfix.test host=mx.postfix.test .*tls=TLSv1.3/dane-ee'
    wait_until 5 queue_is_empty
}

@test "DANE: with a record that does not match the mail waits, the sender learns why, and none is lost" {
    start_all "3 1 1 $wrong" "delay_warning = 1s"
    send ann@pombo.test carl@postfix.test "waits"
    wait_until 15 log_matches 'tls-refused host=mx.postfix.test .*no matching DANE TLSA records'
    wait_until 15 log_matches 'deferred id=.* to=carl@postfix.test code=4.7.5 text="mx.postfix.test .*TLS: the certificate is refused: no matching DANE TLSA records"'
    wait_until 60 mailbox_matches ann '^Status: 4.7.5'
    mailbox_text ann | tr -d '\n' | grep -q 'no matching DANE TLSA records'
    [ -z "$(postfix_text carl)" ]
    # The administrator's word goes before the zone's.
    table_line tls_policy "postfix.test may"
    qctl flush
    wait_until 60 postfix_matches carl '^Subject: waits'
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/none'
    wait_until 5 queue_is_empty
}

@test "verify: by a CA of the folder and the name of a route" {
    start_all "3 1 1 $wrong"
    table_line routes "postfix.test mx.postfix.test:$PF_PORT"
    table_line tls_policy "mx.postfix.test verify"
    send ann@pombo.test carl@postfix.test "verified"
    wait_until 15 postfix_matches carl '^Subject: verified'
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/names'
    # The domain's own name is not in the certificate.
    sed -i '/postfix.test/d' "$DIR/etc/routes" "$DIR/etc/tls_policy"
    table_line tls_policy "postfix.test verify match=postfix.test"
    send ann@pombo.test dora@postfix.test "not verified"
    wait_until 15 log_matches 'deferred id=.* to=dora@postfix.test code=4.7.5 .*hostname mismatch'
    [ -z "$(postfix_text dora)" ]
}

@test "without tlsc mail goes on in plain text, but not where TLS is demanded" {
    start_all "0 0 1 $wrong" "remote_tls = may"
    kill "$(pombo status "$DIR" | sed -n 's/^pid_tlsc=//p')"
    table_line tls_policy "postfix.test encrypt"
    send ann@pombo.test carl@postfix.test "demanded"
    wait_until 15 log_matches 'deferred id=.*code=4.7.5 text="mx.postfix.test .*TLS: TLS is not available here'
    [ -z "$(postfix_text carl)" ]
    sed -i '/postfix.test/d' "$DIR/etc/tls_policy"
    pombo reload "$DIR"
    send ann@pombo.test dora@postfix.test "not demanded"
    wait_until 15 postfix_matches dora '^Subject: not demanded'
    wait_until 5 log_matches 'relayed id=.* to=dora@postfix.test .*tls=no'
}

# waits_for CODE TEXT: mail is deferred so, and its sender's warning says so.
waits_for() {
    send ann@pombo.test carl@postfix.test "waits"
    wait_until 15 log_matches "deferred id=.* to=carl@postfix.test code=$1 text=.*$2"
    wait_until 60 mailbox_matches ann "^Status: $1"
    mailbox_text ann | tr -d '\n' | grep -q "$2"
    [ -z "$(postfix_text carl)" ]
}

@test "DANE: with a record that was tampered with the mail waits, and the warning says why" {
    BOGUS="/_tcp.*TLSA\t/s/$key/$wrong/" start_all "3 1 1 $key" "delay_warning = 1s"
    waits_for 4.7.5 "the TLSA records can't be looked up"
}

@test "a zone whose exchangers were tampered with gets no mail, and the warning says why" {
    BOGUS='s/^\(postfix.test.*MX\t10\) mx/\1 evil/' start_all "3 1 1 $key" "delay_warning = 1s"
    waits_for 4.4.3 "cannot look up the domain's mail exchangers"
}

@test "DANE: where STARTTLS was stripped the mail waits, and the warning says why" {
    LEVEL=none start_all "3 1 1 $key" "delay_warning = 1s"
    waits_for 4.7.4 "offers no STARTTLS"
}

@test "a pinned key that is another one: the mail waits, and the warning says why" {
    start_all "3 1 1 $key" "delay_warning = 1s"
    table_line tls_policy "postfix.test fingerprint=$wrong"
    waits_for 4.7.5 "the certificate is another one: fingerprint"
}
