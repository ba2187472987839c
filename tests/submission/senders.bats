#!/usr/bin/env bats
# Who may send as whom: the envelope's sender at MAIL, the header's at the message's end.
load common

@test "MAIL needs a log-in, from this machine and from relay networks too" {
    for ip in 127.0.0.1 192.0.2.9; do
        configure "relay_networks = 127.0.0.0/8 192.0.2.0/24" "auth_plaintext = yes"
        TCPREMOTEIP=$ip RELAYCLIENT='' submit <<'END'
-> MAIL FROM:<ann@example.org>
<~ 530 5.7.0
-> MAIL FROM:<>
<~ 530 5.7.0
-> RCPT TO:<bob@example.org>
<~ 503 5.5.1
END
    done
}

@test "a user sends as the own address, with an extension, and as the aliases that lead to it" {
    submit_as ann@example.org <<'END'
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<Ann+lists@EXAMPLE.org>
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<sales@example.org>
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<team+x@example.org>
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<info@bücher.example> SMTPUTF8
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<leute@example.org>
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<>
<~ 250 2.1.0
END
}

@test "and as nobody else" {
    submit_as bob@example.org <<'END'
-> MAIL FROM:<ann@example.org>
<~ 553 5.7.1 bob@example.org may not
-> MAIL FROM:<sales@example.org>
<~ 553 5.7.1
-> MAIL FROM:<nobody@example.org>
<~ 553 5.7.1
-> MAIL FROM:<bob@example.net>
<~ 553 5.7.1
-> MAIL FROM:<bob>
<~ 501 5.1.7
-> MAIL FROM:<bobby@example.org>
<~ 553 5.7.1
-> MAIL FROM:<bob@example.org>
<~ 250 2.1.0
END
    logged ' refused .*user=bob@example.org command=MAIL address=ann@example.org code=553 status=5.7.1'
}

@test "the table senders allows more: addresses, domains, all" {
    rows senders "bob@example.org  Office@example.net, @example.com"
    configure
    submit_as bob@example.org <<'END'
-> MAIL FROM:<office@example.net>
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<anyone@Example.COM>
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<other@example.net>
<~ 553 5.7.1
-> MAIL FROM:<x@sub.example.com>
<~ 553 5.7.1
-> MAIL FROM:<ann@example.org>
<~ 553 5.7.1
END
    rows senders "bob@example.org *"
    configure
    submit_as bob@example.org <<'END'
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
END
}

@test "a catch-all makes its target the owner of what no other row takes" {
    rows aliases "@example.org bob@example.org"
    configure
    submit_as bob@example.org <<'END'
-> MAIL FROM:<anything@example.org>
<~ 250 2.1.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<ann@example.org>
<~ 553 5.7.1
END
}

@test "who has logged in relays, and is told of unknown recipients here" {
    submit_as ann@example.org <<'END'
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> RCPT TO:<far@far.example>
<~ 250 2.1.5
-> RCPT TO:<nobody@example.org>
<~ 550 5.1.1
END
}

@test "the access table holds for them as well" {
    rows access "from:ann@example.org refuse not today" "to:@far.example refuse"
    configure
    submit_as ann@example.org <<'END'
-> MAIL FROM:<ann@example.org>
<~ 550 5.7.1 not today
END
    submit_as bob@example.org <<'END'
-> MAIL FROM:<bob@example.org>
<~ 250 2.1.0
-> RCPT TO:<far@far.example>
<~ 550 5.7.1
END
}

# header USER REPLY LINE...: a message of USER with these lines of a header gets REPLY.
header() {
    local user=$1 reply=$2 line
    shift 2
    {
        for line; do printf -- '-> %s\n' "$line"; done
        printf '%s\n' '-> ' '-> body' '-> .' "<~ $reply"
    } | submit_as "$user@example.org" data
}

@test "From names the user, in any way that RFC 5322 knows" {
    local from
    for from in 'From: ann@example.org' 'From: Ann Smith <ann@example.org>' \
        'FROM : "Smith, Ann" <Ann+x@example.org>' 'From: (me) ann@example.org (myself)' \
        'From: =?utf-8?Q?=C3=84nn?= <sales@example.org>' 'From: ann@example.org, team@example.org' \
        'From: "bob@example.org" <ann@example.org>' 'From: ann@example.org <ann@example.org>' \
        'From: Us: ann@example.org, <sales@example.org>;' 'From: "[Ann]" (x]) <ann@example.org> (\\@)' \
        'From: <@far.example , @near.example:ann@example.org>'; do
        header ann '250 2.0.0 queued' "$from"
    done
    header ann '250 2.0.0 queued' 'From: Ann' ' <ann' ' @example.org>'
}

