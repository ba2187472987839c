# Who wants reports of TLS: TXT records at _smtp._tls (RFC 8460 section 3).
# shellcheck disable=SC2154 # set by dns.bash
load setup

# reports: those of the last answer.
reports() {
    cut -d'|' -f7 <<<"$answer"
}

setup_zone() {
    { printf '%s MX 10 mx\n' a b c d e f g; echo "mx A 203.0.113.1"; cat; } | zone example
    serve example
    write_settings "dns_server=$dns_server" tls_reports=keep
}

@test "a domain's record comes with its exchangers; its TTL counts" {
    setup_zone <<'Z'
_smtp._tls.a 60 TXT "v=TLSRPTv1; rua=mailto:tls@a.example"
_smtp._tls.b TXT "v=TLSRPTv1;rua=mailto:" "tls%40b.example,https://b.example/"
_smtp._tls.c CNAME _smtp._tls.a
Z
    ask mx a.example 25
    says K 2.0.0
    [ "$(reports)" = mailto:tls@a.example ]
    [ "$(ttl)" -eq 60 ]
    [ "$(hosts)" = "10 mx.example 203.0.113.1" ]
    ask mx b.example 25
    [ "$(reports)" = mailto:tls@b.example,https://b.example/ ]
    [ "$(ttl)" -eq 3600 ]
    ask mx c.example 25
    [ "$(reports)" = mailto:tls@a.example ]
}

@test "other texts beside it do not matter; two records, faulty ones and none mean nobody" {
    setup_zone <<'Z'
_smtp._tls.a TXT "v=spf1 -all"
_smtp._tls.a TXT "v=TLSRPTv1; rua=mailto:tls@a.example"
_smtp._tls.b TXT "v=TLSRPTv1; rua=mailto:one@b.example"
_smtp._tls.b TXT "v=TLSRPTv1; rua=mailto:two@b.example"
_smtp._tls.c TXT "v=TLSRPTv1; rua=gopher://c.example"
_smtp._tls.d TXT "v=TLSRPTv2; rua=mailto:tls@d.example"
Z
    ask mx a.example 25
    [ "$(reports)" = mailto:tls@a.example ]
    for name in b c d e; do
        ask mx $name.example 25
        says K 2.0.0
        [ "$(reports)" = "" ]
        [ "$(hosts)" = "10 mx.example 203.0.113.1" ]
    done
}

@test "nothing is asked without a port, of a route's host, and where it is off" {
    setup_zone <<'Z'
_smtp._tls.a TXT "v=TLSRPTv1; rua=mailto:tls@a.example"
_smtp._tls.mx TXT "v=TLSRPTv1; rua=mailto:tls@a.example"
Z
    ask mx a.example
    [ "$(reports)" = "" ]
    ask host mx.example 25
    [ "$(reports)" = "" ]
    write_settings "dns_server=$dns_server"
    ask mx a.example 25
    says K 2.0.0
    [ "$(reports)" = "" ]
}

@test "a record that can't be looked up costs no mail" {
    # _smtp._tls is in a zone that the server has not got.
    { printf 'far MX 10 mx\nmx A 203.0.113.1\n_tls.far NS ns\n'; } | zone example
    serve example _tls.far.example
    write_settings "dns_server=$dns_server" tls_reports=send
    ask mx far.example 25
    says K 2.0.0
    [ "$(reports)" = "" ]
    [ "$(hosts)" = "10 mx.example 203.0.113.1" ]
}
