#!/usr/bin/env bats
# A laptop that hands all its mail to a provider: another pombo, and a Postfix with Cyrus
# SASL.
# shellcheck disable=SC2034,SC2154 # set or used by what is loaded
load system
load postfix
load ../dns

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    # Port 465 cannot be another; the address is one that no other test has.
    ADDRESS=127.$((RANDOM % 200 + 30)).$((RANDOM % 250)).$((RANDOM % 250 + 1))
    DIR='' PROVIDER='' dns_pid=''
    mkdir authorities provider
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out authorities/ca.pem -days 30 -subj "/CN=a CA" 2>openssl.log
    openssl rehash authorities
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.request -subj "/CN=a server" 2>>openssl.log
    openssl x509 -req -in server.request -CA authorities/ca.pem -CAkey ca.key -CAcreateserial -days 30 \
        -extfile <(echo "subjectAltName=DNS:smtp.provider.test,IP:$ADDRESS") -out server.pem 2>>openssl.log
    cat server.pem authorities/ca.pem >chain.pem
    cat >provider.test.zone <<Z
\$ORIGIN provider.test.
\$TTL 60
@    SOA ns root 1 3600 600 86400 60
@    NS ns
ns   A 127.0.0.1
smtp A $ADDRESS
Z
    start_dns dns provider.test.zone
}
teardown() {
    system_down
    [ -z "$PROVIDER" ] || DIR=$PROVIDER system_down
    postfix_down
    stop_dns
}

# provider_up [SETTING]...: pombo.test with the users ann and bob; ports SUBMISSION_PORT
# and 465.
provider_up() {
    local tls=provider/system/etc/tls/smtp.provider.test
    mkdir -p "$tls"
    cp chain.pem "$tls/fullchain.pem"
    cp server.key "$tls/privkey.pem"
    CONF=$(printf '%s\n' "auth_fail_delay = 0" "$@") SUBMISSION_LISTEN=$ADDRESS:0 BATS_TEST_TMPDIR=$PWD/provider \
        system_up --smtps "$ADDRESS:465"
    PROVIDER=$DIR
}

# laptop_up PASSWORD-ROW ROUTE: hands all mail to ROUTE; delivers for laptop.test itself.
laptop_up() {
    DIR=$BATS_TEST_TMPDIR/laptop
    export POMBO_DIR=$DIR
    mkdir -p "$DIR/etc"
    printf '%s\n' "host_name = laptop.test" "retry_interval = 1" "remote_linger = 0" "dns_server = $dns_server" \
        "tls_ca_dir = $PWD/authorities" >"$DIR/etc/pombo.conf"
    echo "* $2" >"$DIR/etc/routes"
    (umask 077 && echo "$1" >"$DIR/etc/relay_passwords")
    pombo up "$DIR" --domain laptop.test --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0 3>&-
    SMTP_PORT=$(pombo status "$DIR" | sed -n 's/^smtp=127.0.0.1://p')
}

at_provider() { # at_provider mailbox_matches ...
    DIR=$PROVIDER "$@"
}

@test "a provider's pombo on its submission port: the name verified, SCRAM bound to the session" {
    provider_up "auth_scram = yes"
    laptop_up "smtp.provider.test:$SUBMISSION_PORT ann@pombo.test secret-ann" "smtp.provider.test:$SUBMISSION_PORT"
    send ann@pombo.test bob@pombo.test "from the laptop"
    wait_until 15 at_provider mailbox_matches bob '^Subject: from the laptop'
    wait_until 5 log_matches 'auth host=smtp.provider.test .*mechanism=SCRAM-SHA-256-PLUS'
    wait_until 5 log_matches 'relayed id=.* to=bob@pombo.test host=smtp.provider.test .*tls=TLSv1.3/names'
    at_provider mailbox_matches bob '	by mail.pombo.test with ESMTPSA$'
    wait_until 5 queue_is_empty
    # The password is in no file but those that hold passwords, and no log.
    [ "$(grep -rlE "secret-ann|$(printf secret-ann | base64 | tr -d =)" "$DIR" | sort | xargs -n 1 basename | xargs)" = "relay_passwords relay_passwords.cdb" ]
    [ "$(stat -c %a "$DIR/etc/relay_passwords" "$DIR/etc/relay_passwords.cdb" | xargs)" = "600 600" ]
}

