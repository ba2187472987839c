# TLSA records (RFC 6698, RFC 7672) from zones that are signed for real.
# shellcheck disable=SC2034,SC2154 # set or used by dns.bash
load setup
. "$BATS_TEST_DIRNAME/../dnssec.bash"

teardown() {
    stop_resolver
}

digest=$(printf 'ab%.0s' {1..32})
other=$(printf 'cd%.0s' {1..32})

# A domain with one exchanger and its TLSA record; other lines come on standard input.
signed_zone() {
    { printf '%s\n' "far MX 10 mx" "mx A 203.0.113.1" "_25._tcp.mx TLSA 3 1 1 $digest"; cat; } | zone "$1"
}

# resolve ZONE...: starts the servers, and tells qmx of the resolver.
resolve() {
    start_resolver dns "$@"
    write_settings "dns_server=$dns_server"
}

@test "the records of an exchanger come with its addresses, in a fixed order" {
    signed_zone example <<Z
_25._tcp.mx TLSA 2 0 1 $other
mx AAAA 2001:db8::1
Z
    sign example
    resolve example
    ask mx far.example 25
    says K 2.0.0
    [ "$(hosts)" = "10 mx.example 2001:db8::1
10 mx.example 203.0.113.1" ]
    [ "$(danes | sort -u)" = "mx.example,far.example 2 0 1 $other 3 1 1 $digest" ]
}

@test "without a question for them, and for another port, there are none" {
    signed_zone example </dev/null
    sign example
    resolve example
    ask mx far.example
    [ "$(danes)" = insecure ]
    ask mx far.example 2525
    [ "$(danes)" = signed ]
    ask mx far.example 25
    [ "$(danes)" = "mx.example 3 1 1 $digest" ]
}

@test "in a zone that is not signed there is no DANE" {
    signed_zone example </dev/null
    resolve example
    ask mx far.example 25
    says K 2.0.0
    [ "$(danes)" = insecure ]
}

@test "a name server that does not validate is not believed" {
    signed_zone example </dev/null
    sign example
    resolve example
    write_settings "dns_server=$knot_server"
    ask mx far.example 25
    [ "$(danes)" = insecure ]
}

@test "a resolver on another machine is not believed" {
    signed_zone example </dev/null
    sign example
    resolve example
    stop_resolver
    cat >inside <<'S'
. "$TESTS/../helpers.bash"
. "$TESTS/../dns.bash"
. "$TESTS/../dnssec.bash"
ip link set lo up
ip address add 198.51.100.53/32 dev lo
start_resolver dns example
stop_one() { kill "$resolver_pid"; wait "$resolver_pid"; }
stop_one
printf 'server:\n    interface: 198.51.100.53@5353\n    access-control: 198.51.100.0/24 allow\n' >>dns/unbound.conf
/usr/sbin/unbound -d -p -c dns/unbound.conf >dns/unbound.log 2>&1 &
resolver_pid=$!
wait_until 10 resolver_is_up dns
for server in "$dns_server" 198.51.100.53:5353; do
    write_settings "dns_server=$server"
    "$TESTS/../qremote/drive.py" "$POMBO_BIN/qmx" mx,1,far.example,25 packet close
done
stop_resolver
S
    export TESTS
    export -f write_settings
    run unshare -n bash inside
    [ "${lines[0]}" = "mx|1|K|2.0.0||3600||10|mx.example|203.0.113.1|mx.example 3 1 1 $digest" ]
    # The resolver has it in its cache by now, and counts.
    [[ ${lines[2]} == "mx|1|K|2.0.0||3"[56][0-9][0-9]"||10|mx.example|203.0.113.1|insecure" ]]
}

@test "an unsigned domain whose exchanger is in a signed zone has no DANE" {
    signed_zone example </dev/null
    sign example
    zone plain <<<'far MX 10 mx.example.'
    resolve example plain
    ask mx far.plain 25
    [ "$(hosts)" = "10 mx.example 203.0.113.1" ]
    [ "$(danes)" = insecure ]
}

@test "a signed domain whose exchanger is in an unsigned zone has no DANE, but a name that is sure" {
    zone example <<<'far MX 10 mx.plain.'
    sign example
    zone plain <<Z
mx A 203.0.113.1
_25._tcp.mx TLSA 3 1 1 $digest
Z
    resolve example plain
    ask mx far.example 25
    [ "$(hosts)" = "10 mx.plain 203.0.113.1" ]
    [ "$(danes)" = signed ]
}

@test "a domain without MX is its own exchanger for DANE too, and a route's host" {
    zone example <<Z
far A 203.0.113.1
_25._tcp.far TLSA 3 1 1 $digest
_587._tcp.far TLSA 2 1 1 $other
Z
    sign example
    resolve example
    ask mx far.example 25
    [ "$(danes)" = "far.example 3 1 1 $digest" ]
    ask host far.example 587
    [ "$(danes)" = "far.example 2 1 1 $other" ]
}

@test "TLSA records are looked for where a secure CNAME leads, then at the name itself" {
    signed_zone example <<Z
one MX 10 alias
alias CNAME mx
two MX 10 bare
bare CNAME host
host A 203.0.113.2
_25._tcp.bare TLSA 3 1 1 $other
Z
    sign example
    resolve example
    ask mx one.example 25
    [ "$(hosts)" = "10 alias.example 203.0.113.1" ]
    [ "$(danes)" = "mx.example,alias.example 3 1 1 $digest" ]
    ask mx two.example 25
    [ "$(danes)" = "bare.example 3 1 1 $other" ]
}

@test "a secure alias of an insecure host has the records of its own name" {
    zone example <<Z
one MX 10 alias
alias CNAME mx.plain.
_25._tcp.alias TLSA 3 1 1 $digest
two MX 10 other
other CNAME mx.plain.
Z
    sign example
    zone plain <<Z
mx A 203.0.113.1
_25._tcp.mx TLSA 3 1 1 $other
Z
    resolve example plain
    ask mx one.example 25
    [ "$(hosts)" = "10 alias.example 203.0.113.1" ]
    [ "$(danes)" = "alias.example 3 1 1 $digest" ]
    ask mx two.example 25
    [ "$(danes)" = signed ]
}

@test "a TLSA name that is an alias is followed" {
    signed_zone example <<Z
two MX 10 mx2
mx2 A 203.0.113.2
_25._tcp.mx2 CNAME _25._tcp.mx
Z
    sign example
    resolve example
    ask mx two.example 25
    [ "$(danes)" = "mx2.example 3 1 1 $digest" ]
}

@test "records whose signatures are wrong make the host one not to be used" {
    signed_zone example <<Z
far MX 20 mx2
mx2 A 203.0.113.2
Z
    sign example
    # The record that is served is not the one that was signed.
    sed -i "/TLSA.*3 1 1/s/$digest/$other/i" example.zone.signed
    grep -qi "$other" example.zone.signed
    resolve example
    ask mx far.example 25
    says K 2.0.0
    [ "$(hosts)" = "10 mx.example 203.0.113.1
20 mx2.example 203.0.113.2" ]
    [ "$(danes)" = "failed
signed" ]
    [ "$(ttl)" -le 60 ]
    [[ $output == *'tlsa name=_25._tcp.mx.example text="the look-up of TLSA records failed"'* ]]
}

@test "where the TLSA records' name server does not answer the host is not to be used" {
    zone example <<'Z'
far MX 10 mx
mx A 203.0.113.1
_tcp.mx NS ns.nowhere
ns.nowhere A 127.0.0.1
Z
    sign example
    resolve example
    ask mx far.example 25
    [ "$(hosts)" = "10 mx.example 203.0.113.1" ]
    [ "$(danes)" = failed ]
}

@test "a zone with expired signatures is DNS trouble, and so is one with wrong ones" {
    signed_zone example </dev/null
    sign example -i 20200101 -e 20200201
    signed_zone example.net </dev/null
    sign example.net
    sed -i '/^far.*RRSIG\s*MX/s/[^ ]*$/AAAA&/' example.net.zone.signed
    resolve example example.net
    ask mx far.example 25
    says Z 4.4.3
    ask mx far.example.net 25
    says Z 4.4.3
}

@test "what follows from a denial that is signed, and from one that is not" {
    zone example <<'Z'
far MX 10 mx
mx A 203.0.113.1
empty.mx A 203.0.113.9
Z
    sign example
    resolve example
    ask mx far.example 25
    [ "$(danes)" = signed ]
    # The addresses' time to live is not cut short by it.
    [ "$(ttl)" -eq 3600 ]
}

@test "records of many kinds and long ones stand in the field as they are" {
    long=$(printf 'ee%.0s' {1..600})
    signed_zone example <<Z
_25._tcp.mx TLSA 0 0 1 $other
_25._tcp.mx TLSA 3 0 0 $long
_25._tcp.mx TLSA 200 7 9 aa
Z
    sign example
    resolve example
    ask mx far.example 25
    [ "$(danes)" = "mx.example 0 0 1 $other 3 0 0 $long 3 1 1 $digest 200 7 9 aa" ]
}

# No zone can hold one, but a server may send it.
@test "a record without data is of no use, and spoils no other" {
    for records in "030101 030101$digest" 030101; do
        rm -f port
        "$TESTS/tlsa_dns.py" port "$records" 3>&- &
        dns_pid=$!
        wait_until 5 test -e port
        write_settings "dns_server=127.0.0.1:$(cat port)"
        ask mx far.example 25
        stop_dns
        [ "$(danes)" = "mx.far.example 3 1 1 -$([ "$records" = 030101 ] || echo " 3 1 1 $digest")" ]
    done
}

@test "names in UTF-8 are asked for as the DNS has them" {
    zone xn--mnchen-3ya.example <<Z
@ A 203.0.113.1
_25._tcp TLSA 2 1 1 $digest
Z
    sign xn--mnchen-3ya.example
    resolve xn--mnchen-3ya.example
    ask mx münchen.example 25
    [ "$(danes)" = "xn--mnchen-3ya.example 2 1 1 $digest" ]
}
