# TLSA records (RFC 6698, RFC 7672) against a server's certificate.
# shellcheck disable=SC2154
load remote

setup_chain() {
    make_authority anchor
    make_authority other
    certify anchor a mx.example
    tls_server a
    open_tlsc
    key=$(key_digest a/cert.pem)
    cert=$(cert_digest a/cert.pem)
    anchor=$(cert_digest anchor.pem)
    zeros=$(printf '00%.0s' {1..32})
}

@test "usage 3: of the key and of the certificate, as SHA-256, SHA-512 and whole" {
    setup_chain
    whole=$(openssl x509 -in a/cert.pem -outform DER | od -An -v -tx1 | tr -d ' \n')
    long=$(openssl x509 -in a/cert.pem -outform DER | sha512sum | cut -d' ' -f1)
    for record in "3 1 1 $key" "3 0 1 $cert" "3 0 2 $long" "3 0 0 $whole"; do
        deliver dane "mx.example $record" a
        delivered a 'TLSv1.3|dane-ee'
    done
    # SNI is the name of the records.
    [ "$(grep -c 'tls mx.example$' a/seen)" -eq 4 ]
    deliver dane "mx.example 3 1 1 $zeros" a
    refused 4.7.5 'a.example .*TLS: the certificate is refused: no matching DANE TLSA records'
}

@test "usage 3: neither the name nor the last day matters" {
    setup_chain
    DAYS=-1 certify anchor b unrelated.example
    tls_server b
    deliver dane "mx.example 3 1 1 $(key_digest b/cert.pem)" b
    delivered b 'TLSv1.3|dane-ee'
}

@test "usage 2: the CA of the chain, with one of the names, and in time" {
    setup_chain
    deliver dane "mx.example 2 0 1 $anchor" a
    delivered a 'TLSv1.3|dane-ta'
    deliver dane "base.example,mx.example 2 0 1 $anchor" a
    delivered a 'TLSv1.3|dane-ta'
    deliver dane "base.example 2 0 1 $anchor" a
    refused 4.7.5 'hostname mismatch'
    deliver dane "mx.example 2 0 1 $(cert_digest other.pem)" a
    refused 4.7.5 'the certificate is refused: '
    # Without alternative names the common name counts.
    openssl req -new -key a/key.pem -subj /CN=mx.example -out named
    mkdir c
    openssl x509 -req -in named -CA anchor.pem -CAkey anchor.key -CAcreateserial -days 30 -out c/cert.pem
    cat c/cert.pem anchor.pem >c/chain.pem
    cp a/key.pem c
    tls_server c
    deliver dane "mx.example 2 0 1 $anchor" c
    delivered c 'TLSv1.3|dane-ta'
    DAYS=-1 certify anchor b mx.example
    tls_server b
    deliver dane "mx.example 2 0 1 $anchor" b
    refused 4.7.5 'certificate has expired'
}

@test "usage 2: a CA that is trusted here, but not by the records, is not enough" {
    setup_chain
    trust other
    certify other b mx.example
    tls_server b
    deliver dane "mx.example 2 0 1 $anchor" b
    refused 4.7.5 'the certificate is refused: '
    deliver "verify mx.example" insecure b
    delivered b 'TLSv1.3|names'
}

@test "one of several records is enough: certificates roll over" {
    setup_chain
    deliver dane "mx.example 3 1 1 $zeros 2 0 1 $zeros 3 1 1 $key" a
    delivered a 'TLSv1.3|dane-ee'
    # New key, old and new record.
    old=$key
    certify anchor a mx.example
    new=$(key_digest a/cert.pem)
    [ "$old" != "$new" ]
    deliver dane "mx.example 3 1 1 $old 3 1 1 $new" a
    delivered a 'TLSv1.3|dane-ee'
    deliver dane "mx.example 3 1 1 $old" a
    refused 4.7.5 'no matching DANE TLSA records'
}

@test "records that are all of no use: TLS, without a check; none of it: no mail" {
    setup_chain
    for unusable in "0 0 1 $cert" "1 1 1 $zeros" "3 7 1 $zeros" "3 1 9 aabb" "200 1 1 $zeros" "3 1 1 aabb" "3 1 1 -"; do
        deliver dane "mx.example $unusable" a
        delivered a 'TLSv1.3|unusable'
    done
    # Beside one that is of use they count for nothing.
    deliver dane "mx.example 1 1 1 $key 3 1 1 $zeros" a
    refused 4.7.5 'no matching DANE TLSA records'
    start_server b EHLO=PIPELINING
    deliver dane "mx.example 0 0 1 $cert" b
    refused 4.7.4 'offers no STARTTLS'
}

@test "with records, STARTTLS that is stripped or fails means no mail; without any, plain text" {
    setup_chain
    start_server b EHLO=PIPELINING
    start_server c EHLO=STARTTLS "STARTTLS=454 4.7.0 no"
    deliver dane "mx.example 3 1 1 $key" b
    refused 4.7.4 'offers no STARTTLS'
    deliver dane "mx.example 3 1 1 $key" c
    refused 4.7.4 '454 4.7.0 no'
    deliver dane insecure b
    delivered b "no|"
    deliver dane insecure c
    delivered c "no|"
}

@test "where the records can't be looked up the host is not even asked, but the next is" {
    setup_chain
    deliver dane failed a
    refused 4.7.5 "a.example \[127.0.0.1\] TLS: the TLSA records can't be looked up"
    saw a 0 connect
    certify anchor b mx.example
    tls_server b
    drive "$(printf 'fields:hosts\x1fd\x1fdane\x1f\x1fa.example\x1f127.0.0.1\x1f%s\x1ffailed\x1fb.example\x1f127.0.0.1\x1f%s\x1finsecure' "${port[a]}" "${port[b]}")" \
        job:1:m:0 until:1 close
    delivered b 'TLSv1.3|none'
}

@test "policies other than dane look at no records" {
    setup_chain
    deliver may "mx.example 3 1 1 $zeros" a
    delivered a 'TLSv1.3|none'
    deliver encrypt failed a
    delivered a 'TLSv1.3|none'
}
