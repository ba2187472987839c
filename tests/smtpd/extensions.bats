#!/usr/bin/env bats
# What EHLO announces, and that it holds.
load common

@test "EHLO announces each extension, and HELO none" {
    configure "size_limit = 12345" "recipients_limit = 200" "command_limit = 3000"
    play <<'END'
<~ 220
-> EHLO client.example.net
<- 250-mail.example.org
<- 250-PIPELINING
<- 250-SIZE 12345
<- 250-8BITMIME
<- 250-SMTPUTF8
<- 250-ENHANCEDSTATUSCODES
<- 250-CHUNKING
<- 250-DSN
<- 250-LIMITS MAILMAX=997 RCPTMAX=200
<- 250 HELP
-> HELO client.example.net
<- 250 mail.example.org
-> QUIT
<~ 221
END
}

@test "PIPELINING: a whole transaction in one write, answers in order" {
    play_to hello <<'END'
=> MAIL FROM:<eve@example.net>
=> RCPT TO:<nobody@example.org>
=> RCPT TO:<ann@example.org>
-> DATA
<~ 250 2.1.0
<~ 550 5.1.1
<~ 250 2.1.5
<~ 354
=> x
=> .
=> RSET
=> MAIL FROM:<eve@example.net>
=> RCPT TO:<nobody@example.org>
-> DATA
<~ 250 2.0.0
<~ 250 2.0.0
<~ 250 2.1.0
<~ 550 5.1.1
<~ 554 5.5.1
-> QUIT
<~ 221
<$
END
    [ "$(queued)" -eq 1 ]
}

@test "who speaks before the greeting is refused, insiders too" {
    for ip in 198.51.100.7 127.0.0.1; do
        printf 'EHLO x\r\nQUIT\r\n' >early
        TCPREMOTEIP=$ip smtpd <early >got 2>log
        grep -q $'^554 5\.5\.1 .*\r$' got
        [ "$(wc -l <got)" -eq 1 ]
    done
}

@test "pipelining after EHLO, HELO and DATA ends the session, and nothing behind is taken" {
    for command in 'EHLO x' 'HELO x'; do
        play <<END
<~ 220
=> $command
-> MAIL FROM:<eve@example.net>
<~ 554 5.5.1
<\$
END
    done
    play_to rcpt <<'END'
=> DATA
=> Subject: smuggled
=> 
-> .
<~ 554 5.5.1
<$
END
    [ "$(queued)" -eq 0 ]
}

@test "pipelining after VRFY, EXPN and NOOP is refused, and the session goes on" {
    for command in 'VRFY ann' 'EXPN sales' NOOP; do
        play_to hello <<END
=> $command
-> MAIL FROM:<eve@example.net>
<~ 503 5.5.1
<~ 250 2.1.0
-> $command
<~ 25
-> QUIT
<~ 221
END
    done
}

@test "SIZE: announced too large at MAIL, too large while reading, octets to the dot" {
    configure "size_limit = 2000"
    play_to hello <<'END'
-> MAIL FROM:<eve@example.net> SIZE=2001
<~ 552 5.3.4
-> MAIL FROM:<eve@example.net> SIZE=99999999999999999999
<~ 552 5.3.4
-> MAIL FROM:<eve@example.net> SIZE=2000
<~ 250 2.1.0
-> RCPT TO:<ann@example.org>
<~ 250
-> DATA
<~ 354
-> Subject: x
-> 
*> 495 ab\r\n
-> 12
-> .
<~ 250
-> MAIL FROM:<eve@example.net> SIZE=0
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> DATA
<~ 354
-> Subject: x
-> 
*> 495 ab\r\n
-> 12345
-> .
<~ 552 5.3.4
-> MAIL FROM:<eve@example.net> SIZE=
<~ 501 5.5.4
-> MAIL FROM:<eve@example.net> SIZE
<~ 501 5.5.4
-> MAIL FROM:<eve@example.net> SIZE=1x
<~ 501 5.5.4
-> MAIL FROM:<eve@example.net> SIZE=1 SIZE=1
<~ 501 5.5.4
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> BDAT 1500
*> 1500 x
<~ 250
-> BDAT 501
*> 501 x
<~ 552 5.3.4
-> BDAT 0 LAST
<~ 552 5.3.4
-> QUIT
<~ 221
END
    [ "$(queued)" -eq 1 ]
}

