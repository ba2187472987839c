#!/usr/bin/env bats
# What qmx says of the exchangers of a domain with a policy of MTA-STS (RFC 8461), fetched
# by stsd from a real HTTPS server, with names of a real name server.
# shellcheck disable=SC2154 # set by dns.bash and servers.bash
load setup

@test "enforce: an exchanger that the policy lists is to have a certificate for its name" {
    enforce far.example mx.far.example
    serve 1
    ask
    says "mta-sts enforce mx.far.example"
    fetched 1
    sts_logged 'policy domain=far.example id=1 mode=enforce max_age=86400$'
    # From then on it is the one that is kept.
    ask
    says "mta-sts enforce mx.far.example"
    fetched 1
}

@test "an exchanger that the policy does not list is a mismatch; * stands for one label" {
    enforce far.example '*.far.example' OTHER.example
    serve 1 "far MX 20 a.b.far" "a.b.far A 203.0.113.2" "far MX 30 other" "other A 203.0.113.3" \
        "far MX 40 third" "third A 203.0.113.4" "far MX 50 far" "far A 203.0.113.5"
    ask
    says "mta-sts enforce mx.far.example" "mta-sts mismatch" "mta-sts enforce other.example" "mta-sts mismatch" \
        "mta-sts mismatch"
    # A policy that keeps mail back may be mended soon.
    [ "$(ttl)" -le 300 ]
}

@test "testing tells the same, and none and no policy tell nothing" {
    MODE=testing enforce far.example mx.far.example
    serve 1 "far MX 20 other" "other A 203.0.113.3"
    ask
    says "mta-sts testing mx.far.example" "mta-sts testing-mismatch"
    MODE=none enforce far.example
    rezone 2 "far MX 20 other" "other A 203.0.113.3"
    ask
    says insecure insecure
    fetched 2
    sts_logged 'policy domain=far.example id=2 mode=none'
    # A domain without a record is not even looked for.
    rezone "" "near MX 10 mx.far"
    ask near.example
    says insecure
    fetched 0 near.example
}

@test "a domain in UTF-8, and one without MX, have policies by their names in the DNS" {
    open_policies
    enforce xn--mnchen-3ya.example xn--mnchen-3ya.example
    serve "" "xn--mnchen-3ya A 203.0.113.1" "mta-sts.xn--mnchen-3ya A 127.0.0.1" \
        '_mta-sts.xn--mnchen-3ya CNAME record' 'record TXT "v=STS" "v1; id=1"'
    ask münchen.example
    says "mta-sts enforce xn--mnchen-3ya.example"
}

@test "the record: others beside it, parts, and faults" {
    enforce far.example mx.far.example
    serve "" '_mta-sts.far TXT "v=STSv2; id=1"' '_mta-sts.far TXT "some; id=2"' '_mta-sts.far TXT "v=STSv1; i" "d=7; x=y;"'
    ask
    says "mta-sts enforce mx.far.example"
    sts_logged 'policy domain=far.example id=7 '
    rm "$POMBO_DIR/sts/far.example"
    for text in '"v=STSv1; id=;"' '"v=STSv1;"' '"v=STSv1; id=a-b"' '"v=STSv1; id=1" ; same name
_mta-sts.far TXT "v=STSv1; id=2"'; do
        rezone "" "_mta-sts.far TXT $text"
        ask
        says insecure
        [[ $output == *"sts-record domain=far.example"* ]]
    done
    fetched 1
}

@test "the host of a route has no policy, nor has a domain with another level of TLS, nor with mta_sts=no" {
    enforce far.example mx.far.example
    serve 1 "far A 203.0.113.9"
    run "$POMBO_ROOT/tests/qremote/drive.py" "$POMBO_BIN/qmx" host,1,far.example,25 packet mx,2,far.example packet close
    echo "$output"
    [[ ${lines[0]} == "mx|1|K|2.0.0||3"[56][0-9][0-9]"||0|far.example|203.0.113.9|signed" ]]
    [[ ${lines[1]} == "mx|2|K|2.0.0||3"[56][0-9][0-9]"||10|mx.far.example|203.0.113.1|insecure" ]]
    write_settings mta_sts=0
    ask
    says insecure
    fetched 0
}

