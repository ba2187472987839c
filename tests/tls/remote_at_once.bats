# TLS at once (RFC 8314), which port 465 stands for: the levels, and no plain text ever.
# shellcheck disable=SC2154 # keys of an associative array
load remote

# A loopback address that no other test has, as the port cannot be another.
start_at_once() {
    address=127.$((RANDOM % 200 + 30)).$((RANDOM % 250)).$((RANDOM % 250 + 1))
    start_server a "$address:465" "$@"
    message m x@far.example
}

# to POLICY DANE: one message there.
to() {
    drive "$(printf 'fields:hosts\x1fd\x1f%s\x1f\x1fa.example\x1f%s\x1f465\x1f%s' "$1" "$address" "$2")" job:1:m:0 until:1 close
}

@test "TLS comes before the greeting, whatever the level; STARTTLS is not said" {
    make_authority ca
    trust ca
    certify ca a a.example
    open_tlsc
    start_at_once "TCP=|TLS" EHLO=STARTTLS,PIPELINING,DSN
    for policy in none may dane encrypt; do
        to "$policy" insecure
        delivered a "TLSv1.3|none"
    done
    to "verify a.example" insecure
    delivered a "TLSv1.3|names"
    to "fingerprint $(key_digest a/cert.pem)" insecure
    delivered a "TLSv1.3|fingerprint"
    to dane "a.example 3 1 1 $(key_digest a/cert.pem)"
    delivered a "TLSv1.3|dane-ee"
    saw a 7 "tls a.example"
    saw a 0 STARTTLS
    saw a 7 EHLO
}

@test "a host that is not the right one gets nothing" {
    make_authority ca
    trust ca
    certify ca a b.example
    open_tlsc
    start_at_once "TCP=|TLS"
    to "verify a.example" insecure
    refused 4.7.5 "hostname mismatch"
    to "fingerprint $(printf '00%.0s' {1..32})" insecure
    refused 4.7.5 "the certificate is another one"
    to dane failed
    refused 4.7.5 "TLSA records can't be looked up"
    saw a 0 EHLO
}

@test "without TLS there is nothing, and no second try in plain text" {
    open_tlsc
    start_at_once "CONNECT=220 plain text"
    for policy in none may dane encrypt; do
        to "$policy" insecure
        refused 4.7.5 "TLS: .*"
    done
    saw a 4 connect
    saw a 0 EHLO
    saw a 0 HELO
    kill "$TLSC"
    wait "$TLSC" || true
    to may insecure
    refused 4.7.5 "TLS is not available here"
    saw a 0 EHLO
}

@test "a host that stalls or dies in the handshake is left" {
    make_authority ca
    certify ca a a.example
    open_tlsc
    start_at_once "1*TCP=|FIRST-HANG" "1*TCP=|FIRST-CLOSE" "1*TCP=|HALF-DROP" "TCP=|TLS" "CONNECT=CLOSE"
    for _ in 1 2 3; do
        to may insecure
        refused 4.7.5 "TLS: "
    done
    to may insecure
    grep -q "^unreachable|a.example .*closed the connection|" output
    saw a 0 EHLO
}
