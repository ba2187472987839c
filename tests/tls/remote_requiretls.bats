#!/usr/bin/env bats
# REQUIRETLS (RFC 8689 section 4.2.1) towards servers: who is good for it, and what
# becomes of a message where nobody is.
# shellcheck disable=SC2154
load remote

# setup_server NAME [RULE]...: with a certificate of the anchor's for mx.example.
setup_server() {
    [ -e anchor.pem ] || make_authority anchor
    certify anchor "$1" mx.example
    tls_server "$@"
}
# offering_within NAME [RULE]...: such a one that offers REQUIRETLS within TLS alone.
offering_within() {
    setup_server "$@" WITHIN=PIPELINING,REQUIRETLS,DSN
}
# set_up: server a offers it, b does not; key is the digest of a's key, and b's is key_b.
set_up() {
    offering_within a
    setup_server b
    open_tlsc
    key=$(key_digest a/cert.pem)
    key_b=$(key_digest b/cert.pem)
    message m -F q x@far.example
}
# fails TEXT: the message was refused for good, with that in the text.
fails() {
    grep -qE "^result\|1\|0\|D\|5.7.30\|\|.*$1" output
    [ "$(grep -c '^unreachable' output)" -eq 0 ]
    got "exit|0"
}

@test "a host with TLSA records that offers it within TLS gets the message, and the word" {
    set_up
    message m -F q8h x@far.example
    deliver "requiretls dane" "mx.example 3 1 1 $key" a
    delivered a 'TLSv1.3|dane-ee'
    seen a "1 MAIL FROM:<ann@example.org> REQUIRETLS RET=HDRS"
}

@test "so does one that a row of the table authenticates, by names or a fingerprint" {
    set_up
    trust anchor
    deliver "requiretls verify mx.example" insecure a
    delivered a 'TLSv1.3|names'
    deliver "requiretls fingerprint $key" insecure a
    delivered a 'TLSv1.3|fingerprint'
    saw a 2 'MAIL FROM:<ann@example.org> REQUIRETLS$'
}

@test "so does one whose name is signed and in its certificate by a CA, where there are no records" {
    make_authority anchor
    certify anchor a a.example
    tls_server a WITHIN=PIPELINING,REQUIRETLS,DSN
    trust anchor
    open_tlsc
    message m -F q x@far.example
    deliver "requiretls dane" signed a
    delivered a 'TLSv1.3|names'
    saw a 1 'MAIL FROM:<ann@example.org> REQUIRETLS$'
    # Of another CA, or where nothing authenticates the name, it is not; other mail may go there.
    rm -r authorities
    make_authority other
    trust other
    deliver "requiretls dane" signed a
    grep -q '^unreachable.*4.7.5' output
    deliver "requiretls dane" insecure a
    fails "nothing tells that a server there is the right one"
    message m x@far.example
    deliver dane signed a
    delivered a 'TLSv1.3|none'
}

@test "a message without it is sent without it to the same host" {
    set_up
    message m x@far.example
    deliver dane "mx.example 3 1 1 $key" a
    delivered a 'TLSv1.3|dane-ee'
    saw a 1 MAIL
    saw a 0 'MAIL.*REQUIRETLS'
}

@test "a host that does not offer it within TLS gets nothing, and hears QUIT" {
    set_up
    deliver "requiretls dane" "mx.example 3 1 1 $key_b" b
    fails 'b.example \[127.0.0.1\] TLS: offers no REQUIRETLS, which the message demands$'
    saw b 0 MAIL
    saw b 1 QUIT
    # What it says before TLS means nothing.
    setup_server c '1*EHLO=250-x\n250-REQUIRETLS\n250-STARTTLS\n250 DSN' # and then without
    deliver "requiretls dane" "mx.example 3 1 1 $(key_digest c/cert.pem)" c
    fails 'c.example .* offers no REQUIRETLS'
    saw c 0 MAIL
}

@test "a host that lacks it is passed over for the next one" {
    set_up
    deliver "requiretls dane" "mx.example 3 1 1 $key 3 1 1 $key_b" b a
    delivered a 'TLSv1.3|dane-ee'
    saw b 0 MAIL
    saw b 1 QUIT
}

