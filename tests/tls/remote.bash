# Loaded by the tests of TLS with servers: qremote and tlsc, CAs and certificates of the
# test, and servers that do as they are told (tests/qremote).
# shellcheck disable=SC2034,SC2154
source "$BATS_TEST_DIRNAME/../qremote/setup.bash"
TESTS=$POMBO_ROOT/tests/qremote

setup() {
    export POMBO_DIR=$BATS_TEST_TMPDIR/pombo
    mkdir -p "$POMBO_DIR"/{etc,run} authorities
    cd "$BATS_TEST_TMPDIR" || return 1
    pids=()
    mkdir -p authorities
    write_settings "tls_ca_dir=$PWD/authorities" remote_tls_timeout=3
}

# make_authority NAME: a CA whose certificate is NAME.pem.
make_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.pem" \
        -days 30 -subj "/CN=$1" 2>>openssl.log
}

# trust NAME: its certificate is one of those that tlsc believes.
trust() {
    cp "$1.pem" authorities/
    openssl rehash authorities
}

# certify AUTHORITY SERVER NAME,... [OPTION]...: chain.pem and key.pem for a server, of
# these names; options are openssl x509's, DAYS (30) is how long it lasts.
certify() {
    local authority=$1 server=$2 names
    names=DNS:${3//,/,DNS:}
    names=${names//DNS:IP:/IP:}
    shift 3
    mkdir -p "$server"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$server/key.pem" -out "$server/request" \
        -subj "/CN=a server" 2>>openssl.log
    openssl x509 -req -in "$server/request" -CA "$authority.pem" -CAkey "$authority.key" -CAcreateserial \
        -days "${DAYS:-30}" -extfile <(echo "subjectAltName=$names") -out "$server/cert.pem" "$@" 2>>openssl.log
    cat "$server/cert.pem" "$authority.pem" >"$server/chain.pem"
}

# key_digest FILE, cert_digest FILE: SHA-256 of the public key and of the certificate.
key_digest() {
    openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1
}
cert_digest() {
    openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1
}

open_tlsc() {
    rm -f tlsc.ready
    "$POMBO_BIN/tlsc" -l "$POMBO_DIR/run/tlsc" -r tlsc.ready 2>>tlsc.log 3>&- &
    TLSC=$!
    pids+=("$TLSC")
    wait_until 5 test -s tlsc.ready || { cat tlsc.log; return 1; }
}

no_tls_sessions() {
    ! pgrep -P "$TLSC" >/dev/null
}

# tls_server NAME [RULE]...: offers STARTTLS and does it; made certify's first.
tls_server() {
    local name=$1
    shift
    start_server "$name" "$@" "STARTTLS=220 2.0.0 go on|TLS" EHLO=STARTTLS,PIPELINING,DSN
}

# deliver POLICY DANE NAME...: one message to the servers, with the policy of TLS (and $auth) and
# what DANE says of each; what came of it is in the file output.
deliver() {
    local name policy=$1 dane=$2 packet
    shift 2
    packet=$(printf 'fields:hosts\x1ftest.example\x1f%s\x1f%s' "$policy" "${auth:-}")
    for name; do
        packet+=$(printf '\x1f%s.example\x1f127.0.0.1\x1f%s\x1f%s' "$name" "${port[$name]}" "$dane")
    done
    [ -e m ] || message m x@far.example
    drive "$packet" job:1:m:0 until:1 close
}

# delivered NAME TLS: in plain text where TLS is "no|", else "TLSv1.3|HOW".
delivered() {
    got "session|0|0|$2"
    got_like "^result|1|0|[KR]|2.0.0|$1.example|250 2.0.0 taken$"
}

# refused CODE REGEX: no host was used, for a reason of TLS.
refused() {
    grep -qE "^unreachable\|.*$2.*\|$1\$" output
    [ "$(grep -c '^result' output)" -eq 0 ]
}
