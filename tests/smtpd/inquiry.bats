#!/usr/bin/env bats
# VRFY and EXPN, closed and open (RFC 5321 section 3.5).
load common

@test "closed, both say 252 to each name alike, and EHLO does not name them" {
    for command in VRFY EXPN; do
        for name in ann@example.org nobody@example.org sales you@example.com; do
            play_to hello <<END
-> $command $name
<~ 252 2\.[05]\.\d+ 
-> QUIT
<~ 221
END
        done
    done
    play <<'END'
<~ 220
-> EHLO x
<~ (?!.*(VRFY|EXPN))250-mail
-> QUIT
<~ 221
END
}

@test "VRFY opened answers from the tables, EXPN stays closed" {
    configure "vrfy = yes"
    play <<'END'
<~ 220
-> EHLO client.example.net
<~ (?s)250-mail.*\n250-VRFY\n
-> EXPN sales
<~ 252
-> VRFY ann
<~ 250 2.1.5 <ann@example.org>$
-> VRFY <Bob@EXAMPLE.org>
<~ 250 2.1.5 <Bob@example.org>$
-> VRFY sales@example.org
<~ 250 2.1.5 <sales@example.org>$
-> VRFY nobody
<~ 550 5.1.1
-> VRFY you@example.com
<~ 551 5.7.1
-> VRFY not an address
<~ 501 5.1.3
-> VRFY info@b\xc3\xbccher.example
<~ 553 5.6.7
-> VRFY info@b\xc3\xbccher.example SMTPUTF8
<- 250 2.1.5 <info@.*cher.example>
-> QUIT
<~ 221
END
    as_insider
    play_to hello <<'END'
-> VRFY you@example.com
<~ 252 2.1.5
-> QUIT
<~ 221
END
}

@test "EXPN opened lists an alias's targets, VRFY stays closed" {
    configure "expn = yes"
    play <<'END'
<~ 220
-> EHLO client.example.net
<~ (?s)250-mail.*\n250-EXPN\n
-> VRFY nobody
<~ 252
-> EXPN sales
<- 250-2.1.5 <ann@example.org>
<- 250 2.1.5 <far@example.net>
-> EXPN <team@example.org>
<- 250 2.1.5 <ann@example.org>
-> EXPN ann
<- 250 2.1.5 <ann@example.org>
-> EXPN nobody
<~ 550 5.1.1
-> EXPN leute
<~ 553 5.6.7
-> EXPN leute SMTPUTF8
<- 250 2.1.5 <info@bücher.example>
-> QUIT
<~ 221
END
}
