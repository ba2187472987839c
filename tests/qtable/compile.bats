# What qtable makes of right files.
load setup

@test "no files at all are an empty configuration with all defaults" {
    run -0 qtable
    [ -z "$output" ]
    value conf size_limit 67108864
    value conf queue_lifetime 432000
    value conf vrfy no
    value conf bare_newlines refuse
    value conf extension_separator +
    value conf host_name "$(uname -n | tr A-Z a-z)"
    run -1 qtable get domains example.org
    run -1 qtable get conf no_such_key
}

@test "settings, comments, blanks and a missing line end are read" {
    printf '# comment\n\n  size_limit=10K # inline\nvrfy =yes\r\nhost_name = Mail.Example.org.\n\tdelay_warning = 2h' >"$ETC/pombo.conf"
    qtable
    value conf size_limit 10240
    value conf vrfy yes
    value conf host_name mail.example.org
    value conf default_domain mail.example.org
    value conf delay_warning 7200
}

@test "every key of pombo.conf can be set and read back" {
    local defaults
    defaults=$(sed -n 's/^SETTING(\([a-z0-9_]*\), [A-Z_]*, "\([^"]*\)".*/\1 = \2/p' "$POMBO_ROOT/lib/settings.def")
    [ "$(wc -l <<<"$defaults")" -gt 30 ]
    printf '%s\n' "$defaults" >"$ETC/pombo.conf"
    qtable
    while read -r key _ expected; do
        run -0 qtable get conf "$key"
        case $key in
            host_name | default_domain) continue ;;
        esac
        [[ $expected =~ ^[0-9]+[smhdKMG]$ ]] || [ "$output" = "$expected" ]
    done <<<"$defaults"
}

@test "domains, users and aliases are compiled in canonical form" {
    a_small_system
    rows pombo.conf "quota_bytes = 1M" "quota_count = 5"
    rows aliases 'Sales@Example.ORG "ann"@EXAMPLE.org bob@example.com,"x, y"@remote.example' \
        "@example.com ann@example.org"
    qtable
    value domains example.com local
    value users ANN@example.org "example.org/ann 1048576 5"
    value users bob@example.com "example.com/bob 10485760 7"
    value aliases sales@example.org 'ann@example.org,bob@example.com,"x, y"@remote.example'
    value aliases @example.com ann@example.org
    run -1 qtable get aliases bob@example.org
}

@test "a comment starts only after a blank and outside quotes" {
    rows domains "example.org local#" 
    run -102 qtable
    rows domains "example.org local"
    rows users 'a#b@example.org x # y' '"c #d"@example.org z'
    qtable
    value users 'a#b@example.org' "x 0 0"
    value users '"c #d"@example.org' "z 0 0"
}

@test "access rows get canonical keys, their prefix lengths and the host mark" {
    rows access "net:192.0.2.0/24 relay" "net:192.0.2.7 refuse  go away" "net:2001:DB8:0::/32 ok" \
        "net:::ffff:198.51.100.0/120 relay" "host:.Example.NET refuse" "host:mail.example.net ok" \
        "from:Spam@Example.net defer later, please" "from:@example.biz refuse" "to:@example.org ok" "net:0.0.0.0/0 ok" \
        "from:<> ok"
    qtable
    value access net:192.0.2.0/24 relay
    value access net:192.0.2.7/32 "refuse go away"
    value access net:2001:db8::/32 ok
    value access net:198.51.100.0/24 relay
    value access host:.example.net refuse
    value access from:spam@example.net "defer later, please"
    value access from:@example.biz refuse
    value access from: ok
    value access to:@example.org ok
    value access '#lengths' "4/32 4/24 4/0 6/32"
    value access '#hosts' 1
}

@test "without host rows there is no host mark" {
    rows access "net:192.0.2.0/24 relay"
    qtable
    run -1 qtable get access '#hosts'
}

@test "routes hold host and port" {
    rows routes "example.net  [192.0.2.7]:2525" ".example.net Relay.Example.COM" "* [IPv6:2001:db8::1]:26" \
        "v6.example [2001:DB8::2]" "[192.0.2.9] a.example:1025"
    qtable
    value routes example.net "[192.0.2.7] 2525"
    value routes .example.net "relay.example.com 0"
    value routes '*' "[2001:db8::1] 26"
    value routes v6.example "[2001:db8::2] 0"
    value routes '[192.0.2.9]' "a.example 1025"
}

@test "tls_policy holds levels, names and digests" {
    local digest colons
    digest=$(printf 'a1%.0s' {1..32})
    colons=$(printf ':A1%.0s' {1..32})
    rows tls_policy "example.net none" "Example.COM may" ".example.com encrypt" "* dane" "[192.0.2.7] verify" \
        "[2001:DB8:0::2] encrypt" "a.example verify match=MX.a.example,.Far.example" \
        "b.example fingerprint=$digest,${colons#:}"
    qtable
    value tls_policy example.net none
    value tls_policy example.com may
    value tls_policy .example.com encrypt
    value tls_policy '*' dane
    value tls_policy '[192.0.2.7]' verify
    value tls_policy '[IPv6:2001:db8::2]' encrypt
    value tls_policy a.example "verify mx.a.example,.far.example"
    value tls_policy b.example "fingerprint $digest,$digest"
}

@test "route says where mail to an address goes" {
    a_small_system
    rows routes "remote.example relay.example:25"
    qtable
    run -0 qtable route ann+x@example.org
    [ "$output" = "mailbox example.org/ann 0 0" ]
    run -0 qtable route Sales@example.org
    [ "$output" = "alias ann@example.org,bob@example.com" ]
    run -0 qtable route x@remote.example
    [ "$output" = "remote relay.example 25" ]
    run -0 qtable route x@other.example
    [ "$output" = "remote mx" ]
    run -1 qtable route nobody@example.org
    [ "$output" = unknown ]
    run -100 qtable route not-an-address
}

@test "wrong usage is told and exits with 100" {
    run -100 qtable get conf
    [[ $output == usage:* ]]
    run -100 qtable compile
    run -0 qtable
    run -100 qtable get nothing key
}

@test "senders hold canonical permissions" {
    rows domains "example.org local"
    rows users "ann@example.org ann"
    rows senders 'Ann@Example.org  Sales@Example.COM,  @EXAMPLE.net *'
    qtable
    value senders ann@example.org 'Sales@example.com,@example.net,*'
}
