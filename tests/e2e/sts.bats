#!/usr/bin/env bats
# Mail to a Postfix whose domain has a policy of MTA-STS (RFC 8461) on a real HTTPS server:
# what is delivered, what waits, and what a sender learns of it.
# shellcheck disable=SC2034,SC2154 # set or used by what is loaded
load system
load postfix
load ../dns
load ../authority
load ../sts/servers

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    PF_PORT=$(free_port)
    dns_pid='' POLICIES=''
    make_authority good
    trust good
    make_authority nobody
    certify good web mta-sts.other.test
}
teardown() {
    system_down
    postfix_down
    close_policies
    stop_dns
}

# write_zone ID [LINE]...: postfix.test with the record of a policy.
write_zone() {
    serial=$((${serial:-0} + 1))
    cat >postfix.test.zone <<Z
\$ORIGIN postfix.test.
\$TTL 60
@ SOA ns root $serial 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
@ MX 10 mx
mx A 127.0.0.20
mta-sts A 127.0.0.1
_mta-sts TXT "v=STSv1; id=$1;"
Z
    [ $# -lt 2 ] || printf '%s\n' "${@:2}" >>postfix.test.zone
}
# rezone ID: a new id; what qsend has kept of the DNS is forgotten.
rezone() {
    write_zone "$@"
    kill -HUP "$dns_pid"
    wait_until 5 is_served
    pombo reload "$DIR"
}
is_served() {
    kdig +short @127.0.0.1 -p "${dns_server##*:}" postfix.test SOA | grep -q " $serial "
}

# start_all AUTHORITY NAME [SETTING]...: Postfix with such a certificate, behind the zone, which
# $MORE is a line of too.
start_all() {
    certify "$1" pf "$2"
    shift 2
    open_policies
    write_zone 1 ${MORE:+"$MORE"}
    start_dns dns postfix.test.zone
    CONF=$(printf '%s\n' "dns_server = $dns_server" "remote_port = $PF_PORT" "tls_ca_dir = $PWD/authorities" \
        "mta_sts_port = $policies_port" "$@")
    system_up
    PF_MORE="smtpd_tls_security_level = ${LEVEL:-may}
smtpd_tls_chain_files = $PWD/pf/key.pem, $PWD/pf/chain.pem
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1" postfix_up 127.0.0.20 "$PF_PORT" "$SMTP_PORT"
}

@test "enforce: a Postfix with a certificate for its name gets the mail" {
    enforce postfix.test mx.postfix.test
    start_all good mx.postfix.test
    send ann@pombo.test carl@postfix.test "by policy"
    wait_until 15 postfix_matches carl '^Subject: by policy'
    postfix_matches carl 'using TLSv1.3 with cipher TLS_'
    wait_until 5 log_matches 'relayed id=.* to=carl@postfix.test host=mx.postfix.test .*tls=TLSv1.3/names'
    log_matches 'policy domain=postfix.test id=1 mode=enforce max_age=86400'
    wait_until 5 queue_is_empty
    fetched 1 postfix.test
    # It holds after a restart, without its server and its record.
    system_down
    close_policies
    sed -i /_mta-sts/d postfix.test.zone
    serial=$((serial + 1))
    sed -i "s/SOA ns root [0-9]*/SOA ns root $serial/" postfix.test.zone
    kill -HUP "$dns_pid"
    wait_until 5 is_served
    pombo up "$DIR" --smtp "127.0.0.1:$SMTP_PORT" --submission 127.0.0.1:0 --pop3 127.0.0.1:0 3>&-
    send ann@pombo.test dora@postfix.test "by the policy that is kept"
    wait_until 15 postfix_matches dora '^Subject: by the policy'
    log_matches 'relayed id=.* to=dora@postfix.test .*tls=TLSv1.3/names'
}

@test "enforce: with another certificate the mail waits, and the sender learns why" {
    enforce postfix.test mx.postfix.test
    start_all nobody mx.postfix.test "delay_warning = 1s"
    send ann@pombo.test carl@postfix.test "waits"
    wait_until 15 log_matches 'tls-refused host=mx.postfix.test .*MTA-STS: the certificate is refused: self-signed certificate in certificate chain'
    wait_until 15 log_matches 'deferred id=.* to=carl@postfix.test code=4.7.5 text="mx.postfix.test .*TLS: MTA-STS: '
    wait_until 60 mailbox_matches ann '^Status: 4.7.5'
    mailbox_text ann | tr -d '\n' | grep -q 'MTA-STS: the certificate is refused'
    [ -z "$(postfix_text carl)" ]
    # The domain thinks better of it.
    MODE=testing enforce postfix.test mx.postfix.test
    rezone 2
    qctl flush
    wait_until 60 postfix_matches carl '^Subject: waits'
    log_matches 'tls-untrusted host=mx.postfix.test .*MTA-STS (\(testing\)): self-signed'
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/untrusted'
    wait_until 5 queue_is_empty
}

@test "enforce: without STARTTLS the mail waits; the administrator's word goes before the policy" {
    enforce postfix.test mx.postfix.test
    LEVEL=none start_all good mx.postfix.test
    send ann@pombo.test carl@postfix.test "stripped"
    wait_until 15 log_matches 'deferred id=.* to=carl@postfix.test code=4.7.4 text="mx.postfix.test .*TLS: MTA-STS: offers no STARTTLS'
    [ -z "$(postfix_text carl)" ]
    table_line tls_policy "postfix.test may"
    qctl flush
    wait_until 60 postfix_matches carl '^Subject: stripped'
    wait_until 5 log_matches 'relayed id=.*tls=no'
}

@test "enforce: an exchanger that the policy does not list gets nothing, until a new policy does" {
    enforce postfix.test other.test
    start_all good mx.postfix.test
    send ann@pombo.test carl@postfix.test "not listed"
    wait_until 15 log_matches 'deferred id=.* to=carl@postfix.test code=4.7.5 text="mx.postfix.test .*TLS: MTA-STS policy does not list this exchanger"'
    [ -z "$(postfix_text carl)" ]
    enforce postfix.test '*.postfix.test'
    rezone 2
    qctl flush
    wait_until 60 postfix_matches carl '^Subject: not listed'
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/names'
}

@test "none, and no policy to be had: mail goes as without" {
    MODE=none enforce postfix.test
    start_all nobody other.test
    send ann@pombo.test carl@postfix.test "mode none"
    wait_until 15 postfix_matches carl '^Subject: mode none'
    policy postfix.test 404 ""
    rezone 2
    send ann@pombo.test carl@postfix.test "not there"
    wait_until 15 postfix_matches carl '^Subject: not there'
    log_matches 'policy-failed domain=postfix.test id=2 type=sts-policy-fetch-error'
    [ "$(cat "$DIR"/log/*.log | grep -c 'relayed id=.*tls=TLSv1.3/none')" -eq 2 ]
}

@test "REQUIRETLS waits while the policy can't be had" {
    policy postfix.test 404 ""
    start_all good mx.postfix.test
    printf 'From: ann@pombo.test\nTo: carl@postfix.test\nSubject: strict\n\ntext\n' |
        qinject -O RequireTLS=yes carl@postfix.test
    wait_until 15 log_matches "deferred id=.* code=4.7.5 text=.*the domain's MTA-STS policy can't be had"
    run ! log_matches ' failed id='
    # The policy is there, and in force: this Postfix has no REQUIRETLS.
    enforce postfix.test mx.postfix.test
    rezone 2
    qctl flush
    wait_until 60 log_matches 'failed id=.* code=5.7.30 text=.*offers no REQUIRETLS'
}

@test "TLS-Required: No is stronger than a policy that is enforced" {
    enforce postfix.test mx.postfix.test
    start_all nobody other.test
    printf 'From: ann@pombo.test\nTo: %s\nTLS-Required: No\nSubject: anyhow\n\ntext\n' carl@postfix.test |
        qinject carl@postfix.test
    wait_until 15 postfix_matches carl '^Subject: anyhow'
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/none'
}

@test "a new setting mta_sts holds for the next message" {
    enforce postfix.test mx.postfix.test
    start_all nobody other.test
    send ann@pombo.test carl@postfix.test "with"
    wait_until 15 log_matches 'deferred id=.* text=.*MTA-STS'
    echo "mta_sts = no" >>"$DIR/etc/pombo.conf"
    pombo reload "$DIR"
    send ann@pombo.test carl@postfix.test "off"
    wait_until 15 postfix_matches carl '^Subject: off'
}

@test "mta_sts = no: mail goes as without" {
    enforce postfix.test mx.postfix.test
    start_all nobody other.test "mta_sts = no"
    send ann@pombo.test dora@postfix.test "switched off"
    wait_until 15 postfix_matches dora '^Subject: switched off'
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/none'
    fetched 0 postfix.test
}

@test "without stsd mail goes as without a policy, with a log line" {
    enforce postfix.test mx.postfix.test
    start_all nobody other.test
    pid=$(pombo status "$DIR" | sed -n 's/^pid_sts=//p')
    kill "$pid"
    wait_until 5 is_gone "$pid"
    send ann@pombo.test carl@postfix.test "without"
    wait_until 15 postfix_matches carl '^Subject: without'
    log_matches 'sts-unavailable domain=postfix.test'
}
is_gone() {
    ! kill -0 "$1" 2>/dev/null
}

# reported LINE: qtlsreport tells so of today.
reported() {
    pombo reload "$DIR"
    qtlsreport -n >report.json
    python3 "$BATS_TEST_DIRNAME/tls_report.py" json postfix.test <report.json >reported
    grep -qx "$1" reported
}

@test "a report of TLS (RFC 8460) tells the policy, and what it was like to follow it" {
    MODE=testing enforce postfix.test mx.postfix.test
    MORE='_smtp._tls TXT "v=TLSRPTv1;rua=mailto:tls@postfix.test"' \
        start_all nobody mx.postfix.test "tls_reports = keep" "remote_linger = 0"
    send ann@pombo.test carl@postfix.test "tried"
    wait_until 15 postfix_matches carl '^Subject: tried'
    wait_until 15 reported "policy sts 0 1 certificate-not-trusted"
    grep -qx "string version: STSv1" reported
    grep -qx "string mode: testing" reported
    grep -qx "string mx: mx.postfix.test" reported
    grep -qx "string max_age: 86400" reported
    grep -qx "host mx.postfix.test" reported
    grep -q "^detail certificate-not-trusted mx.postfix.test 127.0.0.20 " reported
}

@test "a report of TLS tells that a policy could not be had, whatever became of the mail" {
    policy postfix.test 404 "not here"
    MORE='_smtp._tls TXT "v=TLSRPTv1;rua=mailto:tls@postfix.test"' \
        start_all nobody mx.postfix.test "tls_reports = keep" "remote_linger = 0"
    send ann@pombo.test carl@postfix.test "unguarded"
    wait_until 15 postfix_matches carl '^Subject: unguarded'
    log_matches 'policy-failed domain=postfix.test id=1 type=sts-policy-fetch-error'
    wait_until 15 reported "policy sts 0 1 sts-policy-fetch-error"
    run ! grep -q "^string " reported
    run ! grep -q "^host " reported
    # With a policy again the sessions that follow are the policy's.
    MODE=testing enforce postfix.test mx.postfix.test
    rezone 2 '_smtp._tls TXT "v=TLSRPTv1;rua=mailto:tls@postfix.test"'
    send ann@pombo.test carl@postfix.test "guarded"
    wait_until 15 postfix_matches carl '^Subject: guarded'
    wait_until 15 reported "policy sts 0 1 certificate-not-trusted"
    grep -qx "policy sts 0 1 sts-policy-fetch-error" reported
}