@test "a new id brings the new policy" {
    enforce far.example mx.far.example
    serve 1
    ask
    enforce far.example other.example
    ask
    says "mta-sts enforce mx.far.example"
    fetched 1
    rezone 2
    ask
    says "mta-sts mismatch"
    fetched 2
    # Mended again.
    enforce far.example mx.far.example
    rezone 3
    ask
    says "mta-sts enforce mx.far.example"
}

@test "a policy that is kept holds while its server is down, with another id, and while the record is gone" {
    enforce far.example mx.far.example
    serve 1
    ask
    close_policies
    ask
    says "mta-sts enforce mx.far.example"
    rezone 2
    ask
    says "mta-sts enforce mx.far.example"
    sts_logged 'policy-failed domain=far.example id=2 type=sts-policy-fetch-error '
    rezone ""
    ask
    says "mta-sts enforce mx.far.example"
    # And where the DNS fails: an alias that leads in a circle.
    rezone "" "_mta-sts.far CNAME circle" "circle CNAME _mta-sts.far"
    ask
    says "mta-sts enforce mx.far.example"
    [ "$(ttl)" -le 300 ]
}

@test "a policy holds no longer than max_age, and its answer no longer than the policy" {
    AGE=10 enforce far.example mx.far.example
    serve 1
    ask
    says "mta-sts enforce mx.far.example"
    [ "$(ttl)" -le 10 ]
    close_policies
    without() {
        ask >/dev/null && says "mta-sts failed sts-policy-fetch-error"
    }
    wait_until 15 without
}

@test "a fetch that failed is not tried again for a while, but for a new id" {
    policy far.example 404 "not here"
    serve 1
    ask
    says "mta-sts failed sts-policy-fetch-error"
    # It is looked for again as soon as that makes sense.
    [ "$(ttl)" -le 300 ]
    ask
    fetched 1
    enforce far.example mx.far.example
    ask
    says "mta-sts failed sts-policy-fetch-error"
    fetched 1
    rezone 2
    ask
    says "mta-sts enforce mx.far.example"
    # After that time, too.
    rm "$POMBO_DIR/sts/far.example"
    printf 'x-id: 2\nx-fetched: %d\nx-type: sts-policy-fetch-error\n' "$(date +%s)" >"$POMBO_DIR/sts/!far.example"
    ask
    says "mta-sts failed sts-policy-fetch-error"
    printf 'x-id: 2\nx-fetched: %d\nx-type: sts-policy-fetch-error\n' $(($(date +%s) - 301)) >"$POMBO_DIR/sts/!far.example"
    ask
    says "mta-sts enforce mx.far.example"
    [ ! -e "$POMBO_DIR/sts/!far.example" ]
}

@test "without stsd there is a log line, and what is kept holds" {
    enforce far.example mx.far.example
    serve 1
    ask
    close_stsd
    rezone 2
    ask
    says "mta-sts enforce mx.far.example"
    [[ $output == *'sts-unavailable domain=far.example text="'* ]]
    # What there might be can't be told then.
    rm "$POMBO_DIR/sts/far.example"
    ask
    says "mta-sts unknown"
}

@test "whether there is a policy can't be told where the record can't be looked up" {
    enforce far.example mx.far.example
    open_policies
    write_zone 1
    sign example
    sed -i "/^_mta-sts.*TXT\t\"/s/id=1/id=2/" example.zone.signed
    start_resolver dns example
    write_settings
    open_stsd
    ask
    says "signed mta-sts unknown"
    fetched 0
}

@test "an exchanger whose name is none for a certificate is not listed" {
    policy far.example 200 "$(printf 'version: STSv1\nmode: enforce\nmx: *.far.example\nmax_age: 86400\n')"
    serve 1 'far MX 20 evil\044x.far' 'evil\044x.far A 203.0.113.5' 'far MX 30 b.far' 'b.far A 203.0.113.6'
    ask
    says "mta-sts enforce mx.far.example" "mta-sts mismatch" "mta-sts enforce b.far.example"
}