@test "a host that nothing authenticates is not even asked" {
    set_up
    for policy in "requiretls dane" "requiretls none"; do
        deliver "$policy" insecure a
        fails 'a.example .*TLS: nothing tells that a server there is the right one'
    done
    [ ! -s a/seen ]
}

@test "records that are of no use do not authenticate, though they demand TLS" {
    set_up
    deliver "requiretls dane" "mx.example 0 0 1 $key" a
    fails "a.example .*TLS: can't be authenticated"
    saw a 0 MAIL
    message m x@far.example
    deliver dane "mx.example 0 0 1 $key" a
    delivered a 'TLSv1.3|unusable'
}

@test "doubt is temporary: no match, no STARTTLS, a failed look-up, a host that is down" {
    set_up
    setup_server c '1*EHLO=250-x\n250 DSN'
    zeros=$(printf '00%.0s' {1..32})
    deliver "requiretls dane" "mx.example 3 1 1 $zeros" a
    refused 4.7.5 'no matching DANE TLSA records'
    deliver "requiretls dane" "mx.example 3 1 1 $zeros" c
    refused 4.7.4 'offers no STARTTLS'
    deliver "requiretls dane" failed a
    refused 4.7.5 "the TLSA records can't be looked up"
    start_server d CONNECT=CLOSE
    deliver "requiretls dane" "mx.example 3 1 1 $key" d
    refused '' 'd.example .* closed the connection'
    # One that may have it tomorrow outweighs one that has it not, in each order.
    for order in "b d" "d b"; do
        # shellcheck disable=SC2086
        deliver "requiretls dane" "mx.example 3 1 1 $key_b" $order
        refused '' 'd.example .* closed the connection'
    done
    [ "$(cat [a-d]/seen | grep -c MAIL)" -eq 0 ]
}

@test "where there are more hosts than are tried nothing is final" {
    set_up
    # shellcheck disable=SC2046
    deliver "requiretls dane" insecure $(printf 'a %.0s' {1..21})
    refused 4.7.30 'a.example .*TLS: nothing tells that a server there is the right one'
    # shellcheck disable=SC2046
    deliver "requiretls dane" insecure $(printf 'a %.0s' {1..20})
    fails 'a.example .*TLS: nothing tells that a server there is the right one'
}

@test "all the mail that waits is refused, and the next that comes within a moment" {
    set_up
    write_settings "tls_ca_dir=$PWD/authorities" remote_linger=1
    drive "$(printf 'fields:hosts\x1ftest.example\x1frequiretls dane\x1f\x1fb.example\x1f127.0.0.1\x1f%s\x1finsecure' "${port[b]}")" \
        job:1:m:0 job:2:m:0 until:2 sleep:0.2 job:3:m:0 until:3 sleep:2 job:4:m:0
    [ "$(grep -c '^result|[123]|0|D|5.7.30|' output)" -eq 3 ]
    got "refused|job|4"
    got "exit|0"
}

@test "a notification about such a message is encrypted, has the word where it may, and is not lost for it" {
    set_up
    message m -F q -s "" x@far.example
    deliver "encrypted dane" "mx.example 3 1 1 $key" a
    delivered a 'TLSv1.3|dane-ee'
    seen a "1 MAIL FROM:<> REQUIRETLS"
    deliver "encrypted dane" insecure a
    delivered a 'TLSv1.3|none'
    seen a "2 MAIL FROM:<>"
    deliver "encrypted dane" "mx.example 3 1 1 $key_b" b
    delivered b 'TLSv1.3|dane-ee'
    seen b "1 MAIL FROM:<>"
    deliver "encrypted may" insecure b
    delivered b 'TLSv1.3|none'
    start_server c EHLO=PIPELINING
    deliver "encrypted may" insecure c
    refused 4.7.4 'c.example .* offers no STARTTLS'
    deliver "encrypted none" insecure c
    fails 'c.example .*gets plain text alone, and the message demands TLS'
    saw c 0 MAIL
}

@test "a session that gets no such policy by mistake sends no such message" {
    set_up
    deliver dane insecure a
    got "result|1|0|D|5.7.30||the message requires TLS all the way (REQUIRETLS)"
    deliver dane "mx.example 3 1 1 $key_b" b
    got "result|1|0|D|5.7.30||the message requires TLS all the way (REQUIRETLS)"
    [ "$(cat a/seen b/seen | grep -c MAIL)" -eq 0 ]
}