@test "port 465: TLS at once, verified as well" {
    provider_up
    laptop_up "smtp.provider.test ann@pombo.test secret-ann" "smtp.provider.test:465"
    send ann@pombo.test bob@pombo.test "at once"
    wait_until 15 at_provider mailbox_matches bob '^Subject: at once'
    wait_until 5 log_matches 'auth host=smtp.provider.test .*mechanism=PLAIN'
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/names'
    # The levels hold there as elsewhere; nothing is spoken in plain text.
    table_line tls_policy "smtp.provider.test fingerprint=$(printf '00%.0s' {1..32})"
    send ann@pombo.test bob@pombo.test "not that key"
    wait_until 15 log_matches 'deferred id=.* code=4.7.5 text="smtp.provider.test .* TLS: the certificate is another one'
    echo "smtp.provider.test encrypt" >"$DIR/etc/tls_policy"
    pombo reload "$DIR"
    qctl flush
    wait_until 60 at_provider mailbox_matches bob '^Subject: not that key'
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/none'
    wait_until 5 queue_is_empty
}

@test "a wrong password makes the mail wait, the sender learns why; other mail is unaffected; none is lost" {
    provider_up
    laptop_up "smtp.provider.test:$SUBMISSION_PORT ann@pombo.test secret-bob" "smtp.provider.test:$SUBMISSION_PORT"
    echo "delay_warning = 1s" >>"$DIR/etc/pombo.conf"
    table_line routes "postfix.test [127.0.0.1]:$SMTP_PORT"
    printf 'secret-eve\n' | pombo user add "$DIR" eve@laptop.test >/dev/null
    send eve@laptop.test bob@pombo.test "waits"
    send eve@laptop.test eve@laptop.test "here"
    wait_until 15 log_matches 'auth-refused host=smtp.provider.test .*PLAIN: 535 5.7.8'
    wait_until 15 log_matches 'deferred id=.* to=bob@pombo.test code=4.7.8 text="smtp.provider.test .* AUTH: PLAIN: 535 5.7.8'
    wait_until 15 log_matches 'delivered id=.* to=eve@laptop.test'
    wait_until 60 has_warning
    [ -z "$(DIR=$PROVIDER mailbox_text bob)" ]
    # ann may send as eve, and the password is mended.
    DIR=$PROVIDER POMBO_DIR=$PROVIDER table_line senders "ann@pombo.test *"
    echo "smtp.provider.test:$SUBMISSION_PORT ann@pombo.test secret-ann" >"$DIR/etc/relay_passwords"
    pombo reload "$DIR"
    qctl flush
    wait_until 60 at_provider mailbox_matches bob '^Subject: waits'
    wait_until 10 queue_is_empty
}
has_warning() {
    cat "$DIR"/mail/laptop.test/eve/new/* | grep -q '^Status: 4.7.8' &&
        cat "$DIR"/mail/laptop.test/eve/new/* | tr -d '\n' | grep -q '535 5.7.8'
}

@test "a host that can't show the name gets neither password nor mail" {
    provider_up
    openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 30 -subj "/CN=x" \
        -addext subjectAltName=DNS:smtp.provider.test 2>>openssl.log
    cp other.pem "$PROVIDER/etc/tls/smtp.provider.test/fullchain.pem"
    cp other.key "$PROVIDER/etc/tls/smtp.provider.test/privkey.pem"
    wait_until 15 shows_other
    laptop_up "smtp.provider.test ann@pombo.test secret-ann" "smtp.provider.test:$SUBMISSION_PORT"
    send ann@pombo.test bob@pombo.test
    wait_until 15 log_matches 'deferred id=.* code=4.7.5 text="smtp.provider.test .* TLS: the certificate is refused'
    run ! log_matches ' auth '
    run ! grep -qE 'auth|ann@pombo.test' "$PROVIDER/log/submission.log"
}
shows_other() {
    [ "$(openssl s_client -connect "$ADDRESS:465" -servername smtp.provider.test </dev/null 2>/dev/null | openssl x509 -noout -fingerprint)" = "$(openssl x509 -in other.pem -noout -fingerprint)" ]
}

# postfix_with_sasl MECHANISMS PORT: on ADDRESS, as what users submit to.
postfix_with_sasl() {
    mkdir -p sasl pf/etc/sasl
    printf 'open sesame "1"' | saslpasswd2 -p -c -f sasl/db -u postfix.test ann
    chown -R postfix sasl
    printf '%s\n' "pwcheck_method: auxprop" "auxprop_plugin: sasldb" "sasldb_path: $PWD/sasl/db" "mech_list: $1" >pf/etc/sasl/smtpd.conf
    PF_MORE="smtpd_tls_security_level = may
smtpd_tls_cert_file = $PWD/chain.pem
smtpd_tls_key_file = $PWD/server.key
smtpd_tls_received_header = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_local_domain = postfix.test
smtpd_sasl_security_options = noanonymous
smtpd_sasl_authenticated_header = yes
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
$3" postfix_up "$ADDRESS" "$2" "$2"
}
# offer MECHANISMS: from now on.
offer() {
    sed -i "s/^mech_list:.*/mech_list: $1/" pf/etc/sasl/smtpd.conf
    postfix -c "$PF_CONF" reload >/dev/null 2>&1
    wait_until 15 offers "$1"
}
offers() {
    printf 'EHLO x\r\nQUIT\r\n' | timeout 10 openssl s_client -connect "$ADDRESS:$PORT" -starttls smtp -quiet 2>/dev/null |
        grep -qE "^250.AUTH $1"$'\r?$'
}

