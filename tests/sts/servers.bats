#!/usr/bin/env bats
# What stsd takes for a policy, and what it does not (RFC 8461 section 3.3).
# shellcheck disable=SC2154 # set by dns.bash and servers.bash
load setup

# refused TYPE REGEX: the policy of far.example is none, for this reason.
refused() {
    ask
    says "mta-sts failed $1"
    sts_logged "policy-failed domain=far.example id=[0-9]* type=$1 text=.*$2"
    rm "$POMBO_DIR/sts/!far.example" stsd.log
    close_stsd
    open_stsd
}

text() {
    printf '%s\n' "version: STSv1" "mode: enforce" "mx: mx.far.example" "max_age: 86400"
}

@test "the certificate: another name, of no known CA, expired, without alternative names" {
    enforce far.example mx.far.example
    serve 1
    make_authority unknown
    certify good web/mta-sts.far.example far.example,mx.far.example
    refused sts-webpki-invalid 'certificate'
    certify unknown web/mta-sts.far.example mta-sts.far.example
    refused sts-webpki-invalid 'self-signed certificate in certificate chain'
    DAYS=-1 certify good web/mta-sts.far.example mta-sts.far.example
    refused sts-webpki-invalid 'certificate has expired'
    openssl req -new -key web/mta-sts.far.example/key.pem -subj /CN=mta-sts.far.example -out request 2>>openssl.log
    openssl x509 -req -in request -CA good.pem -CAkey good.key -CAcreateserial -days 30 -out web/mta-sts.far.example/chain.pem 2>>openssl.log
    refused sts-webpki-invalid certificate
    fetched 0
    certify good web/mta-sts.far.example '*.far.example'
    ask
    says "mta-sts enforce mx.far.example"
}

@test "the answer: a redirect, another status, another type, too much" {
    mapfile -t text < <(text)
    policy far.example "301 to=https://mta-sts.other.example:$$/.well-known/mta-sts.txt" "${text[@]}"
    serve 1
    refused sts-policy-fetch-error 'the server says 301, not 200'
    for status in 204 206 404 500; do
        policy far.example "$status" "${text[@]}"
        refused sts-policy-fetch-error "the server says $status, not 200"
    done
    for type in text/html application/octet-stream text/plainer ''; do
        policy far.example "200 type=$type" "${text[@]}"
        refused sts-policy-fetch-error "the Content-Type is ${type:-missing}, not text/plain"
    done
    for words in "size=66000" "size=66000 chunked"; do
        policy far.example "200 $words" "${text[@]}"
        refused sts-policy-fetch-error "the policy is longer than 64 KB"
    done
    policy far.example "200 type=Text/Plain;+charset=utf-8 chunked" "${text[@]}"
    ask
    says "mta-sts enforce mx.far.example"
    fetched 12
}

@test "the server: none, no address, one that hangs, one that drips" {
    mapfile -t text < <(text)
    policy far.example "200 hang" "${text[@]}"
    serve 1
    write_settings mta_sts_timeout=2
    close_stsd
    open_stsd
    refused sts-policy-fetch-error 'timed out'
    policy far.example "200 drip" "${text[@]}"
    refused sts-policy-fetch-error 'timed out'
    close_policies
    refused sts-policy-fetch-error ''
    write_zone 2
    sed -i /^mta-sts.far/d example.zone
    kill -HUP "$dns_pid"
    wait_until 5 is_served
    refused sts-policy-fetch-error 'mta-sts.far.example has no address'
}

@test "of several addresses those that do not answer are no obstacle" {
    enforce far.example mx.far.example
    serve 1 "mta-sts.far AAAA ::1" "mta-sts.far A 127.0.0.9"
    ask
    says "mta-sts enforce mx.far.example"
}

@test "a server that hangs makes nobody else wait" {
    policy far.example "200 hang"
    enforce near.example mx.far.example
    serve 1 "near MX 10 mx.far" "mta-sts.near A 127.0.0.1" '_mta-sts.near TXT "v=STSv1; id=1"'
    write_settings mta_sts_timeout=600
    close_stsd
    open_stsd
    timeout 60 "$POMBO_ROOT/tests/qremote/drive.py" "$POMBO_BIN/qmx" mx,1,far.example,25 packet close >first 2>&1 3>&- &
    first=$!
    wait_until 5 fetched 1
    ask near.example
    says "mta-sts enforce mx.far.example"
    [ "$(grep -c '^mx' first)" -eq 0 ]
    # Nor does the domain itself wait for all of that time.
    waited() { grep -q '^mx|1|K|.*|mta-sts unknown$' first; }
    wait_until 15 waited
    wait "$first" || true
}