@test "a policy that is kept and can't be read is trouble, not the lack of one" {
    serve 1
    mkdir "$POMBO_DIR/sts/far.example"
    run "$POMBO_ROOT/tests/qremote/drive.py" "$POMBO_BIN/qmx" mx,1,far.example,25 packet close
    echo "$output"
    [ "${lines[1]}" = "mx|1|Z|4.3.0|the domain's MTA-STS policy can't be read|60|" ]
    [[ $output == *"sts-read domain=far.example error="* ]]
    # A folder that is not there for us is the lack of any.
    rmdir "$POMBO_DIR/sts/far.example" "$POMBO_DIR/sts"
    ask
    says "mta-sts unknown"
}

@test "a policy of yesterday is fetched anew while it holds, without making anybody wait" {
    enforce far.example mx.far.example
    serve 1
    ask
    sed -i "s/^x-fetched: .*/x-fetched: $(($(date +%s) - 50000))/" "$POMBO_DIR/sts/far.example"
    enforce far.example mx.far.example other.example
    ask
    says "mta-sts enforce mx.far.example"
    wait_until 5 fetched 2
    wait_until 5 grep -q '^mx: other.example' "$POMBO_DIR/sts/far.example"
}

@test "at its start, and then hourly, stsd fetches what is in use and of yesterday, and tidies up" {
    enforce far.example mx.far.example
    enforce old.example mx.far.example
    enforce gone.example mx.far.example
    serve 1 "mta-sts.old A 127.0.0.1" '_mta-sts.old TXT "v=STSv1; id=1"' "mta-sts.gone A 127.0.0.1"
    close_stsd
    now=$(date +%s)
    keep() { # keep DOMAIN FETCHED USED MAX-AGE
        printf '%s\n' "x-id: 1" "x-fetched: $2" "x-used: $3" "version: STSv1" "mode: enforce" "max_age: $4" \
            "mx: mx.far.example" >"$POMBO_DIR/sts/$1"
    }
    keep far.example $((now - 90000)) $((now - 90000)) 9000000
    keep old.example $((now - 90000)) $((now - 31 * 86400)) 9000000
    keep gone.example $((now - 90000)) $((now - 90000)) 9000000
    keep lapsed.example $((now - 90000)) $((now - 90000)) 80000
    echo nonsense >"$POMBO_DIR/sts/torn.example"
    touch "$POMBO_DIR/sts/.new.1" "$POMBO_DIR/sts/!new.example"
    touch -d '2 hours ago' "$POMBO_DIR/sts/.new.2" "$POMBO_DIR/sts/!old.example"
    open_stsd
    wait_until 5 fetched 1
    swept() {
        [ "$(ls -A "$POMBO_DIR/sts" | tr '\n' ' ')" = "!new.example .new.1 far.example gone.example old.example " ]
    }
    wait_until 5 swept
    renewed() {
        [ "$(sed -n 's/^x-fetched: //p' "$POMBO_DIR/sts/far.example")" -ge "$now" ]
    }
    wait_until 5 renewed
    # Nobody has asked for it.
    grep -qx "x-used: $((now - 90000))" "$POMBO_DIR/sts/far.example"
    fetched 0 old.example
    fetched 0 gone.example
}

@test "DANE goes first: a host with TLSA records keeps them, one without has the policy" {
    enforce far.example mx.far.example other.example
    open_policies
    digest=$(printf 'ab%.0s' {1..32})
    write_zone 1 "_25._tcp.mx.far TLSA 3 1 1 $digest" "far MX 20 other" "other A 203.0.113.2" \
        "far MX 30 third" "third A 203.0.113.3" "_25._tcp.third TLSA 3 1 1 $digest" "far MX 40 fourth" "fourth A 203.0.113.4"
    sign example
    sed -i "/^third.*RRSIG/!{/_25._tcp.third.*TLSA\t/s/[ab]b/cc/}" example.zone.signed
    start_resolver dns example
    write_settings
    open_stsd
    ask
    says "mx.far.example 3 1 1 $digest" "signed mta-sts enforce other.example" failed "signed mta-sts mismatch"
}

@test "where DANE covers all hosts no policy is looked for" {
    enforce far.example mx.far.example
    open_policies
    digest=$(printf 'ab%.0s' {1..32})
    write_zone 1 "_25._tcp.mx.far TLSA 3 1 1 $digest"
    sign example
    start_resolver dns example
    write_settings
    open_stsd
    ask
    says "mx.far.example 3 1 1 $digest"
    fetched 0
}
