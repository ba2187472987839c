# What qremote tells of TLS with each host, in the words of RFC 8460 section 4.3.
# shellcheck disable=SC2034,SC2154
load remote

setup_reports() {
    make_authority anchor
    certify anchor a mx.example
    write_settings "tls_ca_dir=$PWD/authorities" remote_tls_timeout=3 tls_reports=keep
    open_tlsc
    anchor=$(cert_digest anchor.pem)
    zeros=$(printf '00%.0s' {1..32})
}

# told RESULT SERVER TEXT: one packet, and no other of TLS.
told() {
    got "tls|$1|$2.example|127.0.0.1|127.0.0.1|$3"
    [ "$(grep -c '^tls|' output)" -eq 1 ]
}

nothing_told() {
    [ "$(grep -c '^tls|' output)" -eq 0 ]
}

@test "TLS as it should be is ok, with a check and without" {
    setup_reports
    tls_server a
    deliver dane "mx.example 3 1 1 $(key_digest a/cert.pem)" a
    told ok a ""
    delivered a 'TLSv1.3|dane-ee'
    # It comes before the session.
    [ "$(grep -m 1 '|' output | cut -d'|' -f1)" = tls ]
    deliver dane insecure a
    told ok a ""
}

@test "certificates of the wrong name, too old, of another CA, and another key" {
    setup_reports
    tls_server a
    deliver dane "base.example 2 0 1 $anchor" a
    told certificate-host-mismatch a "the certificate is refused: hostname mismatch"
    deliver dane "mx.example 3 1 1 $zeros" a
    told validation-failure a "the certificate is refused: no matching DANE TLSA records"
    deliver "verify mx.example" insecure a
    got_like "^tls|certificate-not-trusted|a.example|127.0.0.1|127.0.0.1|the certificate is refused: "
    DAYS=-1 certify anchor b mx.example
    tls_server b
    deliver dane "mx.example 2 0 1 $anchor" b
    told certificate-expired b "the certificate is refused: certificate has expired"
}

@test "records that are of no use, and those that can't be looked up" {
    setup_reports
    tls_server a
    deliver dane "mx.example 1 1 1 $zeros" a
    told tlsa-invalid a "none of the TLSA records is of use"
    delivered a 'TLSv1.3|unusable'
    deliver dane failed a
    got "tls|dnssec-invalid|a.example|127.0.0.1||the TLSA records can't be looked up"
    refused 4.7.5 "can't be looked up"
}

@test "no STARTTLS, whether mail goes on without it or not" {
    setup_reports
    start_server plain EHLO=PIPELINING
    deliver dane insecure plain
    told starttls-not-supported plain ""
    delivered plain 'no|'
    deliver dane "mx.example 3 1 1 $zeros" plain
    told starttls-not-supported plain ""
    start_server no "STARTTLS=454 4.7.0 not now" EHLO=STARTTLS
    deliver dane insecure no
    told starttls-not-supported no "454 4.7.0 not now"
}

@test "a handshake that fails and a new connection in plain text are one failure" {
    setup_reports
    start_server b "1*STARTTLS=220 go on|FIRST-DROP" EHLO=STARTTLS
    deliver dane insecure b
    delivered b 'no|'
    got_like '^tls|validation-failure|b.example|'
    [ "$(grep -c '^tls|' output)" -eq 1 ]
}

@test "what is no matter of the server's is not told: no TLS wanted, no tlsc, no connection" {
    setup_reports
    tls_server a
    deliver none insecure a
    nothing_told
    kill "$TLSC"
    wait "$TLSC" || true
    deliver dane insecure a
    delivered a 'no|'
    nothing_told
    port[gone]=1
    deliver dane insecure gone
    nothing_told
}

@test "switched off nothing is told" {
    setup_reports
    write_settings "tls_ca_dir=$PWD/authorities" remote_tls_timeout=3
    tls_server a
    deliver dane insecure a
    delivered a 'TLSv1.3|none'
    nothing_told
}

@test "MTA-STS: enforced, tried, and exchangers that no policy lists" {
    setup_reports
    tls_server a
    trust anchor
    for mode in enforce testing; do
        deliver dane "mta-sts $mode mx.example" a
        told ok a ""
        delivered a 'TLSv1.3|names'
    done
    deliver dane "mta-sts enforce other.example" a
    told certificate-host-mismatch a "the certificate is refused: hostname mismatch"
    deliver dane "mta-sts testing other.example" a
    told certificate-host-mismatch a "hostname mismatch"
    delivered a 'TLSv1.3|untrusted'
    deliver dane "mta-sts testing-mismatch" a
    told validation-failure a "MTA-STS policy does not list this exchanger"
    delivered a 'TLSv1.3|none'
    deliver dane "mta-sts mismatch" a
    got "tls|validation-failure|a.example|127.0.0.1||MTA-STS policy does not list this exchanger"
    refused 4.7.5 "does not list"
    DAYS=-1 certify anchor b mx.example
    tls_server b
    deliver dane "mta-sts testing mx.example" b
    told certificate-expired b "certificate has expired"
    start_server plain EHLO=PIPELINING
    deliver dane "mta-sts testing mx.example" plain
    told starttls-not-supported plain ""
}
