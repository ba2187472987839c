#!/usr/bin/env bats
# Who may relay, and table access.
load common

# tries WORD REPLY: what RCPT for another host's address is answered.
tries() {
    play_to hello <<END
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<you@example.com>
<~ $1
-> QUIT
<~ 221
END
}

@test "loopback may relay by default, others not; RELAYCLIENT lets its client" {
    tries '550 5.7.1'
    TCPREMOTEIP=127.9.9.9 tries '250 2.1.5'
    TCPREMOTEIP=::1 tries '250 2.1.5'
    TCPREMOTEIP=::ffff:127.0.0.1 tries '250 2.1.5'
    TCPREMOTEIP=::2 tries '550 5.7.1'
    RELAYCLIENT='' tries '250 2.1.5'
    env -u TCPREMOTEIP REMOTE_ADDR=127.0.0.1 true
    (unset TCPREMOTEIP; REMOTE_ADDR=127.0.0.1 tries '250 2.1.5')
    (unset TCPREMOTEIP; tries '550 5.7.1')
}

@test "relay_networks names who may relay, and loopback no more" {
    configure "relay_networks = 198.51.100.0/28, 2001:db8:1::/48"
    tries '250 2.1.5'
    TCPREMOTEIP=198.51.100.16 tries '550 5.7.1'
    TCPREMOTEIP=2001:db8:1:2::3 tries '250 2.1.5'
    TCPREMOTEIP=2001:db8:2::3 tries '550 5.7.1'
    TCPREMOTEIP=127.0.0.1 tries '550 5.7.1'
}

@test "relay_networks takes IPv4 networks written as IPv6" {
    configure "relay_networks = ::ffff:198.51.100.0/124, ::ffff:203.0.113.9"
    tries '250 2.1.5'
    TCPREMOTEIP=::ffff:198.51.100.7 tries '250 2.1.5'
    TCPREMOTEIP=198.51.100.16 tries '550 5.7.1'
    TCPREMOTEIP=203.0.113.9 tries '250 2.1.5'
    TCPREMOTEIP=203.0.113.8 tries '550 5.7.1'
}

@test "access by network: the longest prefix decides; relay, ok, refuse, defer" {
    rows access "net:198.51.100.0/24 refuse" "net:198.51.100.0/28 relay" "net:198.51.100.7 ok" \
        "net:203.0.113.0/24 refuse we know you" "net:203.0.113.9 defer come back later" \
        "net:2001:db8::/32 relay" "net:2001:db8:bad::/48 defer"
    configure
    tries '550 5.7.1'
    TCPREMOTEIP=198.51.100.8 tries '250 2.1.5'
    TCPREMOTEIP=2001:db8::1 tries '250 2.1.5'
    TCPREMOTEIP=198.51.100.16 play <<'END'
<~ 554 5.7.1 refused
-> EHLO x
<~ 503 5.7.1
-> MAIL FROM:<eve@example.net>
<~ 503 5.7.1
-> QUIT
<~ 221 2.0.0
<$
?? 0
END
    logged 'refused ip=198.51.100.16 .*code=554'
    TCPREMOTEIP=203.0.113.1 play <<'END'
<~ 554 5.7.1 we know you
-> QUIT
<~ 221
END
    TCPREMOTEIP=203.0.113.9 play <<'END'
<~ 421 4.7.1 come back later
<$
?? 0
END
    TCPREMOTEIP=2001:db8:bad::1 play <<'END'
<~ 421 4.7.1 try again later
<$
END
}

@test "access by sender and by recipient: the address before its domain" {
    rows access "from:@spam.example refuse" "from:good@spam.example ok" "from:slow@example.net defer wait" \
        "to:@example.org defer all of it" "to:ann@example.org ok" "to:bob@example.org refuse on holiday"
    configure
    play_to hello <<'END'
-> MAIL FROM:<any@SPAM.example>
<~ 550 5.7.1 refused
-> MAIL FROM:<slow@example.net>
<~ 450 4.7.1 wait
-> MAIL FROM:<>
<~ 250
-> RSET
<~ 250
-> MAIL FROM:<good@spam.example>
<~ 250
-> RCPT TO:<bob@example.org>
<~ 550 5.7.1 on holiday
-> RCPT TO:<sales@example.org>
<~ 450 4.7.1 all of it
-> RCPT TO:<ann@example.org>
<~ 250
-> RCPT TO:<you@example.com>
<~ 550 5.7.1
-> QUIT
<~ 221
END
}

@test "rows for an address literal hold however the address is written" {
    rows access "to:@[IPv6:2001:db8::1] refuse" "to:@[192.0.2.9] refuse" "to:@[IPv6:2001:0DB8:0::2] refuse" \
        "from:eve@[IPv6:::FFFF:192.0.2.9] refuse"
    rows domains "example.org local" "[IPv6:2001:DB8:0:0::3] local"
    rows users "ann@example.org example.org/ann" "ann@[IPv6:2001:DB8:0::3] example.org/ann"
    rows aliases "info@[IPv6:2001:DB8:0::3] ann@example.org"
    configure
    as_insider
    {
        printf '%s\n' '-> MAIL FROM:<eve@[192.0.2.9]>' '<~ 550 5.7.1' \
            '-> MAIL FROM:<eve@[IPv6:::ffff:c000:209]>' '<~ 550 5.7.1' '-> MAIL FROM:<>' '<~ 250'
        for literal in IPv6:2001:db8::1 IPv6:2001:DB8:0:0::1 ipv6:2001:0db8:0:0:0:0:0:1 192.0.2.9 \
            IPv6:::ffff:192.0.2.9 IPv6:::FFFF:C000:209 IPv6:2001:db8::2; do
            printf '%s\n' "-> RCPT TO:<a@[$literal]>" '<~ 550 5.7.1 refused'
        done
        printf '%s\n' '-> RCPT TO:<nobody@[IPv6:2001:db8::3]>' '<~ 550 5.1.1' \
            '-> RCPT TO:<ann@[IPv6:2001:db8:0::3]>' '<~ 250' '-> RCPT TO:<info@[IPv6:2001:db8::3]>' '<~ 250' \
            '-> RCPT TO:<a@[IPv6:2001:db8::4]>' '<~ 250' '-> QUIT' '<~ 221'
    } | play_to hello
}

@test "ok for a sender or recipient opens no relay and makes no user" {
    rows access "from:eve@example.net ok" "to:you@example.com ok" "to:nobody@example.org ok"
    configure
    tries '550 5.7.1'
    play_to mail <<'END'
-> RCPT TO:<nobody@example.org>
<~ 550 5.1.1
-> QUIT
<~ 221
END
}

@test "a network's row holds even where relay_networks has the client" {
    rows access "net:127.0.0.3 refuse" "net:127.0.0.4 ok"
    configure
    TCPREMOTEIP=127.0.0.3 play <<'END'
<~ 554 5.7.1
-> QUIT
<~ 221
END
    TCPREMOTEIP=127.0.0.4 tries '250 2.1.5'
}
