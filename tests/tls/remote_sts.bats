# What policies of MTA-STS ask of servers (RFC 8461 sections 4 and 5).
# shellcheck disable=SC2154
load remote

setup_authority() {
    make_authority good
    trust good
    make_authority nobody
    open_tlsc
}

@test "enforce: a certificate of a CA for the exchanger's name, which is asked for" {
    setup_authority
    certify good a mx.example
    tls_server a
    deliver dane "mta-sts enforce mx.example" a
    delivered a 'TLSv1.3|names'
    saw a 1 "tls mx.example$"
    certify good a '*.far.example'
    deliver dane "mta-sts enforce mx.far.example" a
    delivered a 'TLSv1.3|names'
}

@test "enforce: another name, another CA, a day that is past, no STARTTLS, a refused one: no mail" {
    setup_authority
    certify good wrong other.example
    certify nobody unknown mx.example
    DAYS=-1 certify good old mx.example
    certify good refuses mx.example
    tls_server wrong
    tls_server unknown
    tls_server old
    start_server stripped EHLO=PIPELINING
    start_server refuses EHLO=STARTTLS "STARTTLS=454 4.7.0 no"
    deliver dane "mta-sts enforce mx.example" wrong
    refused 4.7.5 'wrong.example .*TLS: MTA-STS: the certificate is refused: hostname mismatch'
    grep -q 'tls-refused host=wrong.example .*MTA-STS: ' output
    deliver dane "mta-sts enforce mx.example" unknown
    refused 4.7.5 'MTA-STS: the certificate is refused: self-signed certificate in certificate chain'
    deliver dane "mta-sts enforce mx.example" old
    refused 4.7.5 'MTA-STS: the certificate is refused: certificate has expired'
    deliver dane "mta-sts enforce mx.example" stripped
    refused 4.7.4 'MTA-STS: offers no STARTTLS'
    deliver dane "mta-sts enforce mx.example" refuses
    refused 4.7.4 'MTA-STS: 454 4.7.0 no'
    kill "$TLSC"
    wait "$TLSC" || true
    rm -f "$POMBO_DIR/run/tlsc"
    deliver dane "mta-sts enforce mx.example" wrong
    refused 4.7.5 'MTA-STS: TLS is not available here'
    [ "$(cat ./*/seen | grep -c MAIL)" -eq 0 ]
}

@test "mismatch: the exchanger is not even asked, but the next is" {
    setup_authority
    certify good a a.example
    certify good b b.example
    tls_server a
    tls_server b
    deliver dane "mta-sts mismatch" a
    refused 4.7.5 'a.example \[127.0.0.1\] TLS: MTA-STS policy does not list this exchanger'
    grep -q 'tls-refused host=a.example' output
    saw a 0 connect
    drive "$(printf 'fields:hosts\x1fd\x1fdane\x1f\x1fa.example\x1f127.0.0.1\x1f%s\x1fmta-sts mismatch\x1fb.example\x1f127.0.0.1\x1f%s\x1fmta-sts enforce b.example' "${port[a]}" "${port[b]}")" \
        job:1:m:0 until:1 close
    delivered b 'TLSv1.3|names'
    saw a 0 connect
}

@test "testing: what would be refused is delivered, with a log line" {
    setup_authority
    certify good good mx.example
    certify good wrong other.example
    certify nobody unknown mx.example
    DAYS=-1 certify good old mx.example
    for name in good wrong unknown old; do
        tls_server "$name"
    done
    start_server stripped EHLO=PIPELINING
    certify good breaks mx.example
    start_server breaks EHLO=STARTTLS "1*STARTTLS=220 go on|FIRST-CLOSE"
    deliver dane "mta-sts testing mx.example" good
    delivered good 'TLSv1.3|names'
    [ "$(grep -c MTA-STS output)" -eq 0 ]
    deliver dane "mta-sts testing mx.example" wrong
    delivered wrong 'TLSv1.3|untrusted'
    grep -q 'tls-untrusted host=wrong.example .*text="MTA-STS (testing): hostname mismatch"' output
    deliver dane "mta-sts testing mx.example" unknown
    delivered unknown 'TLSv1.3|untrusted'
    grep -q 'tls-untrusted .*MTA-STS (testing): self-signed certificate' output
    deliver dane "mta-sts testing mx.example" old
    delivered old 'TLSv1.3|untrusted'
    grep -q 'tls-untrusted .*MTA-STS (testing): certificate has expired' output
    deliver dane "mta-sts testing mx.example" stripped
    delivered stripped 'no|'
    grep -q 'tls-failed host=stripped.example .*text="MTA-STS (testing): offers no STARTTLS"' output
    deliver dane "mta-sts testing mx.example" breaks
    delivered breaks 'no|'
    grep -q 'tls-failed host=breaks.example .*text="MTA-STS (testing): ' output
}

