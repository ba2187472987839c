#!/usr/bin/env bats
# DATA and BDAT: what ends a message, what it may hold, what becomes of it.
load common

@test "dots are unstuffed, the line ends become LF, and the message is whole" {
    play_to data <<'END'
-> Subject: dots
-> 
-> ..
-> ..two
-> a.
-> .x
-> . 
-> end
-> .
<~ 250 2.0.0 queued as [0-9a-z]{26}$
-> QUIT
<~ 221
END
    body >got
    printf 'Subject: dots\n\n.\n.two\na.\nx\n \nend\n' | diff - got
}

@test "the Received line of RFC 5321 with the id of the reply and of the log" {
    play_to data <<'END' >reply
-> Subject: x
-> 
-> .
<~ 250
-> QUIT
<~ 221
END
    local id
    id=$(ls pombo/queue/new)
    message | sed '1,/^$/d' | head -n 4 >received
    date='[A-Z][a-z]{2}, [ 0-9]?[0-9] [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} [-+][0-9]{4}'
    tr '\n' '~' <received | grep -qE "^Received: from client\.example\.net \(\[198\.51\.100\.7\]\)~	by mail\.example\.org with ESMTP id $id~	for <ann@example\.org>;~	$date~$" || { cat received; false; }
    logged "accepted ip=198.51.100.7 helo=client.example.net id=$id from=eve@example.net size=14 recipients=1 to=ann@example.org proto=esmtp"
    in_queue "B smtp 198.51.100.7"
}

@test "Received tells no recipient where there are several, and literals of IPv6" {
    TCPREMOTEIP=2001:db8::7 play_to rcpt <<'END'
-> RCPT TO:<bob@example.org>
<~ 250
-> DATA
<~ 354
-> .
<~ 250
-> QUIT
<~ 221
END
    message | grep -qF 'from client.example.net ([IPv6:2001:db8::7])'
    run ! grep -q 'for <' <(message)
}

@test "a hostile name in EHLO can't break Received, queue file or log" {
    play <<'END'
<~ 220
-> EHLO a(b)c;\\"d<e>=x  y z
<~ 250-mail
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
END
    message | grep -qF 'Received: from a?b?c???d?e??x ([198.51.100.7])'
    logged 'accepted ip=198.51.100.7 helo=\S+ id='
}

@test "each id of a refused recipient is the message's" {
    play_to mail <<'END'
-> RCPT TO:<nobody@example.org>
<~ 550 5.1.1
-> RCPT TO:<ann@example.org>
<~ 250
-> DATA
<~ 354
-> x
-> .
<~ 250
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<nobody@example.org>
<~ 550 5.1.1
-> RSET
<~ 250
-> FROB
<~ 500
-> QUIT
<~ 221
END
    local id
    id=$(ls pombo/queue/new)
    logged "refused ip=\S+ helo=\S+ id=$id command=RCPT from=eve@example.net address=nobody@example.org code=550"
    [ "$(grep -c 'refused .* id=' log)" -eq 2 ]
    [ "$(grep -c "id=$id" log)" -eq 2 ]
    logged 'refused ip=\S+ helo=\S+ command=command code=500'
}

# refused BYTES CODE: a message whose body holds BYTES.
refused() {
    play_to data <<END
>> Subject: x\r\n\r\nhello$1world\r\n.\r\n
<~ $2
-> NOOP
<~ 250
-> QUIT
<~ 221
<\$
END
    play_to rcpt <<END
-> BDAT $((19 + $(printf %b "$1" | wc -c))) LAST
>> Subject: x\r\n\r\nhello$1
<~ $2
-> QUIT
<~ 221
<\$
END
    [ "$(queued)" -eq 0 ]
}

@test "bare LF, bare CR and NUL refuse the message in DATA and BDAT" {
    refused '\n' '550 5.6.0 .*LF'
    refused '\r' '550 5.6.0 .*CR'
    refused '\r\r\n' '550 5.6.0 .*CR'
    refused '\x00' '550 5.6.0 .*NUL'
    refused '\n.\n' '550 5.6.0 .*LF'
    refused '\n.\r\n' '550 5.6.0 .*LF'
    refused '\r\n.\n' '550 5.6.0 .*LF'
    refused '\r.\r' '550 5.6.0 .*CR'
    refused '\r\n\x00.\r\n' '550 5.6.0 .*NUL'
    as_insider
    refused '\n' '550 5.6.0 .*LF'
}

