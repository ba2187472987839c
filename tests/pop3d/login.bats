#!/usr/bin/env bats
# Logging in through the door.
load common

@test "USER and PASS open the mailbox" {
    serve_by_door
    put_some 2
    play <<'END'
<- [+]OK mail\.example\.org POP3 ready
-> USER ann@example.org
<- [+]OK .*
-> PASS secret
<- [+]OK 2 messages, \d+ octets
-> STAT
<- [+]OK 2 \d+
-> QUIT
<- [+]OK .*
<$
END
    logged ' login user=ann@example.org ip=127.0.0.1 method=USER mailbox=example.org/ann messages=2'
    wait_until 5 logged ' logout user=ann@example.org reason=quit retrieved=0 deleted=0 left=2 bytes='
}

@test "the greeting offers no APOP" {
    serve_by_door
    play <<'END'
<- [^<>]*
-> APOP ann c4c9334bac560ecc979e58001b3e22fb
<- -ERR .*
END
}

@test "a name without domain is one of the default domain, and case does not matter" {
    serve_by_door
    for name in ann Ann ANN@EXAMPLE.ORG ann@Example.Org; do
        play <<END
<- .*
-> user $name
<- [+]OK .*
-> pAsS secret
<- [+]OK .*
-> QUIT
<- [+]OK .*
END
    done
}

@test "a password may hold blanks" {
    serve_by_door
    play <<'END'
<- .*
-> USER bob
<- [+]OK .*
-> PASS  two  words 
<- [+]OK 0 messages, 0 octets
END
    play <<'END'
<- .*
-> USER bob
<- [+]OK .*
-> PASS two  words
<- -ERR \[AUTH\] .*
END
}

@test "a name may be a quoted string, and its mailbox have a blank" {
    serve_by_door
    maildir 'two words'
    play <<'END'
<- .*
-> USER "two words"@example.org
<- [+]OK .*
-> PASS secret
<- [+]OK 0 messages, 0 octets
END
}

@test "wrong password, unknown user, no password, locked, alias, extension: one answer" {
    serve_by_door
    for user in ann nobody carl dora sales ann+x ann@nowhere.test '@' 'ann@' '<ann>' \
        "ann\\x01" '../ann' '*' "$(printf 'x%.0s' {1..300})"; do
        password=secret
        [ "$user" = ann ] && password=Secret
        play <<END
<- .*
-> USER $user
<- [+]OK now the password
-> PASS $password
<- -ERR \[AUTH\] wrong user or password
END
    done
    [ "$(grep -c ' failed .*reason=denied' log)" -eq 14 ]
    logged ' denied user=ann ip=127.0.0.1 reason="wrong password"'
    logged ' denied user=nobody ip=127.0.0.1 reason="no such user"'
    run ! logged ecret
}

@test "an empty password opens nothing" {
    serve_by_door
    for user in ann carl dora nobody; do
        play <<END
<- .*
-> USER $user
<- [+]OK .*
-> PASS 
<- -ERR \[AUTH\] .*
END
    done
}

@test "the right password after a wrong one opens the mailbox" {
    serve_by_door
    play <<'END'
<- .*
-> USER ann
<- [+]OK .*
-> PASS wrong
<- -ERR \[AUTH\] .*
-> PASS secret
<- -ERR USER .*
-> USER ann
<- [+]OK .*
-> PASS secret
<- [+]OK 0 messages, 0 octets
END
}

@test "the third wrong password ends the session, by a setting another one" {
    serve_by_door
    play <<'END'
<- .*
=> USER ann
=> PASS 1
=> USER nobody
=> PASS 2
=> AUTH PLAIN AGFubgBzZWNyZXT=
=> USER ann
=> PASS 3
=> USER ann
-> PASS secret
<- [+]OK .*
<- -ERR \[AUTH\] .*
<- [+]OK .*
<- -ERR \[AUTH\] .*
<- -ERR .*PLAIN.*
<- [+]OK .*
<- -ERR \[AUTH\] .*
<$
END
    write_tables pop3_tries 1
    play <<'END'
<- .*
=> USER ann
-> PASS 1
<- [+]OK .*
<- -ERR \[AUTH\] .*
<$
END
}

@test "the answer to a wrong password is delayed" {
    write_tables pop3_fail_delay 1
    serve_by_door
    before=$(date +%s%N)
    play <<'END'
<- .*
=> USER ann
-> PASS 1
<- [+]OK .*
<- -ERR \[AUTH\] .*
END
    [ $(($(date +%s%N) - before)) -gt 1000000000 ]
}

@test "AUTH PLAIN, with and without an initial response" {
    serve_by_door
    plain() { printf '%b' "$1" | base64 -w 0; }
    play <<END
<- .*
-> AUTH
<- [+]OK.*
<. 1
-> auth plain $(plain '\0ann\0secret')
<- [+]OK 0 messages.*
END
    logged ' login user=ann@example.org .*method=PLAIN'
    play <<END
<- .*
-> AUTH PLAIN
<- [+] 
-> $(plain 'ANN@example.org\0ann@example.org\0secret')
<- [+]OK 0 messages.*
END
    play <<END
<- .*
-> AUTH PLAIN
<- [+] 
-> *
<- -ERR .*cancelled
-> AUTH PLAIN
<- [+] 
-> 
<- -ERR .*
-> AUTH PLAIN =
<- -ERR .*
-> AUTH PLAIN !!!!
<- -ERR .*
-> AUTH PLAIN $(plain 'bob\0ann\0secret')
<- -ERR \[AUTH\] .*
-> AUTH PLAIN $(plain '\0ann\0secret')=
<- -ERR .*
-> AUTH CRAM-MD5
<- -ERR .*
-> AUTH PLAIN $(plain '\0ann\0wrong')
<- -ERR \[AUTH\] .*
-> AUTH PLAIN $(plain '\0ann\0secret')
<- [+]OK 0 messages.*
END
}