@test "the text: what is no policy" {
    serve 1
    while IFS= read -r body; do
        # shellcheck disable=SC2059 # the line's escapes are to count
        policy far.example 200 "$(printf "$body")"
        refused sts-policy-invalid ''
    done <<'B'

version: STSv2\nmode: enforce\nmx: mx.far.example\nmax_age: 86400
mode: enforce\nmx: mx.far.example\nmax_age: 86400
version: STSv1\nmode: enforce\nmax_age: 86400
version: STSv1\nmode: enforce\nmx: mx.far.example
version: STSv1\nmode: Enforce\nmx: mx.far.example\nmax_age: 86400
version: STSv1\nmode: enforce\nmx: mx.far.example\nmax_age: 31557600000
<html>no policy</html>
B
    printf -v body '%s\r\n' "version: STSv1" "new: some: value" "mx:mx.far.example  " "mode: enforce" "mode: none" "max_age: 31557600"
    policy far.example 200 "$body"
    ask
    says "mta-sts enforce mx.far.example"
}

@test "a policy that wants to last for more than a year lasts for one" {
    policy far.example 200 "$(printf 'version: STSv1\nmode: enforce\nmx: mx.far.example\nmax_age: 315576000\n')"
    serve 1
    ask
    says "mta-sts enforce mx.far.example"
    grep -qx 'max_age: 31557600' "$POMBO_DIR/sts/far.example"
}

@test "redirections, proxies and files that the environment names do not count" {
    enforce far.example mx.far.example
    open_policies
    zone 1
    write_settings
    make_authority unknown
    export https_proxy=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1 \
        CURL_CA_BUNDLE=/dev/null SSL_CERT_FILE=/dev/null OPENSSL_CONF=/nonexistent HOME=$PWD
    echo "machine mta-sts.far.example login a password b" >.netrc
    echo "--insecure" >.curlrc
    open_stsd
    ask
    says "mta-sts enforce mx.far.example"
    OPENSSL_CONF='' certify unknown web/mta-sts.far.example mta-sts.far.example
    export SSL_CERT_FILE=$PWD/unknown.pem CURL_CA_BUNDLE=$PWD/unknown.pem
    rm "$POMBO_DIR/sts/far.example"
    close_stsd
    open_stsd
    refused sts-webpki-invalid 'self-signed'
}

@test "stsd -f fetches one policy and ends" {
    enforce far.example mx.far.example
    open_policies
    zone 1 "mta-sts.near A 127.0.0.1"
    write_settings
    run stsd -f far.example
    [ "$status" -eq 0 ]
    [[ $output == *"policy domain=far.example id=1 mode=enforce max_age=86400" ]]
    grep -qx "mx: mx.far.example" "$POMBO_DIR/sts/far.example"
    run stsd -f near.example
    [ "$status" -eq 111 ]
    [[ $output == *"no-record domain=near.example" ]]
    policy far.example 404 ""
    run stsd -f FAR.example
    [ "$status" -eq 111 ]
    [[ $output == *"policy-failed domain=far.example "* ]]
    grep -qx "mx: mx.far.example" "$POMBO_DIR/sts/far.example"
    run stsd far.example
    [ "$status" -eq 100 ]
}

@test "in a network of its own: port 443, and nothing else than the defaults" {
    enforce far.example mx.far.example
    write_zone 1
    cat >inside <<'S'
. "$BATS_TEST_DIRNAME/setup.bash"
ip link set lo up
dns_pid='' POLICIES='' STSD=''
PORT=443 open_policies
start_dns dns example.zone
write_settings mta_sts_port=443
open_stsd
"$POMBO_ROOT/tests/qremote/drive.py" "$POMBO_BIN/qmx" mx,1,far.example,25 packet close
close_stsd
close_policies
stop_dns
S
    export BATS_TEST_DIRNAME
    run unshare -n bash inside
    echo "$output"
    [[ ${lines[0]} == "mx|1|K|2.0.0||"*"|mta-sts enforce mx.far.example" ]]
}