@test "bare_newlines = repair mends what insiders send, and refuses outsiders" {
    configure "bare_newlines = repair"
    refused '\n' '550 5.6.0'
    as_insider
    play_to data <<'END'
>> Subject: x\r\n\r\none\ntwo\rthree\r\r\nfour\x00five\n.\nsix\n.\r\n..\r\n.\r\n
<~ 250 2.0.0
-> QUIT
<~ 221
<$
END
    body >got
    printf 'Subject: x\n\none\ntwo three\nfourfive\n.\nsix\n.\n.\n' | diff - got
}

@test "line_limit: a line may have so many octets with its CRLF" {
    configure "line_limit = 1000"
    play_to data <<'END'
*> 998 x
-> 
*> 999 y
-> 
-> .
<~ 550 5.6.0 .*line
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> DATA
<~ 354
*> 998 x
-> 
-> .
<~ 250
-> QUIT
<~ 221
END
    [ "$(body | wc -c)" -eq 999 ]
}

@test "hops_limit: more Received lines than that are a loop" {
    configure "hops_limit = 2"
    play_to data <<'END'
-> received: one
-> Received-SPF: not this
-> Received x: nor this
-> X: Received:
-> Received: two
-> 
-> Received: in the body
-> .
<~ 250
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> DATA
<~ 354
-> Received: one
-> RECEIVED 	: two
-> Received: three
-> 
-> .
<~ 554 5.4.6
-> QUIT
<~ 221
END
    [ "$(queued)" -eq 1 ]
    configure
    play_to data <<'END'
*> 100 Received: x\r\n
-> .
<~ 250
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> DATA
<~ 354
*> 101 Received: x\r\n
-> .
<~ 554 5.4.6
-> QUIT
<~ 221
END
}

@test "CHUNKING: chunks at any place, last or empty last, and pipelined" {
    play_to rcpt <<'END'
-> BDAT 5
>> a\r\n.\r
<~ 250 2.0.0 5 octets
=> BDAT 4
>> \n..b
=> BDAT 3
>> \r\nc
-> BDAT 0 LAST
<~ 250 2.0.0
<~ 250 2.0.0
<~ 250 2.0.0 queued
-> RCPT TO:<ann@example.org>
<~ 503
-> MAIL FROM:<eve@example.net> BODY=8BITMIME
<~ 250
-> RCPT TO:<ann@example.org>
<~ 250
-> BDAT 6 last
>> \xc3\xbcb\r\n\r
<~ 550 5.6.0
-> QUIT
<~ 221
<$
END
    body >got
    printf 'a\n.\n..b\nc\n' | diff - got
}

@test "CHUNKING: DATA and RCPT can't be mixed with chunks; a new MAIL needs RSET" {
    play_to rcpt <<'END'
-> BDAT 3
>> a\r\n
<~ 250
-> DATA
<~ 503 5.5.1
-> RCPT TO:<bob@example.org>
<~ 503 5.5.1
-> MAIL FROM:<eve@example.net>
<~ 503 5.5.1
-> BDAT 3 LAST
>> b\r\n
<~ 250
-> QUIT
<~ 221
END
    [ "$(body)" = $'a\nb' ]
}

@test "CHUNKING: a size that can't be understood ends the session" {
    for size in x '' -1 '5 FIRST' 99999999999999999999 '1 LAST x' '6\x01'; do
        play_to rcpt <<END
-> BDAT $size
<~ 501 5.5.4
<\$
END
    done
    [ "$(queued)" -eq 0 ]
}

@test "what follows the final dot in the same write is commands again" {
    play_to data <<'END'
=> x
=> .
=> MAIL FROM:<eve@example.net>
=> RCPT TO:<ann@example.org>
-> QUIT
<~ 250 2.0.0
<~ 250 2.1.0
<~ 250 2.1.5
<~ 221
<$
END
    [ "$(queued)" -eq 1 ]
}