@test "CAPA before and after the log-in" {
    serve_by_door
    cat >expected <<'END'
AUTH-RESP-CODE
EXPIRE NEVER
IMPLEMENTATION pombo
PIPELINING
RESP-CODES
SASL PLAIN
TOP
UIDL
USER
UTF8
END
    python3 - "$PORT" >got <<'END'
import poplib, sys
p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
before = p.capa()
print("\n".join(sorted(" ".join([k] + v) for k, v in before.items())))
p.user("ann")
p.pass_("secret")
assert p.capa() == before
p.quit()
END
    diff expected got
}

@test "UTF8 is taken before the log-in alone" {
    serve_by_door
    play <<'END'
<- .*
=> UTF8
=> USER ann
=> PASS secret
-> UTF8
<- [+]OK .*
<- [+]OK .*
<- [+]OK 0 messages.*
<- -ERR .*
END
}

@test "commands of the other state and wrong arguments are refused" {
    serve_by_door
    play <<'END'
<- .*
-> STAT
<- -ERR .*
-> RETR 1
<- -ERR .*
-> PASS secret
<- -ERR .*
-> USER
<- -ERR .*
-> USER  
<- -ERR .*
-> CAPA x
<- -ERR .*
-> 
<- -ERR .*
-> a\x00b
<- -ERR .*
-> USER ann\rPASS secret
<- -ERR .*
-> USER ann\nPASS secret
<- -ERR .*
-> USER ann
<- [+]OK .*
-> PASS
<- -ERR .*
-> QUIT now
<- -ERR .*
-> QUIT
<- [+]OK .*
<$
END
}

@test "an endless line does no harm" {
    serve_by_door
    play <<END
<- .*
-> USER $(printf 'x%.0s' {1..20000})
<- -ERR .*long
-> USER $(printf 'x%.0s' {1..900})
<- [+]OK .*
-> PASS secret
<- -ERR \[AUTH\] .*
-> QUIT
<- [+]OK .*
END
}

@test "a session without log-in reads a hundred commands" {
    serve_by_door
    { echo '<- .*'
        for _ in {1..99}; do printf -- '-> UTF8\n<- [+]OK.*\n'; done
        printf -- '-> UTF8\n<- [+]OK.*\n<- -ERR too many commands\n<$\n'; } | play
}

@test "the whole session in one packet" {
    put_some 1
    serve_by_door
    play <<'END'
=> USER ann
=> PASS secret
=> RETR 1
=> DELE 1
-> QUIT
<- .*
<- [+]OK .*
<- [+]OK 1 messages.*
<- [+]OK .*
<. 3
<- [+]OK .*
<- [+]OK .*
<$
END
    wait_until 5 logged 'reason=quit retrieved=1 deleted=1 left=0'
    [ "$(messages)" -eq 0 ]
}

@test "a silent client is logged out, before and after the log-in" {
    write_tables pop3_timeout 1
    serve_by_door
    play <<'END'
<- .*
<$
END
    put_some 1
    play_as_ann <<'END'
-> DELE 1
<- [+]OK .*
<$
END
    logged 'reason=time-out'
    [ "$(messages)" -eq 1 ]
}

@test "no door, tables or hashes: a temporary error" {
    serve
    cat >dialog <<'END'
<- .*
-> USER ann
<- [+]OK .*
-> PASS secret
<- -ERR \[SYS/TEMP\] .*
<$
END
    play <dialog
    open_door
    mv pombo/etc/passwords.cdb pombo/etc/away
    play <dialog
    echo short >pombo/etc/passwords.cdb
    play <dialog
    head -c 2048 /dev/zero | tr '\0' '\377' >pombo/etc/passwords.cdb
    play <dialog
    mv pombo/etc/away pombo/etc/passwords.cdb
    rm pombo/etc/tables.cdb
    sed 's/ann$/ann@example.org/' dialog | play
    [ "$(grep -c ' failed user=ann.* reason=trouble' log)" -eq 5 ]
    run ! logged ' login '
}

@test "a mailbox that can't be opened: a temporary error" {
    serve_by_door
    rm -r pombo/mail/example.org
    touch pombo/mail/example.org
    play <<'END'
<- .*
-> USER ann
<- [+]OK .*
-> PASS secret
<- -ERR \[SYS/TEMP\] .*
<$
END
    logged ' trouble with=opening mailbox=example.org/ann'
}

@test "a user whose mailbox is not there yet has no mail" {
    serve_by_door
    play <<'END'
<- .*
-> USER bob
<- [+]OK .*
-> PASS  two  words 
<- [+]OK 0 messages, 0 octets
-> LIST
<- [+]OK .*
<. 0
-> QUIT
<- [+]OK .*
END
}

@test "LOGIN-DELAY holds where it is set" {
    write_tables pop3_login_delay 2
    serve_by_door
    cat >dialog <<'END'
<- .*
-> CAPA
<- [+]OK .*
<. 11
-> USER ann
<- [+]OK .*
-> PASS secret
<- [+]OK 0 messages.*
-> QUIT
<- [+]OK .*
END
    play <dialog
    sed '/PASS/,$d' dialog >refused
    printf -- '-> PASS secret\n<- -ERR \\[LOGIN-DELAY\\] .*\n<$\n' >>refused
    play <refused
    wait_until 5 play <dialog
    python3 - "$PORT" <<'END'
import poplib, sys
assert poplib.POP3("127.0.0.1", int(sys.argv[1])).capa()["LOGIN-DELAY"] == ["2"]
END
}

@test "popup refuses wrong arguments" {
    run -100 popup only-a-host
    run -100 popup -x
}