@test "SIZE: against the free space that the disk must keep" {
    configure "free_space = 1024G"
    play_to hello <<'END'
-> MAIL FROM:<eve@example.net>
<~ 452 4.3.1
-> QUIT
<~ 221
END
    configure "free_space = 2M"
    play_on_small_disk 8m hello <<'END'
-> MAIL FROM:<eve@example.net> SIZE=7000000
<~ 452 4.3.1
-> MAIL FROM:<eve@example.net> SIZE=5000000
<~ 250
-> RSET
<~ 250
-> QUIT
<~ 221
END
}

@test "a message whose first chunk is refused gets none of the others" {
    configure "free_space = 2M"
    play_on_small_disk 8m rcpt <<'END'
$$ fallocate -l 7M pombo/queue/fill
-> BDAT 3
>> a\r\n
<~ 452 4.3.1
$$ rm pombo/queue/fill
-> BDAT 3
>> b\r\n
<~ 452 4.3.1 the first chunk of this was refused
-> RCPT TO:<bob@example.org>
<~ 503 5.5.1
-> BDAT 3 LAST
>> c\r\n
<~ 452 4.3.1
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> BDAT 3 LAST
>> d\r\n
<~ 250 2.0.0 queued
-> QUIT
<~ 221
END
    [ "$(grep -c . left)" -eq 1 ]
}

@test "free_space holds for a message that was not announced, too" {
    configure "free_space = 4M"
    play_on_small_disk 8m data <<'END'
*> 400000 0123456789012\r\n
-> .
<~ 452 4.3.1
-> QUIT
<~ 221
END
    [ ! -s left ]
}

@test "a disk that fills up while the message comes is 452 4.3.1, and leaves nothing" {
    configure "free_space = 0"
    play_on_small_disk 512k data <<'END'
*> 50000 0123456789012\r\n
-> .
<~ 452 4.3.1
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> BDAT 750000
*> 50000 0123456789012\r\n
<~ 452 4.3.1
-> RSET
<~ 250
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> DATA
<~ 354
-> small
-> .
<~ 250
-> QUIT
<~ 221
END
    [ "$(cat left)" = "new/$(sed -n 's/.* accepted .* id=\([^ ]*\) .*/\1/p' log)" ]
    logged ' queue ip=198.51.100.7 id=[0-9a-z]+ error="No space left on device"'
}

@test "8BITMIME: BODY is kept with the message, and other values are faults" {
    play_to hello <<'END'
-> MAIL FROM:<eve@example.net> BODY=BINARYMIME
<~ 501 5.5.4
-> MAIL FROM:<eve@example.net> BODY
<~ 501 5.5.4
-> MAIL FROM:<eve@example.net> BODY=7BIT
<~ 250
-> RSET
<~ 250
-> MAIL FROM:<eve@example.net> BODY=8BITMIME
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> DATA
<~ 354
-> gr\xc3\xbc\xc3\x9fe
-> .
<~ 250
-> QUIT
<~ 221
END
    in_queue "F 8"
    in_queue "grüße"
}

