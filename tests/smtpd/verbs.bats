#!/usr/bin/env bats
# Each verb of RFC 5321 in each stage of a session.
load common

@test "before HELO or EHLO a transaction can't begin, the rest is answered" {
    play <<'END'
<~ 220 mail.example.org ESMTP
-> MAIL FROM:<eve@example.net>
<~ 503 5.5.1
-> RCPT TO:<ann@example.org>
<~ 503 5.5.1
-> DATA
<~ 503 5.5.1
-> BDAT 6 LAST
>> NOOP\r\n
<~ 503 5.5.1
-> RSET
<~ 250 2.0.0
-> NOOP
<~ 250 2.0.0
-> NOOP for no reason
<~ 250 2.0.0
-> VRFY ann
<~ 252 2.\d+.\d+
-> EXPN sales
<~ 252 2.\d+.\d+
-> HELP
<~ 214-2.0.0 .*HELO EHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP
-> HELP MAIL
<~ 214
-> MAIL FROM:<eve@example.net>
<~ 503 5.5.1
-> QUIT
<~ 221 2.0.0
<$
?? 0
END
}

@test "after HELO or EHLO a transaction goes in its order alone" {
    play_to hello <<'END'
-> RCPT TO:<ann@example.org>
<~ 503 5.5.1
-> DATA
<~ 503 5.5.1
-> BDAT 6 LAST
>> NOOP\r\n
<~ 503 5.5.1
-> MAIL FROM:<eve@example.net>
<~ 250 2.1.0
-> MAIL FROM:<eve@example.net>
<~ 503 5.5.1
-> DATA
<~ 503 5.5.1
-> NOOP
<~ 250 2.0.0
-> VRFY ann
<~ 252
-> RCPT TO:<ann@example.org>
<~ 250 2.1.5
-> MAIL FROM:<eve@example.net>
<~ 503 5.5.1
-> HELP
<~ 214
-> DATA
<~ 354 
-> Subject: one
-> 
-> .
<~ 250 2.0.0
-> RCPT TO:<ann@example.org>
<~ 503 5.5.1
-> DATA
<~ 503 5.5.1
-> MAIL FROM:<eve@example.net>
<~ 250 2.1.0
-> QUIT
<~ 221 2.0.0
<$
?? 0
END
    [ "$(queued)" -eq 1 ]
}

@test "RSET, HELO and EHLO drop what has begun" {
    for command in RSET 'HELO again.example' 'EHLO again.example'; do
        play_to rcpt <<END
-> $command
<~ 250
-> RCPT TO:<ann@example.org>
<~ 503 5.5.1
-> DATA
<~ 503 5.5.1
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> BDAT 2
>> x\n
<~ 250
-> $command
<~ 250
-> BDAT 2 LAST
>> x\n
<~ 503
-> QUIT
<~ 221
END
    done
    [ "$(queued)" -eq 0 ]
}

@test "HELO and its transaction are plain SMTP in the Received line" {
    play <<'END'
<~ 220 mail.example.org ESMTP
-> HELO old.example
<- 250 mail.example.org
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> DATA
<~ 354
-> x
-> .
<~ 250
-> QUIT
<~ 221
<$
END
    message | grep -q 'with SMTP id'
}

@test "DATA and BDAT after only refused recipients are 554, and the chunk is no command" {
    play_to mail <<'END'
-> RCPT TO:<nobody@example.org>
<~ 550 5.1.1
-> DATA
<~ 554 5.5.1
-> BDAT 6 LAST
>> QUIT\r\n
<~ 554 5.5.1
-> RCPT TO:<ann@example.org>
<~ 250 2.1.5
-> BDAT 3 LAST
>> x\r\n
<~ 250 2.0.0
-> QUIT
<~ 221
<$
END
    [ "$(queued)" -eq 1 ]
}

@test "verbs, FROM: and TO:, parameters and their words in any case" {
    play <<'END'
<~ 220
-> eHlO x
<~ 250-mail
-> mAiL fRoM:<eve@example.net> bOdY=8bitmime sIzE=100 ReT=hdrs
<~ 250 2.1.0
-> rCpT tO:<ANN@Example.ORG> nOtIfY=sUcCeSs
<~ 250 2.1.5
-> dAtA
<~ 354
-> x
-> .
<~ 250
-> vrfy x
<~ 252
-> rset
<~ 250
-> noop
<~ 250
-> help
<~ 214
-> quit
<~ 221
<$
END
    in_queue "R . s - - ANN@example.org"
    in_queue "F 8h"
}

@test "faults of syntax: unknown verbs, arguments that lack or are too many, blanks" {
    configure "error_limit = 1000"
    play_to hello <<'END'
-> FROB x
<~ 500 5.5.2
-> 
<~ 500 5.5.2
-> MAILFROM:<eve@example.net>
<~ 500 5.5.2
-> TURN
<~ 502 5.5.1
-> ETRN example.org
<~ 502 5.5.1
-> AUTH PLAIN
<~ 502 5.5.1
-> STARTTLS
<~ 502 5.5.1
-> HELO
<~ 501 5.5.4
-> EHLO
<~ 501 5.5.4
-> VRFY
<~ 501 5.5.4
-> EXPN
<~ 501 5.5.4
-> RSET x
<~ 501 5.5.4
-> QUIT now
<~ 501 5.5.4
-> MAIL
<~ 501 5.5.2
-> MAIL FROM
<~ 501 5.5.2
-> MAIL FROM:eve@example.net
<~ 501 5.5.2
-> MAIL TO:<eve@example.net>
<~ 501 5.5.2
-> MAIL FROM:<eve@example.net
<~ 501 5.1.7
-> MAIL FROM:<eve@example.net>SIZE=1
<~ 501 5.1.7
-> MAIL   FROM:  <eve@example.net>   
<~ 250 2.1.0
-> RCPT FROM:<ann@example.org>
<~ 501 5.5.2
-> RCPT TO:<>
<~ 501 5.1.3
-> RCPT TO:<ann>
<~ 501 5.1.3
-> RCPT TO:<ann@@example.org>
<~ 501 5.1.3
-> RCPT TO:  <ann@example.org>   
<~ 250 2.1.5
-> DATA now
<~ 501 5.5.4
-> QUIT   
<~ 221
<$
END
}

@test "control bytes, NUL, bare CR and bare LF in command lines are refused" {
    play_to hello <<'END'
>> NOOP\x00\r\n
<~ 500 5.5.2
>> NOOP \x07\r\n
<~ 500 5.5.2
>> NOOP\rx\r\n
<~ 500 5.5.2
>> NOOP\nMAIL FROM:<eve@example.net>\r\n
<~ 500 5.5.2
-> RCPT TO:<ann@example.org>
<~ 503 5.5.1
-> QUIT
<~ 221
<$
END
}

@test "a command line that is too long is one fault, and the session goes on" {
    play_to hello <<'END'
*> 3000 NOOP
-> 
<~ 500 5.5.2
*> 2100 x
-> 
<~ 500 5.5.2
-> MAIL FROM:<eve@example.net>
<~ 250
-> QUIT
<~ 221
<$
END
}

@test "a client that goes away in the middle leaves nothing" {
    for stage in hello mail rcpt; do
        play_to $stage <<<'||
<$
?? 0'
    done
    play_to data <<'END'
-> Subject: half
||
<$
?? 0
END
    play_to rcpt <<'END'
-> BDAT 100 LAST
>> half\r\n
||
<$
?? 0
END
    [ "$(queued)" -eq 0 ]
    logged ' lost ip=198.51.100.7 helo=client.example.net .*in=BDAT why=closed'
}
