# Every fault of every file is named with file and line, and changes nothing.
load setup

@test "all faults of all files are named at once and the old tables stay" {
    a_small_system
    qtable
    cp "$ETC/tables.cdb" "$BATS_TEST_TMPDIR/old"
    rows pombo.conf "size_limit = 5G5" "nonsense"
    rows domains "example.org local" "exa mple.org local"
    rows users "ann@example.org" "zoe@elsewhere.example z"
    rows routes "example.net"
    rows passwords "ann@example.org"
    run -102 qtable
    for expected in pombo.conf:1: pombo.conf:2: domains:2: users:1: users:2: routes:1: passwords:1:; do
        [[ $output == *"$ETC/$expected "* ]]
    done
    cmp "$ETC/tables.cdb" "$BATS_TEST_TMPDIR/old"
    value users bob@example.com "example.com/bob 10485760 7"
    [ -z "$(find "$ETC" -name '*.tmp')" ]
}

@test "unknown keys are named with the nearest one" {
    rows pombo.conf "size_limt = 5M" "host-name = a.example" "utterly_different = 1"
    faults 'pombo.conf:1: unknown key "size_limt"; did you mean "size_limit"?' \
        'pombo.conf:2: unknown key "host-name"; did you mean "host_name"?' \
        'pombo.conf:3: unknown key "utterly_different"'
}

@test "values of the wrong shape and out of bounds are faults" {
    rows pombo.conf "size_limit = 1" "size_limit = 2M" "vrfy = maybe" "bare_newlines = keep" \
        "queue_lifetime = 5w" "hops_limit = 10001" "host_name = a..b" "postmaster = nobody" \
        "extension_separator = @" "relay_networks = 127.0.0.1/8, 10.0.0.0/8 x" "dns_server = 1.2.3.4:x" \
        "default_domain" "dns_server = [::1]:53" "concurrency_local =" "tls_reports = yes" \
        "tls_report_from = tls" "tls_report_contact = bö@example.org"
    faults 'pombo.conf:1: size_limit: "1": too small' \
        'pombo.conf:2: "size_limit" stands in line 1 already' \
        'pombo.conf:3: vrfy: "maybe": neither yes nor no' \
        'pombo.conf:4: bare_newlines: "keep": not one of the words that it may be' \
        'pombo.conf:5: queue_lifetime: "5w": not a time (a number, with s, m, h or d)' \
        'pombo.conf:6: hops_limit: "10001": too large' \
        'pombo.conf:7: "a..b" is not a domain' \
        'pombo.conf:8: "nobody" is not an address' \
        'pombo.conf:9: the separator may be one of + - = _ . ~ # % ! /' \
        'pombo.conf:10: "127.0.0.1/8": bits are set after the prefix' \
        'pombo.conf:10: "x": not a network' \
        'pombo.conf:11: "1.2.3.4:x" is not ADDRESS:PORT' \
        "pombo.conf:12: no '=' in it; a row is KEY = VALUE" \
        'pombo.conf:13: "dns_server" stands in line 11 already' \
        'pombo.conf:14: concurrency_local: "": not a number' \
        'pombo.conf:15: tls_reports: "yes": not one of the words that it may be' \
        'pombo.conf:16: "tls" is not an address in ASCII' \
        'pombo.conf:17: "bö@example.org" is not an address in ASCII'
}

@test "duplicates are named with both lines, whatever their case and quoting" {
    rows domains "example.org local" "" "EXAMPLE.org local"
    rows users "ann@example.org a" '"Ann"@Example.org b'
    faults 'domains:3: "example.org" stands in line 1 already' \
        'users:2: "Ann@example.org" stands in line 1 already'
}

@test "domains must be domains and local" {
    rows domains "example.org" "example.com remote" "user@example.net local" "-x.example local" "a.example local more"
    run -102 qtable
    [ "${#lines[@]}" -eq 5 ]
}

