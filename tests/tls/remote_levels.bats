# Levels of the policy of TLS, against servers with all kinds of certificates.
# shellcheck disable=SC2154
load remote

@test "may: TLS with anybody who offers it, and all is said anew within" {
    make_authority nobody
    certify nobody a other.example
    tls_server a
    open_tlsc
    deliver may insecure a
    delivered a 'TLSv1.3|none'
    seen a "1 tls a.example"
    # EHLO, STARTTLS, EHLO again, and the message within TLS
    [ "$(grep -cx '1 EHLO mail.example.org' a/seen)" -eq 2 ]
    [ "$(sed -n '/ tls /,$p' a/seen | grep -c 'MAIL FROM')" -eq 1 ]
    grep -q 'tls host=a.example protocol=TLSv1.3 cipher=TLS_[A-Z0-9_]* verified=none' output
    wait_until 5 no_tls_sessions
}

@test "may: what the server said before TLS is forgotten" {
    make_authority nobody
    certify nobody a a.example
    # The second EHLO is answered without PIPELINING and DSN.
    tls_server a "2*EHLO=250-x\n250-STARTTLS\n250 DSN" "EHLO=250 y"
    tls_server b "1*EHLO=250-x\n250-STARTTLS\n250 DSN" "EHLO=250 y"
    cp a/*.pem b/
    open_tlsc
    deliver may insecure b
    got "result|1|0|R|2.0.0|b.example|250 2.0.0 taken"
    deliver may insecure a
    got "result|1|0|K|2.0.0|a.example|250 2.0.0 taken"
}

@test "may: plain text where TLS is not offered, or refused" {
    start_server a EHLO=PIPELINING
    start_server b EHLO=STARTTLS "STARTTLS=454 4.7.0 not now"
    open_tlsc
    deliver may insecure a
    got "session|0|0|no|"
    got "result|1|0|R|2.0.0|a.example|250 2.0.0 taken"
    deliver may insecure b
    got "session|0|0|no|"
    saw b 1 connect
    grep -q 'tls-failed host=b.example address=\[127.0.0.1\] text="454 4.7.0 not now"' output
}

@test "none: no TLS, whatever is offered" {
    tls_server a
    open_tlsc
    deliver none insecure a
    delivered a "no|"
    saw a 0 STARTTLS
}

@test "encrypt: a server that does not offer TLS, or refuses it, gets no mail" {
    start_server a EHLO=PIPELINING
    start_server b EHLO=STARTTLS "STARTTLS=454 4.7.0 not now"
    start_server c "EHLO=502 no" HELO=250
    open_tlsc
    deliver encrypt insecure a
    refused 4.7.4 'a.example \[127.0.0.1\] TLS: offers no STARTTLS, without which it gets no mail'
    grep -q 'tls-refused host=a.example address=\[127.0.0.1\] text=' output
    saw a 1 QUIT
    deliver encrypt insecure b
    refused 4.7.4 'b.example .*TLS: 454 4.7.0 not now'
    deliver encrypt insecure c
    refused 4.7.4 'c.example .*TLS: offers no STARTTLS'
    [ "$(cat a/seen b/seen c/seen | grep -c MAIL)" -eq 0 ]
}

@test "encrypt: the next host is tried, and a host's TLS is told rather than another's silence" {
    make_authority nobody
    certify nobody c other.example
    start_server a EHLO=PIPELINING
    start_server b "CONNECT=554 no mail here"
    tls_server c
    open_tlsc
    deliver encrypt insecure a b c
    delivered c 'TLSv1.3|none'
    deliver encrypt insecure a b
    refused 4.7.4 'a.example .*offers no STARTTLS'
}

@test "verify: a certificate of one of the names by a CA that is trusted" {
    make_authority good
    trust good
    certify good a mx.far.example,a.example
    tls_server a
    open_tlsc
    for names in a.example mx.far.example MX.far.example other.example,a.example .far.example; do
        deliver "verify $names" insecure a
        delivered a 'TLSv1.3|names'
    done
    for names in far.example .a.example b.example example .example.far; do
        deliver "verify $names" insecure a
        refused 4.7.5 'a.example .*TLS: the certificate is refused: hostname mismatch'
    done
    [ "$(grep -c MAIL a/seen)" -eq 5 ] # the five that were verified
}

@test "verify: wildcards stand for one whole label, and a subject is no name" {
    make_authority good
    trust good
    certify good a '*.far.example,m*.other.example'
    certify good b unrelated.example
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout b/key.pem -out b/request \
        -subj "/CN=b.example" 2>>openssl.log
    openssl x509 -req -in b/request -CA good.pem -CAkey good.key -CAcreateserial -days 30 -out b/cert.pem 2>>openssl.log
    cat b/cert.pem >b/chain.pem
    tls_server a
    tls_server b
    open_tlsc
    deliver "verify mx.far.example" insecure a
    delivered a 'TLSv1.3|names'
    for names in far.example x.mx.far.example mx.other.example; do
        deliver "verify $names" insecure a
        refused 4.7.5 'hostname mismatch'
    done
    deliver "verify b.example" insecure b
    refused 4.7.5 'hostname mismatch'
}

@test "verify: by an address" {
    make_authority good
    trust good
    certify good a x.example,IP:127.0.0.1
    tls_server a
    open_tlsc
    deliver "verify [127.0.0.1]" insecure a
    delivered a 'TLSv1.3|names'
    deliver "verify [127.0.0.2]" insecure a
    refused 4.7.5 'IP address mismatch'
}

@test "verify: expired, self-signed, and of an unknown CA" {
    make_authority good
    make_authority nobody
    trust good
    DAYS=-1 certify good old a.example
    certify nobody unknown a.example
    mkdir -p own
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout own/key.pem -out own/chain.pem \
        -days 30 -subj "/CN=own" -addext subjectAltName=DNS:a.example 2>>openssl.log
    for name in old unknown own; do tls_server $name; done
    open_tlsc
    deliver "verify a.example" insecure old
    refused 4.7.5 'certificate has expired'
    deliver "verify a.example" insecure unknown
    refused 4.7.5 'self-signed certificate in certificate chain'
    deliver "verify a.example" insecure own
    refused 4.7.5 'self-signed certificate'
    [ "$(cat old/seen unknown/seen own/seen | grep -c MAIL)" -eq 0 ]
    # With may they do.
    deliver may insecure old
    delivered old 'TLSv1.3|none'
    # A CA that is trusted from now on needs no restart.
    trust nobody
    deliver "verify a.example" insecure unknown
    delivered unknown 'TLSv1.3|names'
}

@test "fingerprint: of the certificate or of the key, one of several, whatever else it is" {
    make_authority nobody
    DAYS=-1 certify nobody a other.example
    tls_server a
    open_tlsc
    zeros=$(printf '00%.0s' {1..32})
    deliver "fingerprint $(cert_digest a/cert.pem)" insecure a
    delivered a 'TLSv1.3|fingerprint'
    deliver "fingerprint $zeros,$(key_digest a/cert.pem)" insecure a
    delivered a 'TLSv1.3|fingerprint'
    deliver "fingerprint $zeros" insecure a
    refused 4.7.5 "the certificate is another one: fingerprint $(cert_digest a/cert.pem)"
}

@test "fingerprint: of a key outlives a rolled-over certificate, that of the certificate does not" {
    make_authority nobody
    certify nobody a a.example
    tls_server a
    open_tlsc
    key=$(key_digest a/cert.pem)
    cert=$(cert_digest a/cert.pem)
    openssl x509 -req -in a/request -CA nobody.pem -CAkey nobody.key -CAcreateserial -days 60 -out a/chain.pem 2>>openssl.log
    deliver "fingerprint $key" insecure a
    delivered a 'TLSv1.3|fingerprint'
    deliver "fingerprint $cert" insecure a
    refused 4.7.5 'the certificate is another one'
}

@test "without tlsc may goes on in plain text with a log line, and what demands TLS waits" {
    make_authority nobody
    certify nobody a a.example
    tls_server a
    deliver may insecure a
    delivered a "no|"
    grep -q 'tls-failed host=a.example .*text="TLS is not available here: No such file or directory"' output
    saw a 0 STARTTLS
    deliver encrypt insecure a
    refused 4.7.5 'TLS is not available here'
    saw a 0 STARTTLS
    saw a 1 MAIL
}

@test "several messages in one session within TLS, and a session that is kept" {
    make_authority nobody
    certify nobody a a.example
    tls_server a
    open_tlsc
    message m x@far.example
    drive "$(printf 'fields:hosts\x1fd\x1fmay\x1f\x1fa.example\x1f127.0.0.1\x1f%s\x1finsecure' "${port[a]}")" \
        job:1:m:0 job:2:m:0 until:2 sleep:0.3 job:3:m:0 until:3 close
    [ "$(grep -c '^result|.|0|K|' output)" -eq 3 ]
    saw a 1 connect
    saw a 1 " QUIT"
    wait_until 5 no_tls_sessions
}

@test "a message of 20 MB arrives whole through TLS" {
    make_authority nobody
    certify nobody a a.example
    tls_server a
    open_tlsc
    { printf 'Subject: large\n\n'; head -c 15000000 /dev/urandom | base64; } >body
    message m -b body x@far.example
    deliver encrypt insecure a
    delivered a 'TLSv1.3|none'
    [ "$(tr -d '\r' <a/message.1.1 | sha256sum)" = "$(sha256sum <body)" ]
}
