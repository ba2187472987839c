#!/usr/bin/env bats
# Reports of TLS (RFC 8460): domains that ask for them behind a validating resolver,
# exchangers with TLS of every kind, and the report that each domain gets.
# shellcheck disable=SC2034,SC2154 # set or used by what is loaded
load system
load ../dns
load ../dnssec

FAKE=$BATS_TEST_DIRNAME/../qremote/fake_smtp.py
CHECK=$BATS_TEST_DIRNAME/tls_report.py

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    resolver_pid='' dns_pid='' servers=()
    PORT=$(free_port)
    today=$(date -u +%F)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem \
        -days 30 -subj "/CN=a CA" 2>openssl.log
    anchor=$(openssl x509 -in ca.pem -outform DER | sha256sum | cut -d' ' -f1)
    wrong=$(printf '00%.0s' {1..32})
}
teardown() {
    system_down
    stop_resolver
    local pid
    for pid in "${servers[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# exchanger N NAMES DAYS [RULE]...: a server at 127.0.1.N with a certificate of these names.
exchanger() {
    local number=$1 names=$2 days=$3
    shift 3
    mkdir -p "x$number"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "x$number/key.pem" \
        -out "x$number/request" -subj "/CN=a server" 2>>openssl.log
    openssl x509 -req -in "x$number/request" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$days" \
        -extfile <(echo "subjectAltName=DNS:$names") -out "x$number/cert.pem" 2>>openssl.log
    cat "x$number/cert.pem" ca.pem >"x$number/chain.pem"
    python3 "$FAKE" "x$number" "127.0.1.$number:$PORT" "$@" 3>&- &
    servers+=($!)
    wait_until 5 test -s "x$number/port"
}
tls_rules=("STARTTLS=220 2.0.0 go on|TLS" "EHLO=STARTTLS,PIPELINING")

key_of() {
    openssl x509 -in "x$1/cert.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1
}

# A zone in which good, expired, name, mismatch, plain, bogus, unusable and shared have an
# exchanger each, and TLSRPT records.
start_world() {
    exchanger 1 mx1.peers.test 30 "${tls_rules[@]}"
    exchanger 2 mx2.peers.test -1 "${tls_rules[@]}"
    exchanger 3 elsewhere.test 30 "${tls_rules[@]}"
    exchanger 4 mx4.peers.test 30 "${tls_rules[@]}"
    exchanger 5 mx5.peers.test 30 EHLO=PIPELINING
    exchanger 9 sink.reports.test 30 "${tls_rules[@]}"
    cat >peers.test.zone <<Z
\$ORIGIN peers.test.
\$TTL 60
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
good MX 10 mx1
shared MX 10 mx1
silent MX 10 mx1
expired MX 10 mx2
name MX 10 mx3
mismatch MX 10 mx4
plain MX 10 mx5
unusable MX 10 mx6
mx1 A 127.0.1.1
mx2 A 127.0.1.2
mx3 A 127.0.1.3
mx4 A 127.0.1.4
mx5 A 127.0.1.5
mx6 A 127.0.1.1
_$PORT._tcp.mx1 TLSA 3 1 1 $(key_of 1)
_$PORT._tcp.mx2 TLSA 2 0 1 $anchor
_$PORT._tcp.mx3 TLSA 2 0 1 $anchor
_$PORT._tcp.mx4 TLSA 3 1 1 $wrong
_$PORT._tcp.mx6 TLSA 1 1 1 $wrong
_smtp._tls.good TXT "v=TLSRPTv1; rua=mailto:tls@reports.test,https://reports.test/v1"
_smtp._tls.good TXT "something else"
_smtp._tls.shared TXT "v=TLSRPTv1;" "rua=mailto:shared%40reports.test"
_smtp._tls.expired TXT "v=TLSRPTv1;rua=mailto:tls@reports.test"
_smtp._tls.name TXT "v=TLSRPTv1;rua=mailto:tls@reports.test"
_smtp._tls.mismatch TXT "v=TLSRPTv1;rua=mailto:tls@reports.test"
_smtp._tls.plain TXT "v=TLSRPTv1;rua=mailto:tls@reports.test"
_smtp._tls.unusable TXT "v=TLSRPTv1;rua=mailto:tls@reports.test"
Z
    cat >reports.test.zone <<Z
\$ORIGIN reports.test.
\$TTL 60
@ SOA ns root 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
@ MX 10 sink
sink A 127.0.1.9
_$PORT._tcp.sink TLSA 3 1 1 $wrong
_smtp._tls TXT "v=TLSRPTv1;rua=mailto:tls@reports.test"
Z
    sign peers.test
    sign reports.test
    start_resolver dns peers.test reports.test
    CONF=$(printf '%s\n' "dns_server = $dns_server" "remote_port = $PORT" "remote_linger = 0" "$@")
    system_up
}

# counted DOMAIN TEXT: once qsend has written what it has counted.
counted() {
    pombo reload "$DIR"
    qtlsreport -n "$today" >report.json
    python3 "$CHECK" json "$1" <report.json >counted
    grep -qF -- "$2" counted
}

# Makes today's results those of yesterday, while the system is down.
let_a_day_pass() {
    system_down
    yesterday=$(date -u -d yesterday +%F)
    mv "$DIR/queue/tlsrpt/$today" "$DIR/queue/tlsrpt/$yesterday"
}
again() {
    pombo up "$DIR" --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0 3>&-
    SMTP_PORT=$(pombo status "$DIR" | sed -n 's/^smtp=.*://p' | head -n 1)
}

@test "each result is counted for the domain that asks, with its policy and its type" {
    start_world "tls_reports = keep" "tls_report_delay = 0"
    for domain in good shared silent expired name mismatch plain unusable; do
        send ann@pombo.test "carl@$domain.peers.test" "to $domain"
    done
    wait_until 20 counted good.peers.test "tlsa 1 0"
    wait_until 20 counted shared.peers.test "tlsa 1 0"
    wait_until 20 counted expired.peers.test "tlsa 0 1 certificate-expired"
    wait_until 20 counted name.peers.test "tlsa 0 1 certificate-host-mismatch"
    wait_until 20 counted mismatch.peers.test "tlsa 0 1 validation-failure"
    wait_until 20 counted plain.peers.test "no-policy-found 0 1 starttls-not-supported"
    wait_until 20 counted unusable.peers.test "tlsa 0 1 tlsa-invalid"
    [ "$(grep -c silent.peers.test report.json)" -eq 0 ]
    # What the report says beside.
    python3 "$CHECK" json expired.peers.test <report.json >expired
    grep -qx "detail certificate-expired mx2.peers.test 127.0.1.2 127.0.0.1 1 the certificate is refused: certificate has expired" expired
    grep -qx "string 2 0 1 $anchor" expired
    grep -qx "host mx2.peers.test" expired
    grep -qx "contact postmaster@pombo.test" expired
    grep -qx "organization pombo.test" expired
}

@test "qsend has the day's reports made and sent; each once, to whom the record names" {
    start_world "tls_reports = send" "tls_report_delay = 0" "tls_report_from = tls@pombo.test" \
        "tls_report_organization = Pombo \"& Sons\""
    send ann@pombo.test carl@good.peers.test one
    send ann@pombo.test carl@shared.peers.test two
    send ann@pombo.test carl@mismatch.peers.test three
    wait_until 20 counted good.peers.test "tlsa 1 0"
    wait_until 20 counted shared.peers.test "tlsa 1 0"
    wait_until 20 counted mismatch.peers.test "tlsa 0 1 validation-failure"
    let_a_day_pass
    again
    wait_until 20 has_reports 3
    python3 "$CHECK" mail x9/message.* >mails
    [ "$(grep -c '^report' mails)" -eq 3 ]
    grep -qx "report good.peers.test $yesterday <> tls@reports.test" mails
    grep -qx "report shared.peers.test $yesterday <> shared@reports.test" mails
    grep -qx "report mismatch.peers.test $yesterday <> tls@reports.test" mails
    grep -qx 'organization Pombo "& Sons"' mails
    [ ! -e "$DIR/queue/tlsrpt/$yesterday" ]
    # They got through though the TLS there is not as its domain wants it.
    wait_until 5 log_matches 'relayed id=.* to=tls@reports.test .*tls=TLSv1.3/none'
    # The next reports are those of the next results alone; the reports' own sessions,
    # to a domain that asks for reports too, are not among them.
    send ann@pombo.test carl@plain.peers.test four
    wait_until 20 counted plain.peers.test "no-policy-found 0 1 starttls-not-supported"
    let_a_day_pass
    again
    wait_until 20 has_reports 4
    python3 "$CHECK" mail x9/message.* >mails
    [ "$(grep -c '^report' mails)" -eq 4 ]
    grep -qx "report plain.peers.test $yesterday <> tls@reports.test" mails
    [ -z "$(find "$DIR/queue/tlsrpt" -name "$yesterday*")" ]
}

has_reports() {
    [ "$(find x9 -name 'message.*' | wc -l)" -ge "$1" ]
}
@test "kept reports lie in a folder under the name of RFC 8460, and go after their days" {
    start_world "tls_reports = keep" "tls_report_delay = 0" "tls_report_days = 2"
    send ann@pombo.test carl@good.peers.test one
    wait_until 20 counted good.peers.test "tlsa 1 0"
    let_a_day_pass
    kept=$DIR/queue/tlsrpt/kept
    mkdir -p "$kept"
    begin=$(date -u -d "$yesterday" +%s)
    old="mail.pombo.test!old.test!$((begin - 864000))!$((begin - 777601)).json"
    : >"$kept/$old"
    again
    wait_until 20 test -s "$kept/mail.pombo.test!good.peers.test!$begin!$((begin + 86399)).json"
    python3 "$CHECK" json good.peers.test <"$kept/mail.pombo.test!good.peers.test!$begin!$((begin + 86399)).json" |
        grep -qx "policy tlsa 1 0"
    wait_until 20 test ! -e "$kept/$old"
    [ "$(find x9 -name 'message.*' | wc -l)" -eq 0 ]
}

@test "switched off nothing is asked, counted or made" {
    start_world
    send ann@pombo.test carl@good.peers.test one
    wait_until 20 log_matches 'relayed id=.* to=carl@good.peers.test'
    system_down
    [ "$(find "$DIR/queue/tlsrpt" -type f | wc -l)" -eq 0 ]
}
