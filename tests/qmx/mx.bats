# shellcheck disable=SC2154 # set by dns.bash
load setup

@test "exchangers come by preference" {
    zone example <<'Z'
far MX 20 mx2.far
far MX 10 mx1.far
far MX 30 mx3.far
mx1.far A 203.0.113.1
mx2.far A 203.0.113.2
mx3.far A 203.0.113.3
Z
    serve example
    ask mx far.example
    says K 2.0.0
    [ "$(hosts)" = "10 mx1.far.example 203.0.113.1
20 mx2.far.example 203.0.113.2
30 mx3.far.example 203.0.113.3" ]
    [ "$(ttl)" -eq 3600 ]
}

@test "exchangers of one preference come in an order of chance" {
    { for n in 1 2 3 4 5 6; do printf 'far MX 10 mx%d\nmx%d A 203.0.113.%d\n' $n $n $n; done
      echo 'far MX 5 first'; echo 'first A 203.0.113.100'; } | zone example
    serve example
    for n in 1 2 3 4 5 6 7 8; do
        ask mx far.example
        [ "$(hosts | head -n 1)" = "5 first.example 203.0.113.100" ]
        [ "$(hosts | sort -u | wc -l)" -eq 7 ]
        hosts | sed -n 2p
    done >orders
    grep '^10 ' orders | sort -u >firsts
    [ "$(wc -l <firsts)" -gt 1 ]
}

@test "IPv6 and IPv4 addresses come in turn" {
    zone example <<'Z'
far MX 10 mx
mx A 203.0.113.1
mx A 203.0.113.2
mx AAAA 2001:db8::1
Z
    serve example
    ask mx far.example
    [ "$(hosts | wc -l)" -eq 3 ]
    [ "$(hosts | sed -n 1p)" = "10 mx.example 2001:db8::1" ]
    [ "$(hosts | grep -c 203.0.113)" -eq 2 ]
}

@test "without MX the domain's own addresses are used" {
    zone example <<'Z'
far A 203.0.113.1
far AAAA 2001:db8::1
four A 203.0.113.4
six AAAA 2001:db8::6
Z
    serve example
    ask mx far.example
    [ "$(hosts)" = "0 far.example 2001:db8::1
0 far.example 203.0.113.1" ]
    ask mx four.example
    [ "$(hosts)" = "0 four.example 203.0.113.4" ]
    [ "$(ttl)" -eq 60 ] # an MX may come
    ask mx six.example
    [ "$(hosts)" = "0 six.example 2001:db8::6" ]
}

@test "CNAMEs are followed, of domains and of exchangers" {
    zone example <<'Z'
alias CNAME far
far MX 10 mxalias
mxalias CNAME mx
mx A 203.0.113.1
over CNAME deeper
deeper CNAME far
Z
    serve example
    ask mx alias.example
    [ "$(hosts)" = "10 mxalias.example 203.0.113.1" ]
    ask mx over.example
    [ "$(hosts)" = "10 mxalias.example 203.0.113.1" ]
}

@test "a CNAME that leads nowhere, or round in a circle" {
    zone example <<'Z'
gone CNAME nothing
circle CNAME circle2
circle2 CNAME circle
empty CNAME text
text TXT "no address"
Z
    serve example
    ask mx gone.example
    says D 5.1.2
    ask mx empty.example
    says D 5.4.4
    ask mx circle.example
    says Z 4.4.3
}

@test "null MX: the domain takes no mail" {
    zone example <<'Z'
null MX 0 .
null A 203.0.113.1
odd MX 0 .
odd MX 10 mx
mx A 203.0.113.1
Z
    serve example
    ask mx null.example
    says D 5.1.10
    [ -z "$(hosts)" ]
    ask mx odd.example
    [ "$(hosts)" = "10 mx.example 203.0.113.1" ]
}

@test "no such domain, and no such name as can be" {
    zone example <<'Z'
far A 203.0.113.1
Z
    serve example
    ask mx no.example
    says D 5.1.2
    [ "$(ttl)" -eq 60 ]
    ask mx a..example
    says D 5.1.2
    ask mx "$(head -c 64 /dev/zero | tr '\0' x).example"
    says D 5.1.2
    ask mx "$(head -c 300 /dev/zero | tr '\0' x)"
    says D 5.1.2
}

@test "a domain without MX and address" {
    zone example <<'Z'
far TXT "nothing"
Z
    serve example
    ask mx far.example
    says D 5.4.4
}

@test "SERVFAIL and no answer at all are temporary" {
    serve broken
    ask mx far.broken
    says Z 4.4.3
    [ "$(ttl)" -eq 60 ]
    stop_dns
    ask mx far.broken
    says Z 4.4.3
    ask host far.broken
    says Z 4.4.3
}

@test "an exchanger without address is passed over" {
    zone example <<'Z'
far MX 10 gone
far MX 20 mx
far MX 30 mx.broken.
mx A 203.0.113.1
lost MX 10 gone
down MX 10 mx.broken.
down MX 20 gone
Z
    serve example broken
    ask mx far.example
    [ "$(hosts)" = "20 mx.example 203.0.113.1" ]
    [ "$(ttl)" -eq 60 ] # the broken one may come back
    ask mx lost.example
    says D 5.4.4
    ask mx down.example
    says Z 4.4.3
}

@test "the least TTL counts, within its bounds" {
    zone example <<'Z'
far 500 MX 10 mx
mx 400 A 203.0.113.1
short 1 MX 10 mx
long 864000 MX 10 still
still 864000 A 203.0.113.1
Z
    serve example
    ask mx far.example
    [ "$(ttl)" -eq 400 ]
    ask mx short.example
    [ "$(ttl)" -eq 30 ]
    ask mx long.example
    [ "$(ttl)" -eq 86400 ]
}

@test "an answer too long for a datagram is fetched by TCP" {
    for n in $(seq 60); do
        printf 'far MX %d a-rather-long-name-of-host-%d\n' "$n" "$n"
        printf 'a-rather-long-name-of-host-%d A 203.0.113.%d\n' "$n" "$n"
    done | zone example
    serve example
    ask mx far.example
    [ "$(hosts | wc -l)" -eq 60 ]
    [ "$(hosts | tail -n 1)" = "60 a-rather-long-name-of-host-60.example 203.0.113.60" ]
}

@test "U-labels are asked for as A-labels" {
    zone example <<'Z'
xn--bcher-kva MX 10 mx
mx A 203.0.113.1
Z
    serve example
    ask mx bücher.example
    [ "$(hosts)" = "10 mx.example 203.0.113.1" ]
}

@test "the name server may have an IPv6 address" {
    zone example <<'Z'
far MX 10 mx
mx A 203.0.113.1
Z
    serve example
    write_settings "dns_server=[::1]:${dns_server##*:}"
    ask mx far.example
    [ "$(hosts)" = "10 mx.example 203.0.113.1" ]
}

@test "many questions in one process" {
    zone example <<'Z'
far MX 10 mx
mx A 203.0.113.1
Z
    serve example
    run "$TESTS/../qremote/drive.py" "$POMBO_BIN/qmx" mx,1,far.example packet \
        mx,2,no.example packet host,3,mx.example packet close
    [ "${lines[0]}" = "mx|1|K|2.0.0||3600||10|mx.example|203.0.113.1|insecure" ]
    [ "${lines[1]}" = "mx|2|D|5.1.2|no such domain|60|" ]
    [ "${lines[2]}" = "mx|3|K|2.0.0||3600||0|mx.example|203.0.113.1|insecure" ]
    [ "${lines[3]}" = "exit|0" ]
}