@test "users need a good mailbox, quota and a local domain" {
    rows domains "example.org local"
    rows users "a@example.org ../../etc" "b@example.org x quota=much" "c@example.org x limit=5" \
        "d@example.net x" "nobody x" "e@example.org" 'f@example.org "my box"'
    faults 'users:1: "../../etc" can'"'"'t be the name of a mailbox' \
        'users:2: "quota=much": not a size (a number, with K, M or G)' \
        'users:3: "limit=5": a row is ADDRESS MAILBOX [quota=SIZE] [count=N]' \
        'users:4: d@example.net: its domain is not in the table domains' \
        'users:5: "nobody" is not an address' \
        'users:6: no mailbox; a row is ADDRESS MAILBOX [quota=SIZE] [count=N]' \
        'users:7: ""my box"" can'"'"'t be the name of a mailbox'
}

@test "two users may share a mailbox" {
    rows domains "example.org local"
    rows users "a@example.org shared" "b@example.org shared"
    qtable
}

@test "alias targets must exist where their domain is local" {
    rows domains "example.org local"
    rows users "ann@example.org a"
    rows aliases "one@example.org ann+x@example.org, nobody@example.org" "two@example.org x@remote.example" \
        "three@example.net ann@example.org" "four@example.org" "five@example.org ann" "self@example.org self@example.org" \
        "ann@example.org ann@example.org two@example.org"
    faults 'aliases:3: three@example.net: its domain is not in the table domains' \
        'aliases:4: no target; a row is ADDRESS TARGET, TARGET ...' \
        'aliases:5: "ann" is not an address' \
        'aliases:5: no target; a row is ADDRESS TARGET, TARGET ...' \
        'aliases:1: target "nobody@example.org" is no user or alias of its local domain' \
        'aliases:6: target "self@example.org" is the alias itself, which has no mailbox'
}

@test "aliases that lead round in a circle are faults, long ways round too" {
    rows domains "example.org local"
    rows users "ann@example.org a"
    rows aliases "a@example.org b@example.org" "b@example.org c@example.org ann@example.org" "c@example.org A@example.org" \
        "d@example.org d+x@example.org" "e@example.org a@example.org"
    faults 'aliases:3: target "A@example.org" leads round in a circle' \
        'aliases:4: target "d+x@example.org" leads back to this alias'
}

@test "a catch-all whose target is unknown is a fault, a good one is not" {
    rows domains "example.org local"
    rows users "ann@example.org a"
    rows aliases "@example.org  ann@example.org"
    qtable
    rows aliases "@example.org  nobody@example.org"
    faults 'aliases:1: target "nobody@example.org" leads back to this alias'
}

@test "a chain of 20000 aliases is walked" {
    rows domains "example.org local"
    rows users "u0@example.org a"
    seq 20000 | awk '{ print "u" $1 "@example.org u" $1 - 1 "@example.org" }' >"$ETC/aliases"
    qtable
    echo "u0@example.org u20000@example.org" >>"$ETC/aliases"
    run -102 qtable
    [[ $output == *"leads round in a circle" ]]
    [ "${#lines[@]}" -eq 1 ]
}

@test "a setting postmaster that names nobody is a fault" {
    a_small_system
    rows pombo.conf "" "postmaster = boss@example.org"
    faults 'pombo.conf:2: postmaster: "boss@example.org" is no user or alias of its local domain'
    rows pombo.conf "postmaster = ann@example.org"
    qtable
}

@test "networks with host bits and other bad access rows are faults" {
    rows access "net:192.0.2.1/24 relay" "net:192.0.2.0/33 ok" "from:a@example.org relay" "net:10.0.0.0/8" \
        "host:.a..b ok" "ann@example.org ok" "to:x@example.org ok text" "net:10.0.0.0/8 ok" "from:b@x.example refuse grüezi"
    faults 'access:1: "net:192.0.2.1/24": bits are set after the prefix' \
        'access:2: "net:192.0.2.0/33": no such prefix length' \
        'access:3: "relay": only net: and host: may have relay' \
        'access:4: "": an action is relay, ok, refuse [TEXT] or defer [TEXT]' \
        'access:5: "host:.a..b": neither a host'"'"'s name nor .DOMAIN' \
        'access:6: "ann@example.org": a row is net:NETWORK, host:NAME, from:ADDRESS or to:ADDRESS and an action' \
        'access:7: "ok": only refuse and defer have a text' \
        'access:8: "net:10.0.0.0/8" stands in line 4 already' \
        'access:9: "refuse": the text must be printable ASCII: it goes into SMTP replies'
}

