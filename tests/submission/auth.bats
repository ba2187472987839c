#!/usr/bin/env bats
# AUTH in the submission service (RFC 4954).
load common

PLAIN=AGFubgBzZWNyZXQ= # \0ann\0secret

@test "PLAIN with an initial response, in any case" {
    submit <<END
-> AUTH PLAIN $PLAIN
<~ 235 2.7.0
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
END
    logged ' authenticated ip=127.0.0.1 helo=client.example.net user=ann@example.org method=PLAIN$'
    submit <<END
-> auth plain $(b64 'ann\0ann\0secret')
<~ 235 2.7.0
END
    submit <<END
-> AUTH PLAIN $(b64 '\0ANN@Example.ORG\0secret')
<~ 235 2.7.0
END
}

@test "PLAIN without an initial response" {
    submit <<END
-> AUTH PLAIN
<- 334 
-> $PLAIN
<~ 235 2.7.0
END
}

@test "LOGIN, with and without the user as an initial response" {
    submit <<END
-> AUTH LOGIN
<- 334 VXNlcm5hbWU6
-> $(b64 ann)
<- 334 UGFzc3dvcmQ6
-> $(b64 secret)
<~ 235 2.7.0
END
    logged ' authenticated .* method=LOGIN$'
    submit <<END
-> AUTH LOGIN $(b64 bob@example.org)
<- 334 UGFzc3dvcmQ6
-> $(b64 secret)
<~ 235 2.7.0
END
}

@test "EHLO offers it, and HELP names it; the service for all the world does neither" {
    submit <<'END'
-> EHLO again.example.net
<~ 250-mail.example.org\n(.*\n)*250-AUTH PLAIN LOGIN\n
-> HELP
<~ 214-2.0.0 .*AUTH
END
    play <<END
<~ 220 
-> EHLO client.example.net
<~ 250-mail.example.org\n((?!.*AUTH).*\n)*250 HELP
-> AUTH PLAIN $PLAIN
<~ 502 5.5.1
-> MAIL FROM:<ann@example.org> AUTH=<>
<~ 555 5.5.4
END
}

@test "wrong users and passwords get one answer" {
    configure "auth_tries = 9"
    submit <<END
-> AUTH PLAIN $(b64 '\0ann\0Wr0ng')
<~ 535 5.7.8 wrong user or password
-> AUTH PLAIN $(b64 '\0nobody\0secret')
<~ 535 5.7.8 wrong user or password
-> AUTH PLAIN $(b64 '\0sales\0secret')
<~ 535 5.7.8 wrong user or password
-> AUTH LOGIN $(b64 ann)
<- 334 UGFzc3dvcmQ6
-> $(b64 Wr0ng)
<~ 535 5.7.8 wrong user or password
-> AUTH PLAIN $(b64 '\0ann\0%0600d' 0)
<~ 535 5.7.8 wrong user or password
-> AUTH PLAIN $PLAIN
<~ 235 2.7.0
END
    logged ' failed ip=127.0.0.1 helo=client.example.net user=ann method=PLAIN reason=denied$'
}

@test "the third wrong password ends the session" {
    submit <<END
-> AUTH PLAIN $(b64 '\0ann\0Wr0ng')
<~ 535 5.7.8
-> AUTH PLAIN $(b64 '\0ann\0Wr0ng')
<~ 535 5.7.8
-> AUTH PLAIN $(b64 '\0ann\0Wr0ng')
<~ 535 5.7.8 .*too many
<$
END
}

@test "a wrong password is answered late" {
    configure "auth_fail_delay = 2"
    local begin=$EPOCHREALTIME
    submit <<END
-> AUTH PLAIN $(b64 '\0ann\0Wr0ng')
<~ 535 5.7.8
END
    [ $((${EPOCHREALTIME/./} - ${begin/./})) -ge 2000000 ]
    begin=$EPOCHREALTIME
    submit <<END
-> AUTH PLAIN $PLAIN
<~ 235 2.7.0
END
    [ $((${EPOCHREALTIME/./} - ${begin/./})) -lt 2000000 ]
}

@test "an address with too many wrong passwords is cut off, in POP3 too" {
    configure "auth_failures = 3" "auth_tries = 9" "pop3_fail_delay = 0"
    submit <<END
-> AUTH PLAIN $(b64 '\0ann\0Wr0ng')
<~ 535 5.7.8
-> AUTH PLAIN $(b64 '\0ann\0Wr0ng')
<~ 535 5.7.8
-> AUTH PLAIN $(b64 '\0bob\0Wr0ng')
<~ 535 5.7.8
-> AUTH PLAIN $PLAIN
<~ 421 4.7.0
<$
END
    logged ' failed .*user=ann method=PLAIN reason="cut off"$'
    submit <<END
-> AUTH PLAIN $PLAIN
<~ 421 4.7.0
<$
END
    qlisten -r pop3.ready "unix:$PWD/pombo/run/login,mode=0600" -- checkpw -d pop3d 2>>door.log 3>&- &
    STARTED+=($!)
    wait_until 5 test -s pop3.ready
    play popup <<'END'
<- [+]OK.*
-> USER ann
<- [+]OK.*
-> PASS secret
<- -ERR \[SYS/TEMP\] too many wrong passwords.*
<$
END
    # Others are not.
    TCPREMOTEIP=127.0.0.2 submit <<END
-> AUTH PLAIN $PLAIN
<~ 235 2.7.0
END
}

