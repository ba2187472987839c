# What qsend tells qmx and qremote of TLS (the table tls_policy, remote_tls, DANE).
# shellcheck disable=SC2154 # set or used by what is loaded
load system

@test "TLSA records are asked for where the policy is dane, with the port" {
    write_tables tls_policy:plain.example=may
    start_qsend
    submit a@far.example b@plain.example c@named.example >/dev/null
    wait_until 5 queue_is_empty
    seen "qmx [0-9]* mx far.example 25$"
    seen "qmx [0-9]* mx plain.example$"
    seen "qmx [0-9]* host relay.example 25$"
    seen "tls mx.far.example dane insecure$"
    seen "tls mx.plain.example may insecure$"
}

@test "remote_tls holds where no row does, and a row where mail goes, not where it is for" {
    write_tables remote_tls=may tls_policy:far.example=none "tls_policy:.far.example=verify" \
        "tls_policy:route.example=none" "tls_policy:[192.0.2.77]=encrypt" \
        "tls_policy:relay.example=verify a.example,.b.example" \
        "tls_policy:[ipv6:2001:db8::9]=verify" "tls_policy:other.example=verify"
    start_qsend
    submit a@far.example b@in.far.example c@route.example d@named.example "e@[IPv6:2001:DB8:0::9]" \
        f@other.example g@default.example >/dev/null
    wait_until 5 queue_is_empty
    seen "tls mx.far.example none insecure$"
    seen "tls mx.in.far.example verify=in.far.example,.in.far.example insecure$"
    seen "tls \[192.0.2.77\] encrypt insecure$"
    seen "tls mx.relay.example verify=a.example,.b.example insecure$"
    seen "tls \[IPv6:2001:DB8:0::9\] verify=\[IPv6:2001:db8::9\] insecure$"
    seen "tls mx.other.example verify=other.example,.other.example insecure$"
    seen "tls mx.default.example may insecure$"
}

@test "domains with the same exchangers and another policy, or other TLSA records, share no session" {
    local same="mx mx.hoster.example=192.0.2.1"
    play one.example "$same"
    play two.example "$same"
    play three.example "$same"
    play four.example "$same=mx.hoster.example_3_1_1_ab"
    play five.example "$same=mx.hoster.example_3_1_1_ab"
    write_tables tls_policy:three.example=encrypt
    start_qsend
    submit a@one.example b@two.example c@three.example d@four.example e@five.example >/dev/null
    wait_until 5 queue_is_empty
    saw 3 "qremote [0-9]* start"
    seen "tls mx.hoster.example dane insecure$"
    seen "tls mx.hoster.example encrypt insecure$"
    seen "tls mx.hoster.example dane mx.hoster.example/3/1/1/ab$"
}

@test "a changed policy holds for the mail that comes after it" {
    start_qsend
    submit a@far.example >/dev/null
    wait_until 5 queue_is_empty
    write_tables tls_policy:far.example=encrypt
    kill -HUP "$qsend_pid"
    sleep 0.5
    submit b@far.example >/dev/null
    wait_until 5 queue_is_empty
    seen "tls mx.far.example dane insecure$"
    seen "tls mx.far.example encrypt insecure$"
}

@test "a policy that can't be read is a temporary failure" {
    write_tables tls_policy:far.example=must
    start_qsend
    id=$(submit a@far.example)
    wait_until 5 is_deferred "$id"
    logged "deferred id=$id to=a@far.example code=4.3.5"
    saw 0 qremote
}

@test "a destination that fails over TLS defers with that code and reason" {
    play 192.0.2.1 untrusted
    start_qsend
    id=$(submit a@far.example)
    wait_until 5 is_deferred "$id"
    logged "deferred id=$id to=a@far.example code=4.7.5 text=\"mx.far.example: no match\""
    # What comes meanwhile is told the same.
    id=$(submit b@far.example)
    wait_until 5 logged "deferred id=$id to=b@far.example code=4.7.5 text=\"mx.far.example: no match\""
}

@test "REQUIRETLS asks for another policy, and shares no session with other mail" {
    write_tables tls_policy:may.example=may tls_policy:encrypt.example=encrypt tls_policy:verify.example=verify \
        tls_policy:none.example=none "tls_policy:print.example=fingerprint ab"
    start_qsend
    submit a@far.example >/dev/null
    submit -F q a@far.example b@may.example c@encrypt.example d@verify.example e@none.example f@print.example >/dev/null
    submit -F q -s "" a@far.example b@may.example d@verify.example >/dev/null
    wait_until 10 queue_is_empty
    seen "tls mx.far.example dane insecure$"
    seen "tls mx.far.example requiretls=dane insecure$"
    seen "tls mx.may.example requiretls=dane insecure$"
    seen "tls mx.encrypt.example requiretls=dane insecure$"
    seen "tls mx.verify.example requiretls=verify=verify.example,.verify.example insecure$"
    seen "tls mx.none.example requiretls=none insecure$"
    seen "tls mx.print.example requiretls=fingerprint=ab insecure$"
    # Notifications, which are from nobody: encrypted.
    seen "tls mx.far.example encrypted=dane insecure$"
    seen "tls mx.may.example encrypted=may insecure$"
    seen "tls mx.verify.example encrypted=verify=verify.example,.verify.example insecure$"
    # Whoever asks the DNS for TLSA records.
    seen "qmx [0-9]* mx encrypt.example 25$"
    seen "qmx [0-9]* mx verify.example$"
    logged "relayed id=.* to=b@may.example .* requiretls=yes delay="
    [ "$(grep -c 'relayed .* to=a@far.example' "$log")" -eq 3 ]
    [ "$(grep -c 'relayed .* to=a@far.example .*requiretls=yes' "$log")" -eq 2 ]
}