@test "testing-mismatch: the exchanger is used as without a policy, with a log line" {
    setup_authority
    certify nobody a other.example
    tls_server a
    deliver dane "mta-sts testing-mismatch" a
    delivered a 'TLSv1.3|none'
    grep -q 'sts-mismatch host=a.example .*text="MTA-STS (testing): the policy does not list this exchanger"' output
    start_server b EHLO=PIPELINING
    deliver dane "mta-sts testing-mismatch" b
    delivered b 'no|'
}

@test "policies of the table go before those of MTA-STS" {
    setup_authority
    certify nobody a other.example
    tls_server a
    deliver may "mta-sts enforce mx.example" a
    delivered a 'TLSv1.3|none'
    deliver encrypt "mta-sts mismatch" a
    delivered a 'TLSv1.3|none'
}

@test "REQUIRETLS: a policy that is enforced tells who is the right server, one in testing does not" {
    setup_authority
    certify good a mx.example
    tls_server a WITHIN=PIPELINING,REQUIRETLS,DSN
    message m -F q x@far.example
    deliver "requiretls dane" "mta-sts enforce mx.example" a
    delivered a 'TLSv1.3|names'
    saw a 1 'MAIL FROM:<ann@example.org> REQUIRETLS'
    for field in "mta-sts testing mx.example" "mta-sts testing-mismatch"; do
        deliver "requiretls dane" "$field" a
        grep -qE '^result\|1\|0\|D\|5.7.30\|' output
    done
    # A policy may change, and trouble may end; that is no reason to return mail.
    deliver "requiretls dane" "mta-sts mismatch" a
    refused 4.7.5 'MTA-STS policy does not list this exchanger'
    for field in "mta-sts failed sts-policy-fetch-error" "mta-sts unknown"; do
        deliver "requiretls dane" "$field" a
        refused 4.7.5 "the domain's MTA-STS policy can't be had"
    done
    saw a 1 MAIL
}

@test "REQUIRETLS: a name that is signed will do, whatever there is of a policy" {
    setup_authority
    certify good a a.example
    tls_server a WITHIN=PIPELINING,REQUIRETLS,DSN
    message m -F q x@far.example
    for field in "testing a.example" testing-mismatch "failed sts-policy-fetch-error" unknown; do
        deliver "requiretls dane" "signed mta-sts $field" a
        delivered a 'TLSv1.3|names'
    done
    saw a 4 'MAIL FROM:<ann@example.org> REQUIRETLS'
    deliver "requiretls dane" "signed mta-sts mismatch" a
    refused 4.7.5 'MTA-STS policy does not list this exchanger'
    # Of another CA it is not; other mail goes there.
    rm -r authorities
    make_authority other
    trust other
    deliver "requiretls dane" "signed mta-sts unknown" a
    refused 4.7.5 'the certificate is refused'
    message m x@far.example
    deliver dane "signed mta-sts unknown" a
    delivered a 'TLSv1.3|none'
}

@test "a name in the policy's field that is none is no alternative" {
    setup_authority
    certify good a evil
    tls_server a
    deliver dane "mta-sts enforce evil,x.far.example" a
    refused 4.7.5 'MTA-STS'
    saw a 0 MAIL
}