@test "bad routes are faults" {
    rows routes "a.example" "b.example 192.0.2.1:25" "c.example host:0" "d.example [192.0.2.1" \
        "e..example host.example" "f.example host.example 25" "g.example host.example:65536" "h.example [x]"
    faults 'routes:1: no host; a row is DOMAIN HOST[:PORT]' \
        'routes:2: "192.0.2.1:25": an address stands in brackets: [192.0.2.1]:25' \
        'routes:3: "host:0": no port after it' \
        'routes:4: "[192.0.2.1": no address in brackets' \
        'routes:5: "e..example" is none of DOMAIN, .DOMAIN and *' \
        'routes:6: a row is DOMAIN HOST[:PORT]' \
        'routes:7: "host.example:65536": no port after it' \
        'routes:8: "[x]": no address in brackets'
}

@test "bad rows of tls_policy are faults" {
    local shape='a row is DESTINATION none, may, dane, encrypt, verify [match=NAME,...] or fingerprint=HEX,...'
    rows tls_policy "a.example" "b.example must" "c.example may match=x.example" "d.example verify x.example" \
        "e.example verify match=a..b" "f.example verify match=a.example," "g.example fingerprint=a1b2" \
        "h..example may" "[192.0.2.300] may" "i.example fingerprint" "j.example dane more words" \
        "k.example fingerprint=$(printf 'a1%.0s' {1..33})" "l.example verify match=$(printf 'a.example,%.0s' {1..120})x"
    faults "tls_policy:1: $shape" "tls_policy:2: $shape" "tls_policy:3: $shape" "tls_policy:4: $shape" \
        "tls_policy:5: no host's name in match=" "tls_policy:6: no host's name in match=" \
        'tls_policy:7: a fingerprint is a SHA-256 digest, 64 hexadecimal digits' \
        'tls_policy:8: "h..example" is none of DOMAIN, .DOMAIN, [ADDRESS] and *' \
        'tls_policy:9: "[192.0.2.300]" is none of DOMAIN, .DOMAIN, [ADDRESS] and *' \
        "tls_policy:10: $shape" "tls_policy:11: $shape" \
        'tls_policy:12: a fingerprint is a SHA-256 digest, 64 hexadecimal digits' \
        'tls_policy:13: too long a list'
}

@test "NUL, control bytes, bad UTF-8 and over-long lines are faults" {
    printf 'a.example local\nb\0.example local\nc\x01.example local\nd\xff.example local\n\xc0\xaf local\n\xed\xa0\x80 local\n' >"$ETC/domains"
    printf '%01000001d local\n' 0 >>"$ETC/domains"
    faults 'domains:2: a NUL byte' 'domains:3: a control byte' 'domains:4: not UTF-8' 'domains:5: not UTF-8' \
        'domains:6: not UTF-8' 'domains:7: the line is too long'
}

@test "text from the files is escaped in the report" {
    printf 'a.example\tlo\xc2\x9bcal\n"\x1b[31m local\n' >"$ETC/domains"
    run -102 qtable
    [[ $output != *$'\x1b'* ]]
}

@test "passwords need an address and one hash" {
    rows passwords "ann@example.org" "bob x" "zoe@example.org x y"
    faults 'passwords:1: no hash; a row is ADDRESS HASH [KEYS]' 'passwords:2: "bob" is not an address' \
        'passwords:3: what follows the hash are no keys of SCRAM-SHA-256'
}

@test "bad senders are faults" {
    rows domains "example.org local"
    rows users "ann@example.org ann"
    rows senders "ann@example.org" "bob@example.org *" "ann@example.org x@" "ann @example.net"
    faults 'senders:1: no sender; a row is USER ADDRESS, @DOMAIN ...' \
        'senders:2: bob@example.org is not in the table users' \
        'senders:3: "x@" is none of ADDRESS, @DOMAIN and *' \
        'senders:3: "ann@example.org" stands in line 1 already' \
        'senders:4: "ann" is not an address'
}
