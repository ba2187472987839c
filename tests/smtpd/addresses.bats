#!/usr/bin/env bats
# Forward-path and reverse-path (RFC 5321 sections 4.1.2 and 4.5.1).
load common

@test "source routes are parsed and dropped" {
    play_to hello <<'END'
-> MAIL FROM:<@a.example,@b.example:eve@example.net>
<~ 250 2.1.0
-> RCPT TO:<@c.example:ann@example.org>
<~ 250 2.1.5
-> RCPT TO:<@c.example,@:ann@example.org>
<~ 501 5.1.3
-> BDAT 3 LAST
>> x\r\n
<~ 250
-> QUIT
<~ 221
END
    in_queue "S eve@example.net"
    in_queue "R . - - - ann@example.org"
}

@test "quoted local parts are kept where they have to be, and plain where not" {
    rows users "ann@example.org example.org/ann" '"two words"@example.org example.org/two'
    configure
    play_to hello <<'END'
-> MAIL FROM:<"odd @ \\"sender\\""@example.net>
<~ 250 2.1.0
-> RCPT TO:<"ann"@example.org>
<~ 250 2.1.5
-> RCPT TO:<"two words"@example.org>
<~ 250 2.1.5
-> RCPT TO:<"three words"@example.org>
<~ 550 5.1.1
-> RCPT TO:<two words@example.org>
<~ 501 5.1.3
-> RCPT TO:<"open@example.org>
<~ 501 5.1.3
-> BDAT 3 LAST
>> x\r\n
<~ 250
-> QUIT
<~ 221
END
    in_queue 'S "odd @ \"sender\""@example.net'
    in_queue "R . - - - ann@example.org"
    in_queue 'R . - - - "two words"@example.org'
}

@test "literals: the server's own address is the default domain, others' are remote" {
    play_to mail <<'END'
-> RCPT TO:<ann@[192.0.2.25]>
<~ 250 2.1.5
-> RCPT TO:<nobody@[192.0.2.25]>
<~ 550 5.1.1
-> RCPT TO:<ann@[192.0.2.26]>
<~ 550 5.7.1
-> RCPT TO:<ann@[IPv6:2001:db8::25]>
<~ 550 5.7.1
-> RCPT TO:<ann@[192.0.2.256]>
<~ 501 5.1.3
-> RCPT TO:<ann@[2001:db8::25]>
<~ 501 5.1.3
-> RCPT TO:<ann@[IPv6:2001:db8::25:g]>
<~ 501 5.1.3
-> RCPT TO:<ann@192.0.2.25>
<~ 550 5.7.1
-> QUIT
<~ 221
END
    TCPLOCALIP=2001:db8::25 play_to mail <<'END'
-> RCPT TO:<ann@[IPv6:2001:DB8:0::25]>
<~ 250 2.1.5
-> BDAT 3 LAST
>> x\r\n
<~ 250
-> QUIT
<~ 221
END
    in_queue "R . - - - ann@example.org"
    as_insider
    play_to hello <<'END'
-> MAIL FROM:<eve@[198.51.100.9]>
<~ 250 2.1.0
-> RCPT TO:<ann@[198.51.100.8]>
<~ 250 2.1.5
-> RCPT TO:<ann@[IPv6:2001:db8::8]>
<~ 250 2.1.5
-> QUIT
<~ 221
END
}

@test "the null reverse-path, and <postmaster> without a domain in any case" {
    play_to hello <<'END'
-> MAIL FROM:<>
<~ 250 2.1.0
-> RCPT TO:<PostMaster>
<~ 550 5.1.1
-> QUIT
<~ 221
END
    rows aliases "postmaster@example.org ann@example.org"
    configure
    play_to hello <<'END'
-> MAIL FROM:<>
<~ 250 2.1.0
-> RCPT TO:<PostMaster>
<~ 250 2.1.5
-> RCPT TO:<postmaster@example.org>
<~ 250 2.1.5
-> DATA
<~ 354
-> x
-> .
<~ 250
-> QUIT
<~ 221
END
    in_queue "S "
    message | grep -qix "R . - - - postmaster\(@example.org\)\?"
    rm pombo/queue/new/*
    rows aliases
    configure "postmaster = bob@example.org"
    play_to mail <<'END'
-> RCPT TO:<Postmaster>
<~ 250 2.1.5
-> RCPT TO:<postmaster@bücher.example>
<~ 553 5.6.7
-> QUIT
<~ 221
END
}

@test "the limits of RFC 5321 section 4.5.3.1: 64 octets of local part, 255 of domain" {
    local long63 domain
    long63=$(printf '%063d' 0)
    domain=$long63.$long63.$long63
    as_insider
    play_to mail <<END
-> RCPT TO:<a$long63@example.net>
<~ 250 2.1.5
-> RCPT TO:<ab$long63@example.net>
<~ 501 5.1.3 .*long
-> RCPT TO:<a@$domain.example>
<~ 250 2.1.5
-> RCPT TO:<a@$domain.$long63.example>
<~ 501 5.1.3 .*long
-> RCPT TO:<a@x$long63.example>
<~ 501 5.1.3
-> QUIT
<~ 221
END
}

@test "unknown recipients are refused at RCPT, with those that are known kept" {
    play_to mail <<'END'
-> RCPT TO:<nobody@example.org>
<~ 550 5.1.1
-> RCPT TO:<ann@example.org>
<~ 250 2.1.5
-> RCPT TO:<nobody+ann@example.org>
<~ 550 5.1.1
-> RCPT TO:<ann+lists@example.org>
<~ 250 2.1.5
-> RCPT TO:<ANN@EXAMPLE.ORG>
<~ 250 2.1.5
-> RCPT TO:<sales@example.org>
<~ 250 2.1.5
-> BDAT 3 LAST
>> x\r\n
<~ 250
-> QUIT
<~ 221
END
    [ "$(message | grep -c '^R ')" -eq 4 ]
    logged 'refused ip=198.51.100.7 .*command=RCPT .*from=eve@example.net address=nobody@example.org code=550 status=5.1.1'
    rows aliases "@example.org ann@example.org"
    configure
    play_to mail <<'END'
-> RCPT TO:<nobody@example.org>
<~ 250 2.1.5
-> QUIT
<~ 221
END
}

@test "extension_separator: another byte, or none" {
    configure "extension_separator = -"
    play_to mail <<'END'
-> RCPT TO:<ann-lists@example.org>
<~ 250 2.1.5
-> RCPT TO:<ann+lists@example.org>
<~ 550 5.1.1
-> QUIT
<~ 221
END
    configure "extension_separator ="
    play_to mail <<'END'
-> RCPT TO:<ann-lists@example.org>
<~ 550 5.1.1
-> RCPT TO:<ann+lists@example.org>
<~ 550 5.1.1
-> RCPT TO:<ann@example.org>
<~ 250 2.1.5
-> QUIT
<~ 221
END
}