@test "the exchange can be cancelled" {
    submit <<'END'
-> AUTH PLAIN
<- 334 
-> *
<~ 501 5.7.0
-> AUTH LOGIN
<- 334 VXNlcm5hbWU6
-> *
<~ 501 5.7.0
-> AUTH LOGIN YW5u
<- 334 UGFzc3dvcmQ6
-> *
<~ 501 5.7.0
-> NOOP
<~ 250 2.0.0
END
}

@test "an empty initial response is an empty one" {
    submit <<'END'
-> AUTH LOGIN =
<- 334 UGFzc3dvcmQ6
-> c2VjcmV0
<~ 501 5.5.2
-> AUTH PLAIN =
<~ 501 5.5.2
END
}

@test "who wants to be another is denied, and the user's own name may be written otherwise" {
    configure "auth_tries = 2"
    submit <<END
-> AUTH PLAIN $(b64 'bob\0ann\0secret')
<~ 535 5.7.8
-> NOOP
<~ 250 2.0.0
-> AUTH PLAIN $(b64 'ANN@Example.org\0ann@example.org\0secret')
<~ 235 2.7.0
END
    submit <<END
-> AUTH PLAIN $(b64 'bob@example.org\0ann@example.org\0secret')
<~ 535 5.7.8
-> AUTH PLAIN $(b64 'an\0ann\0secret')
<~ 535 5.7.8
<\$
END
    logged ' failed .*user=ann method=PLAIN reason=denied'
}

@test "what is not base64, strictly, is refused" {
    local wrong
    for wrong in AGFubgBzZWNyZXQ AGFubgBzZWNyZXR= 'AGFubgBzZWNyZXQ==' '====' '=' \
        'AGFubg?zZWNyZXQ=' 'AGFubgBzZWNyZXQ=AAAA' 'YW5u' 'AA==' ' AGFubgBzZWNyZXQ=' \
        "$(b64 '\0ann\0secret\0')" "$(b64 '\0\0secret')" \
        "$(b64 '\0ann\0')"; do
        submit <<END
-> AUTH PLAIN
<- 334 
-> $wrong
<~ 501 5.5.2
-> NOOP
<~ 250 2.0.0
END
    done
    submit <<'END'
-> AUTH PLAIN A GFubgBzZWNyZXQ=
<~ 501 5.5.2
-> AUTH LOGIN
<- 334 VXNlcm5hbWU6
-> ann
<~ 501 5.5.2
-> AUTH LOGIN
<- 334 VXNlcm5hbWU6
-> YW5u\n
<~ 501 5.5.2
END
}

@test "lines of an exchange may be long, but not longer than 12288 octets" {
    submit <<END
-> AUTH PLAIN
<- 334 
*> 12288 A
-> 
<~ 501 5.5.2
-> AUTH PLAIN
<- 334 
*> 12289 A
-> 
<~ 500 5.5.6
>> AUTH PLAIN 
*> 12000 A
-> 
<~ 501 5.5.2
*> 2001 N
-> 
<~ 500 5.5.2
*> 2001 A
-> 
<~ 500 5.5.2
-> AUTH PLAIN $PLAIN
<~ 235 2.7.0
END
}

@test "no AUTH before EHLO, after HELO, twice, within a transaction, or by an unknown way" {
    play smtpd -s <<END
<~ 220 
-> AUTH PLAIN $PLAIN
<~ 503 5.5.1
-> HELO client.example.net
<~ 250 
-> AUTH PLAIN $PLAIN
<~ 503 5.5.1
-> MAIL FROM:<ann@example.org>
<~ 530 5.7.0
-> EHLO client.example.net
<~ 250-
-> AUTH
<~ 501 5.5.4
-> AUTH CRAM-MD5
<~ 504 5.5.4
-> AUTH PLAINER $PLAIN
<~ 504 5.5.4
-> AUTH PLAIN $PLAIN
<~ 235 2.7.0
-> AUTH PLAIN $PLAIN
<~ 503 5.5.1
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> AUTH PLAIN $PLAIN
<~ 503 5.5.1
-> RCPT TO:<bob@example.org>
<~ 250 2.1.5
END
}

@test "what is sent behind AUTH without waiting cuts the session off" {
    submit <<END
=> AUTH PLAIN $PLAIN
-> MAIL FROM:<ann@example.org>
<~ 554 5.5.1
<$
END
    submit <<END
=> AUTH LOGIN
=> $(b64 ann)
-> $(b64 secret)
<~ 554 5.5.1
<$
END
    [ "$(queued)" -eq 0 ]
}

