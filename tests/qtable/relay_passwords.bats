# Passwords for other hosts: a table apart from all others, and faults that tell none of
# them.
load setup

# secret KEY: user and password of its row, with a bar between, as the cdb has them.
secret() {
    local value
    value=$(cdb -q "$ETC/relay_passwords.cdb" "$1" | tr -d '\0')
    echo "$(base64 -d <<<"${value% *}")|$(base64 -d <<<"${value#* }")"
}

@test "a host, a port, an address: each key in its one form, and the password in its own file alone" {
    rows relay_passwords 'SMTP.Example.net  ann@example.net  s3cret#1' 'smtp.example.net:587 ann pw-587' \
        '[192.0.2.7]:2525  bob  pw-v4 # a note' '[2001:DB8:0::7] carl pw-v6'
    qtable
    [ "$(secret smtp.example.net)" = "ann@example.net|s3cret#1" ]
    [ "$(secret smtp.example.net:587)" = "ann|pw-587" ]
    [ "$(secret '[192.0.2.7]:2525')" = "bob|pw-v4" ]
    [ "$(secret '[ipv6:2001:db8::7]')" = "carl|pw-v6" ]
    [ "$(cdb -d "$ETC/relay_passwords.cdb" | grep -ac '^+')" -eq 4 ]
    # What everybody may read knows which hosts have one, and no more.
    run -0 qtable get relay_passwords smtp.example.net:587
    [ "$output" = yes ]
    run -1 qtable get relay_passwords other.example.net
    for word in s3cret pw-587 ann@example.net "$(printf pw-587 | base64)" "$(printf ann@example.net | base64)"; do
        run ! grep -qaF "$word" "$ETC/tables.cdb"
    done
    [ -z "$(cdb -q "$ETC/passwords.cdb" smtp.example.net || true)" ]
}

@test "quotes take blanks, '#', quotes, backslashes and any byte" {
    rows relay_passwords 'a.example "ann a" " two  words #1"' 'b.example bob "a\"b\\c"' 'c.example carl "\xe9\x0A\x7f"' \
        'd.example dora a\b' 'e.example "émile" pässword'
    qtable
    [ "$(secret a.example)" = "ann a| two  words #1" ]
    [ "$(secret b.example)" = 'bob|a"b\c' ]
    [ "$(cdb -q "$ETC/relay_passwords.cdb" c.example | tr -d '\0' | cut -d' ' -f2 | base64 -d | od -An -tx1)" = " e9 0a 7f" ]
    [ "$(secret d.example)" = 'dora|a\b' ]
    [ "$(secret e.example)" = 'émile|pässword' ]
}

@test "faults name file and line, and no word of the row" {
    rows relay_passwords 'hunter2' 'a.example hunter2' 'a.example ann hunter2 hunter3' 'a.example ann hunter"2' \
        'a.example ann "hunter2' 'a.example ann "hunter2"3' 'a.example ann "hunter2\n"' 'a.example ann "hunter2\x00"' \
        'a.example ann ""' 'hunter2:0 ann b' '[hunter2] ann b' '* ann hunter2' '.a.example ann hunter2' \
        "a.example ann $(printf 'hunter2%.0s' {1..200})" 'b.example ann hunter2' 'B.example ann hunter4'
    run -102 qtable
    [[ $output != *hunter* ]]
    for line in {1..14} 16; do
        [[ $output == *"relay_passwords:$line: "* ]]
    done
    [[ $output == *'relay_passwords:1: a row is HOST[:PORT] USER PASSWORD'* ]]
    [[ $output == *'relay_passwords:3: a row is HOST[:PORT] USER PASSWORD; what has a blank in it stands in quotes'* ]]
    [[ $output == *'relay_passwords:5: a quote is not closed'* ]]
    [[ $output == *'relay_passwords:9: the user or password is empty'* ]]
    [[ $output == *'relay_passwords:12: the key is none of HOST[:PORT] and [ADDRESS][:PORT]'* ]]
    [[ $output == *'relay_passwords:14: the user or password is too long'* ]]
    [[ $output == *'relay_passwords:16: "b.example" stands in line 15 already'* ]]
    [ ! -e "$ETC/relay_passwords.cdb" ]
    [ ! -e "$ETC/.relay_passwords.cdb.tmp" ]
}

@test "the compiled file is for its owner and the group that it had, or pombo-out" {
    umask 000
    rows relay_passwords 'a.example ann pw'
    qtable
    if group=$(getent group pombo-out | cut -d: -f3) && [ -n "$group" ]; then
        [ "$(stat -c '%a %g' "$ETC/relay_passwords.cdb")" = "640 $group" ]
    else
        [ "$(stat -c %a "$ETC/relay_passwords.cdb")" = 600 ]
    fi
    chgrp 12 "$ETC/relay_passwords.cdb"
    chmod 644 "$ETC/relay_passwords.cdb"
    qtable
    [ "$(stat -c '%a %g' "$ETC/relay_passwords.cdb")" = "640 12" ]
}

@test "no password reaches the arguments or the environment of what qtable starts" {
    rows relay_passwords 'a.example ann hunter2'
    mkdir "$BATS_TEST_TMPDIR/bin"
    cat >"$BATS_TEST_TMPDIR/bin/cdb" <<EOF
#!/bin/sh
tr '\0' ' ' <"/proc/\$\$/cmdline" >>"$BATS_TEST_TMPDIR/told"
tr '\0' ' ' <"/proc/\$\$/environ" >>"$BATS_TEST_TMPDIR/told"
exec $(command -v cdb) "\$@"
EOF
    chmod +x "$BATS_TEST_TMPDIR/bin/cdb"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH POMBO_WALLS=off qtable
    grep -q relay_passwords "$BATS_TEST_TMPDIR/told"
    run ! grep -qE "hunter2|$(printf hunter2 | base64 | tr -d =)" "$BATS_TEST_TMPDIR/told"
}