@test "a Postfix with Cyrus SASL: each way to log in, the strongest first" {
    PORT=$(free_port)
    postfix_with_sasl PLAIN "$PORT"
    laptop_up "[$ADDRESS]:$PORT ann@postfix.test \"open sesame \\\"1\\\"\"" "[$ADDRESS]:$PORT"
    for mechanism in PLAIN LOGIN SCRAM-SHA-256; do
        offer "$mechanism"
        send ann@pombo.test carl@postfix.test "by $mechanism"
        wait_until 30 postfix_matches carl "^Subject: by $mechanism"
        wait_until 5 log_matches "auth host=.* mechanism=$mechanism\$"
    done
    postfix_matches carl '^	\(Authenticated sender: ann@postfix.test\)'
    postfix_matches carl 'using TLSv1.3'
    wait_until 5 queue_is_empty
    [ "$(cat "$DIR"/log/*.log | grep -c 'tls=TLSv1.3/names')" -eq 3 ]
    # All at once.
    sed -i 's/^mech_list:.*/mech_list: PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256/' pf/etc/sasl/smtpd.conf
    postfix -c "$PF_CONF" reload >/dev/null 2>&1
    send ann@pombo.test dora@postfix.test "by the best"
    wait_until 30 postfix_matches dora "^Subject: by the best"
    [ "$(cat "$DIR"/log/*.log | grep ' auth ' | tail -n 1 | sed 's/.*mechanism=//')" = SCRAM-SHA-256 ]
}

@test "a Postfix with TLS at once on port 465" {
    PORT=465
    postfix_with_sasl "PLAIN" 465 "smtpd_tls_wrappermode = yes"
    laptop_up "[$ADDRESS] ann@postfix.test \"open sesame \\\"1\\\"\"" "[$ADDRESS]:465"
    send ann@pombo.test carl@postfix.test "at once"
    wait_until 30 postfix_matches carl "^Subject: at once"
    wait_until 5 log_matches 'relayed id=.*tls=TLSv1.3/names'
    # With a password that Postfix does not know, and without any.
    echo "[$ADDRESS] ann@postfix.test other" >"$DIR/etc/relay_passwords"
    pombo reload "$DIR"
    send ann@pombo.test dora@postfix.test "wrong"
    wait_until 30 log_matches 'deferred id=.* to=dora@postfix.test code=4.7.8 text=.* AUTH: PLAIN: 535 5.7.8'
    [ -z "$(postfix_text dora)" ]
}