@test "SMTPUTF8: UTF-8 in addresses with it alone, and well-formed" {
    play_to hello <<'END'
-> MAIL FROM:<j\xc3\xbcrgen@example.net>
<~ 553 5.6.7
-> MAIL FROM:<eve@b\xc3\xbccher.example>
<~ 553 5.6.7
-> MAIL FROM:<j\xfcrgen@example.net> SMTPUTF8
<~ 501 5.1.7
-> MAIL FROM:<a\xc2\x9b31m@example.com> SMTPUTF8
<~ 501 5.1.7
-> MAIL FROM:<eve@example.net> SMTPUTF8=yes
<~ 501 5.5.4
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<info@b\xc3\xbccher.example>
<~ 553 5.6.7
-> RSET
<~ 250
-> MAIL FROM:<j\xc3\xbcrgen@example.net> SMTPUTF8
<~ 250
-> RCPT TO:<info@b\xc3\xbccher.example>
<~ 250
-> DATA
<~ 354
-> Subject: \xc3\xbc
-> .
<~ 250
-> QUIT
<~ 221
END
    in_queue "F u"
    in_queue "S jürgen@example.net"
    in_queue "R . - - - info@bücher.example"
    message | grep -q 'with UTF8SMTP id'
}

@test "DSN: RET, ENVID, NOTIFY and ORCPT are kept with the message" {
    play_to hello <<'END'
-> MAIL FROM:<eve@example.net> RET=FULL ENVID=QQ+2B314159
<~ 250
-> RCPT TO:<ann@example.org> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;Ann+40example.org
<~ 250
-> RCPT TO:<bob@example.org> NOTIFY=NEVER
<~ 250
-> RCPT TO:<sales@example.org> ORCPT=utf-8;sales@example.org
<~ 250
-> BDAT 3 LAST
>> x\r\n
<~ 250
-> QUIT
<~ 221
END
    in_queue "F f"
    in_queue "E QQ+2B314159"
    in_queue "R . sfd - rfc822;Ann+40example.org ann@example.org"
    in_queue "R . n - - bob@example.org"
    in_queue "R . - - utf-8;sales@example.org sales@example.org"
}

@test "DSN: an ORCPT of 500 octets is kept, and in ASCII where it is longer" {
    {
        printf '%s\n' '-> MAIL FROM:<eve@example.net> SMTPUTF8' '<~ 250' \
            "-> RCPT TO:<ann@example.org> ORCPT=rfc822;$(printf '%0493d' 0)" '<~ 250' \
            "-> RCPT TO:<bob@example.org> ORCPT=utf-8;$(printf '\u07ff%.0s' {1..247})" '<~ 250' \
            '-> BDAT 3 LAST' '>> x\r\n' '<~ 250' '-> QUIT' '<~ 221'
    } | play_to hello
    in_queue "R . - - rfc822;$(printf '%0493d' 0) ann@example.org"
    in_queue "R . - - utf-8;$(printf '\\x{7FF}%.0s' {1..247}) bob@example.org"
}

@test "DSN: values that can't be, doubled ones, and those of the other command" {
    configure "error_limit = 1000"
    {
        for parameter in RET=HALF RET ENVID= ENVID=a=b ENVID=a+zz "ENVID=$(printf '%0101d' 0)" \
            "RET=HDRS RET=FULL"; do
            printf '%s\n' "-> MAIL FROM:<eve@example.net> $parameter" '<~ 501 5.5.4'
        done
        for parameter in NOTIFY=NEVER ORCPT=rfc822\;x FROB FROB=1 AUTH='<>'; do
            printf '%s\n' "-> MAIL FROM:<eve@example.net> $parameter" '<~ 555 5.5.4'
        done
        printf '%s\n' '-> MAIL FROM:<eve@example.net>' '<~ 250'
        for parameter in NOTIFY NOTIFY= NOTIFY=NEVER,DELAY NOTIFY=SOMETIMES NOTIFY=SUCCESS,SUCCESS \
            'NOTIFY=DELAY,' ORCPT= ORCPT=x ORCPT=rfc822\; ORCPT=rfc822\;a+0Ab "ORCPT=rfc822;$(printf '%0500d' 0)"; do
            printf '%s\n' "-> RCPT TO:<ann@example.org> $parameter" '<~ 501 5.5.4'
        done
        for parameter in SIZE=1 RET=FULL FROB; do
            printf '%s\n' "-> RCPT TO:<ann@example.org> $parameter" '<~ 555 5.5.4'
        done
        printf '%s\n' '-> QUIT' '<~ 221'
    } | play_to hello
}