@test "From, Sender and their Resent- forms name nobody else" {
    local lines
    while IFS='|' read -ra lines; do
        header ann '550 5.7.1' "${lines[@]}" || {
            printf '%s\n' "${lines[@]}"
            return 1
        }
    done <<'END'
From: bob@example.org
From:|	bob@example.org
From: Ann <bob@example.org>
From: ann@example.org, bob@example.org
From: bob@example.org, ann@example.org
From: ann@example.org|From: bob@example.org
From: bob@example.org|From: ann@example.org
From: ann@example.org|From: ann@example.org
From: ann@example.org|Sender: bob@example.org
from :  bob@example.org
From: ann@example.org|Resent-From: bob@example.org
From: ann@example.org|Resent-Sender: bob@example.org
From: bob@example.org|Resent-From: ann@example.org
From: bob@example.org|Sender: ann@example.org
From: <bob@example.org> <ann@example.org>
From: <ann@example.org> <bob@example.org>
From: bob@example.org <ann@example.org>
From: <ann@example.org> bob@example.org
From: bob@example.org: ann@example.org;
From: ann@example.org|Sender: Us: bob@example.org;
From:|Subject: x
From: Ann Smith
From: ann
From: <>
From: "ann@example.org
From: ann@example.org (no end, bob@example.org
From: ann@example.org,, bob@example.net
From: @example.net:bob@example.org
From: <@example.org:bob@example.org>
From: ann@example.org|Sender:
X: y| z|From: bob@example.org
From: ann@example.org|X: y|From : bob@example.org
From: [ <bob@example.org> ] <ann@example.org>
From: [x, bob@example.org, y] <ann@example.org>
From: <ann@example.org> [, bob@example.org
From: ann@example.org, [ bob@example.org ] ann@example.org
From: ann@[x, bob@example.org] <ann@example.org>
From: <ann@example.org> (x, bob@example.org
From: Ann) <ann@example.org>
From: Ann\\" <ann@example.org>, "
From: "Ann <ann@example.org>
From: <ann@example.org> Bob
From: <ann@example.org
From: <@example.net,bob@example.org:ann@example.org>
From: <@bob@example.org:ann@example.org>
From: <a nn@example.org>
From: Bob: Us: ann@example.org;
From: ann@example.org|Sender: [bob@example.org] <ann@example.org>
END
    [ "$(queued)" -eq 0 ]
    logged ' refused .*user=ann@example.org command=DATA code=550 status=5.7.1'
}

@test "From names fifty at most, since each may be an alias of many" {
    local many
    many=$(printf 'ann@example.org,|%.0s' $(seq 48))
    IFS='|' read -ra many <<<"$many"
    header ann '250 2.0.0 queued' 'From:' "${many[@]/#/ }" ' ann@example.org' 'Sender: ann@example.org'
    header ann '550 5.7.1 the header names too many senders' 'From:' "${many[@]/#/ }" ' ann@example.org' \
        'Sender: ann@example.org' 'Resent-From: ann@example.org'
}

@test "a From behind the header's end is body" {
    header ann '250 2.0.0 queued' 'From: ann@example.org' 'no field at all' 'From: bob@example.org'
    body | sed -n '/^$/,$p' | diff - <(printf '%s\n' '' 'no field at all' 'From: bob@example.org' '' body)
}

@test "a From that comes in pieces, or in chunks, is seen whole" {
    submit_as ann@example.org rcpt <<'END'
-> BDAT 9
>> From: bob
<~ 250 2.0.0
-> BDAT 14
>> @example.org\r\n
<~ 250 2.0.0
-> BDAT 8 LAST
>> \r\nbody\r\n
<~ 550 5.7.1
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> RCPT TO:<bob@example.org>
<~ 250 2.1.5
-> BDAT 24 LAST
>> From: bob@example.org\r\nX
<~ 550 5.7.1
END
    [ "$(queued)" -eq 0 ]
}

@test "a header that does not end is refused at its limit, and nothing of it kept" {
    {
        printf '%s\n' '-> From: ann@example.org' '>> X: '
        for _ in $(seq 300); do
            printf '%s\n' '*> 998 x' '-> ' '>>  '
        done
        printf '%s\n' '-> ' '-> .' '<~ 552 5.3.4' '-> NOOP' '<~ 250 2.0.0'
    } | submit_as ann@example.org data
    [ "$(queued)" -eq 0 ]
}

@test "bare newlines smuggle no From" {
    submit_as ann@example.org data <<'END'
>> From: ann@example.org\r\nX: y\nFrom: bob@example.org\r\n\r\n.\r\n
<~ 550 5.6.0
END
    configure "bare_newlines = repair"
    submit_as ann@example.org data <<'END'
>> From: ann@example.org\r\nX: y\nFrom: bob@example.org\r\n\r\n.\r\n
<~ 550 5.7.1
END
    submit_as ann@example.org data <<'END'
>> From: ann@example.org\r\nX: y\rFrom: bob@example.org\r\n\r\n.\r\n
<~ 250 2.0.0
END
    body | grep -qx 'X: y From: bob@example.org'
}

@test "a user who is removed while logged in sends as nobody" {
    {
        echo "-> AUTH PLAIN $(b64 '\0bob@example.org\0secret')"
        echo '<~ 235 2.7.0'
        sleep 1
        echo '-> MAIL FROM:<bob@example.org>'
        echo '<~ 250 2.1.0'
    } | submit # tables are those of the session's begin
    rows users "ann@example.org example.org/ann"
    rows passwords "ann@example.org $HASH"
    rows aliases
    configure
    submit <<END
-> AUTH PLAIN $(b64 '\0bob@example.org\0secret')
<~ 535 5.7.8
END
}