@test "a destination that refuses such mail, or is down for it, goes on with other mail" {
    play 192.0.2.1 unreachable
    start_qsend
    id=$(submit -F q a@far.example)
    wait_until 5 is_deferred "$id"
    play 192.0.2.1 K
    submit b@far.example >/dev/null
    wait_until 5 logged "relayed id=.* to=b@far.example"
    is_deferred "$id"
}

@test "TLS-Required: No asks for may in place of dane, and is nothing beside REQUIRETLS" {
    start_qsend
    submit -F n a@far.example >/dev/null
    submit a@far.example >/dev/null
    submit -F nq a@far.example >/dev/null
    wait_until 5 queue_is_empty
    seen "tls mx.far.example may insecure$"
    seen "tls mx.far.example dane insecure$"
    seen "tls mx.far.example requiretls=dane insecure$"
    seen "qmx [0-9]* mx far.example$"
}

@test "TLS-Required: No asks for nothing against a row" {
    write_tables tls_policy:dane.example=dane tls_policy:encrypt.example=encrypt "tls_policy:*=verify"
    start_qsend
    submit -F n a@dane.example b@encrypt.example c@any.example >/dev/null
    wait_until 5 queue_is_empty
    seen "tls mx.dane.example dane insecure$"
    seen "tls mx.encrypt.example encrypt insecure$"
    seen "tls mx.any.example verify=any.example,.any.example insecure$"
}

@test "TLS-Required: No leaves what remote_tls says of all destinations" {
    write_tables remote_tls=encrypt
    start_qsend
    submit -F n a@far.example >/dev/null
    wait_until 5 queue_is_empty
    seen "tls mx.far.example encrypt insecure$"
}

@test "a password raises the policy to verify, by the name that the administrator wrote" {
    write_tables routes:one.example="smtp.hoster.example 587" routes:two.example="smtp.hoster.example 2525" \
        "routes:three.example=[192.0.2.77] 465" routes:four.example="named.hoster.example 0" \
        routes:five.example="below.group.example 0" \
        relay_passwords:smtp.hoster.example=yes relay_passwords:smtp.hoster.example:587=yes \
        "relay_passwords:[192.0.2.77]:465=yes" relay_passwords:far.example:25=yes \
        relay_passwords:named.hoster.example=yes relay_passwords:below.group.example=yes \
        tls_policy:named.hoster.example=encrypt tls_policy:.group.example=may "tls_policy:*=none" \
        "relay_passwords:[ipv6:2001:db8::9]=yes"
    start_qsend
    submit a@one.example b@two.example c@three.example d@four.example e@far.example f@other.example \
        g@five.example "h@[IPv6:2001:DB8:0::9]" >/dev/null
    wait_until 5 queue_is_empty
    # A host of its own name; a domain's exchangers have names below it.
    [ "$(grep -c "tls mx.smtp.hoster.example verify=smtp.hoster.example insecure$" "$POMBO_DIR/seen")" -eq 2 ]
    seen "auth mx.smtp.hoster.example smtp.hoster.example:587$"
    seen "auth mx.smtp.hoster.example smtp.hoster.example$"
    seen "tls \[192.0.2.77\] verify=\[192.0.2.77\] insecure$"
    seen "auth \[192.0.2.77\] \[192.0.2.77\]:465$"
    seen "tls mx.far.example verify=far.example,.far.example insecure$"
    seen "auth mx.far.example far.example:25$"
    seen "auth \[IPv6:2001:DB8:0::9\] \[ipv6:2001:db8::9\]$"
    # A row that names it is obeyed; that for all the rest names nobody.
    seen "tls mx.named.hoster.example encrypt insecure$"
    seen "auth mx.named.hoster.example named.hoster.example$"
    seen "tls mx.below.group.example may insecure$"
    seen "tls mx.other.example none insecure$"
    saw 0 "auth mx.other.example"
}

@test "mail with a password, with another and without shares no session" {
    local same="mx mx.hoster.example=192.0.2.1"
    play one.example "$same"
    play two.example "$same"
    play three.example "$same"
    play four.example "$same"
    write_tables relay_passwords:one.example=yes relay_passwords:two.example=yes tls_policy:one.example=encrypt \
        tls_policy:two.example=encrypt tls_policy:three.example=encrypt tls_policy:four.example=encrypt
    start_qsend
    submit a@one.example b@two.example c@three.example d@four.example >/dev/null
    wait_until 5 queue_is_empty
    saw 3 "qremote [0-9]* start"
    seen "auth mx.hoster.example one.example$"
    seen "auth mx.hoster.example two.example$"
    saw 2 "auth mx.hoster.example"
}

@test "a refused log-in backs off from that destination with its reason; others go on" {
    play 192.0.2.1 barred
    play other.example mx mx.other.example=192.0.2.2
    start_qsend
    id=$(submit a@far.example b@other.example)
    wait_until 5 is_deferred "$id"
    logged "deferred id=$id to=a@far.example code=4.7.8 text=\"mx.far.example AUTH: no\""
    logged "relayed id=$id to=b@other.example"
    [ "$(states "$id")" = .D ]
}