@test "passwords are taken from this machine and inside TLS alone, unless set otherwise" {
    TCPREMOTEIP=198.51.100.7 submit <<END
-> EHLO again.example.net
<~ 250-mail.example.org\n((?!.*AUTH).*\n)*250 HELP
-> AUTH PLAIN $PLAIN
<~ 538 5.7.11
-> MAIL FROM:<ann@example.org>
<~ 530 5.7.0 start TLS
END
    TCPREMOTEIP=::1 submit <<END
-> AUTH PLAIN $PLAIN
<~ 235 2.7.0
END
    configure "auth_plaintext = yes"
    TCPREMOTEIP=198.51.100.7 submit <<END
-> MAIL FROM:<ann@example.org>
<~ 530 5.7.0 log in
-> AUTH PLAIN $PLAIN
<~ 235 2.7.0
END
}

@test "without the door, or with one that knows nothing, the answer is temporary" {
    mv pombo/etc/passwords.cdb away
    submit <<END
-> AUTH PLAIN $PLAIN
<~ 454 4.7.0
-> AUTH LOGIN $(b64 ann)
<- 334 UGFzc3dvcmQ6
-> $(b64 secret)
<~ 454 4.7.0
END
    mv away pombo/etc/passwords.cdb
    close_door
    submit <<END
-> AUTH PLAIN $PLAIN
<~ 454 4.7.0
-> NOOP
<~ 250 2.0.0
END
    logged ' trouble with=.*/run/auth error='
}

@test "a door that talks nonsense lets nobody in" {
    close_door
    for answer in '\0\3ok\0' '\0\4ok\0\0' '\0\3OK\0' '\0\0' '\377\377ok' 'ok' ''; do
        rm -f pombo/run/auth ready
        qlisten -r ready "unix:$PWD/pombo/run/auth,mode=0600" -- \
            bash -c 'head -c 9 >/dev/null; printf "$0"' "$answer" 2>>door.log 3>&- &
        STARTED+=($!)
        wait_until 5 test -s ready
        submit <<END
-> AUTH PLAIN $PLAIN
<~ 454 4.7.0
-> MAIL FROM:<ann@example.org>
<~ 530 5.7.0
END
        kill "${STARTED[-1]}"
        wait "${STARTED[-1]}" || true
    done
}

@test "AUTH of MAIL is taken where it is right, and goes nowhere" {
    submit_as ann@example.org <<'END'
-> MAIL FROM:<ann@example.org> AUTH=<>
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<ann@example.org> AUTH=e+3Dmc2@example.com
<~ 250 2.1.0
-> RCPT TO:<bob@example.org>
<~ 250 2.1.5
-> DATA
<~ 354 
-> 
-> .
<~ 250 2.0.0 queued
END
    run ! grep -rF mc2 pombo/queue
}

@test "a line break hidden in AUTH of MAIL is refused (CVE-2020-28021)" {
    submit_as ann@example.org <<'END'
-> MAIL FROM:<ann@example.org> AUTH=ann+0AD+20x
<~ 501 5.5.4
-> MAIL FROM:<ann@example.org> AUTH=ann+0D
<~ 501 5.5.4
-> MAIL FROM:<ann@example.org> AUTH=ann+00
<~ 501 5.5.4
-> MAIL FROM:<ann@example.org> AUTH=ann+0
<~ 501 5.5.4
-> MAIL FROM:<ann@example.org> AUTH=
<~ 501 5.5.4
-> MAIL FROM:<ann@example.org> AUTH
<~ 501 5.5.4
-> MAIL FROM:<ann@example.org> AUTH=<> AUTH=<>
<~ 501 5.5.4
-> RCPT TO:<bob@example.org>
<~ 503 5.5.1
END
    [ "$(queued)" -eq 0 ]
}

@test "users whose names hold line breaks log in nowhere, and forge no line of a log" {
    submit <<END
-> AUTH PLAIN $(b64 '\0ann\nx[1] accepted ip=1\0secret')
<~ 535 5.7.8
-> AUTH LOGIN $(b64 'ann\r\n250 x')
<- 334 UGFzc3dvcmQ6
-> $(b64 'secret\r\n')
<~ 535 5.7.8
END
    [ "$(grep -c . log)" -eq "$(grep -cE '^[0-9T:.Z-]+ smtpd\[[0-9]+\] ' log)" ]
}

@test "a client that goes away, or is silent, in an exchange is lost" {
    submit <<'END'
-> AUTH LOGIN
<- 334 VXNlcm5hbWU6
||
<$
END
    logged ' lost .* in=AUTH why=closed$'
    configure "command_timeout = 1"
    submit <<'END'
-> AUTH PLAIN
<- 334 
<~ 421 4.4.2
<$
?? 99
END
    logged ' lost .* in=AUTH why=timeout$'
}
