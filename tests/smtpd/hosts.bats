#!/usr/bin/env bats
# Table access by the name of the client, which is believed where it leads back.
# shellcheck disable=SC2154 # dns_server is set by start_dns
load common
load ../dns

teardown() {
    stop_dns
}

# zone NAME: records on standard input.
zone() {
    { printf '$ORIGIN %s.\n$TTL 3600\n@ SOA ns.example.com. root 1 3600 600 86400 60\n@ NS ns.example.com.\n' "$1"
        cat; } >"$1.zone"
}

# tries ADDRESS REPLY: what RCPT for another host's address is answered.
tries() {
    TCPREMOTEIP=$1 play_to mail <<END
-> RCPT TO:<you@example.com>
<~ $2
-> QUIT
<~ 221
END
}

@test "rows of a host and of all below a domain; forged names; a name server that is down" {
    zone 100.51.198.in-addr.arpa <<'END'
1 PTR Mail.Friend.example.
2 PTR a.b.friend.example.
3 PTR mail.friend.example.
4 PTR friend.example.
5 PTR no.such.example.
5 PTR forged.friend.example.
5 PTR mail.enemy.example.
6 PTR x.enemy.example.
END
    zone friend.example <<'END'
@ A 198.51.100.4
mail A 198.51.100.1
mail AAAA 2001:db8::1
a.b A 203.0.113.1
a.b A 198.51.100.2
END
    zone enemy.example <<'END'
mail A 198.51.100.5
END
    zone 8.b.d.0.1.0.0.2.ip6.arpa <<'END'
1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR mail.friend.example.
END
    start_dns dns 100.51.198.in-addr.arpa.zone friend.example.zone enemy.example.zone 8.b.d.0.1.0.0.2.ip6.arpa.zone
    rows access "host:mail.friend.example relay" "host:.b.friend.example relay" \
        "host:.enemy.example refuse" "net:198.51.100.6 ok"
    configure "dns_server = $dns_server"
    tries 198.51.100.1 '250 2.1.5'
    message_host='mail.friend.example'
    tries 198.51.100.2 '250 2.1.5'
    tries 198.51.100.3 '550 5.7.1' # the name leads to another address
    tries 198.51.100.4 '550 5.7.1' # a name above the row's
    tries 198.51.100.6 '550 5.7.1' # a network's row settles it
    tries 198.51.100.9 '550 5.7.1' # no name
    tries 2001:db8::1 '250 2.1.5'
    TCPREMOTEIP=198.51.100.5 play <<'END'
<~ 554 5.7.1
-> QUIT
<~ 221
END
    TCPREMOTEIP=198.51.100.1 play_to rcpt <<'END'
-> BDAT 3 LAST
>> x\r\n
<~ 250
-> QUIT
<~ 221
END
    message | grep -qF "Received: from client.example.net ($message_host [198.51.100.1])"
    stop_dns
    tries 198.51.100.1 '451 4.4.3'
    TCPREMOTEIP=198.51.100.1 play_to rcpt <<<'-> QUIT
<~ 221'
}
