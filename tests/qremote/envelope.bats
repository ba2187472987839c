load setup

@test "MAIL, RCPT and DATA leave in one piece where PIPELINING is offered" {
    start_server a EHLO=PIPELINING,DSN,SIZE,ENHANCEDSTATUSCODES
    message m x@far.example y@far.example
    drive "$(hosts a)" job:7:m:0,1 until:2 close
    got "result|7|0|K|2.0.0|a.example|250 2.0.0 taken"
    got "result|7|1|K|2.0.0|a.example|250 2.0.0 taken"
    got "exit|0"
    seen a "1 EHLO mail.example.org"
    seen a "1 MAIL FROM:<ann@example.org> SIZE=24"
    seen a "1 RCPT TO:<y@far.example>"
    seen a "1 +4"
    seen a "1 QUIT"
    printf 'Subject: test\r\n\r\nhello\r\n' | cmp - a/message.1.1
}

@test "without PIPELINING one command is answered before the next" {
    start_server a EHLO=DSN
    message m x@far.example y@far.example
    drive "$(hosts a)" job:1:m:0,1 until:2 close
    got "result|1|1|K|2.0.0|a.example|250 2.0.0 taken"
    saw a 6 "1 +1$" # EHLO MAIL RCPT RCPT DATA QUIT
    saw a 0 "+[2-9]"
}

@test "only the recipients of the job get it" {
    start_server a EHLO=PIPELINING,DSN
    message m a@far.example b@far.example c@far.example
    drive "$(hosts a)" job:1:m:1 until:1 close
    got "result|1|1|K|2.0.0|a.example|250 2.0.0 taken"
    saw a 1 "RCPT"
    seen a "1 RCPT TO:<b@far.example>"
}

@test "a server without EHLO gets HELO and no parameters" {
    start_server a 'EHLO=500 what' EHLO=
    message m -F 8h -e id1 x@far.example=sf
    drive "$(hosts a)" job:1:m:0 until:1 close
    got "result|1|0|R|2.0.0|a.example|250 2.0.0 taken"
    seen a "1 HELO mail.example.org"
    seen a "1 MAIL FROM:<ann@example.org>"
    seen a "1 RCPT TO:<x@far.example>"
}

@test "the null sender and quoted local parts are written as they are" {
    start_server a EHLO=PIPELINING,DSN
    message m -s "" '"a b"@far.example' "x@[192.0.2.7]"
    drive "$(hosts a)" job:1:m:0,1 until:2 close
    seen a "1 MAIL FROM:<>"
    seen a '1 RCPT TO:<"a b"@far.example>'
    seen a '1 RCPT TO:<x@[192.0.2.7]>'
}

@test "each recipient has its own reply" {
    start_server a EHLO=PIPELINING,DSN \
        'RCPT TO:<no=550-5.1.1 no such user\n550-5.1.1 ask\n550 5.1.1 for the list' \
        'MAIL=250-2.1.0 a\n250-2.1.0 b\n250-2.1.0 c\n250 2.1.0 d' \
        'RCPT TO:<late=451 greylisted' 'RCPT TO:<full=452 4.2.2 mailbox is full'
    message m no@far.example yes@far.example late@far.example full@far.example
    drive "$(hosts a)" job:1:m:0,1,2,3 until:4 close
    got "result|1|0|D|5.1.1|a.example|550 5.1.1 no such user ask for the list"
    got "result|1|1|K|2.0.0|a.example|250 2.0.0 taken"
    got "result|1|2|Z|4.3.0|a.example|451 greylisted"
    got "result|1|3|Z|4.2.2|a.example|452 4.2.2 mailbox is full"
    saw a 1 MAIL
}

@test "a refused message is refused for those who were accepted" {
    start_server a EHLO=PIPELINING,DSN "BODY=554 5.7.1 spam" "RCPT TO:<no=550 5.1.1 no"
    message m x@far.example no@far.example
    drive "$(hosts a)" job:1:m:0,1 until:2 close
    got "result|1|0|D|5.7.1|a.example|554 5.7.1 spam"
    got "result|1|1|D|5.1.1|a.example|550 5.1.1 no"
}

@test "a refused sender is refused for all, with and without pipelining" {
    local name
    start_server a EHLO=PIPELINING,DSN "MAIL=451 4.7.1 later" \
        "RCPT=503 5.5.1 MAIL first" "DATA=503 5.5.1 MAIL first"
    start_server b EHLO=DSN "MAIL=451 4.7.1 later"
    message m x@far.example y@far.example
    for name in a b; do
        drive "$(hosts $name)" job:1:m:0,1 until:2 close
        got "result|1|0|Z|4.7.1|$name.example|451 4.7.1 later"
        got "result|1|1|Z|4.7.1|$name.example|451 4.7.1 later"
        saw $name 0 message
    done
    saw b 0 RCPT
}

@test "where nobody is accepted no message is sent" {
    local name
    start_server a EHLO=PIPELINING,DSN "RCPT=550 5.1.1 no"
    start_server b EHLO=DSN "RCPT=550 5.1.1 no"
    message m x@far.example y@far.example
    for name in a b; do
        drive "$(hosts $name)" job:1:m:0,1 until:2 close
        got "result|1|0|D|5.1.1|$name.example|550 5.1.1 no"
        saw $name 0 message
    done
    saw b 0 DATA
}

@test "354 though nobody was accepted gets a lone dot" {
    start_server a EHLO=PIPELINING,DSN "RCPT=550 5.1.1 no" "DATA=354 go on" \
        'BODY=250 2.0.0 taken'
    message m x@far.example
    message n y@far.example
    drive "$(hosts a)" job:1:m:0 until:1 job:2:n:0 until:2 close
    got "result|1|0|D|5.1.1|a.example|550 5.1.1 no"
    got "result|2|0|D|5.1.1|a.example|550 5.1.1 no"
    saw a 2 "1 message 0$"
    seen a "1 RSET"
}

@test "a refused DATA decides for the accepted" {
    start_server a EHLO=PIPELINING,DSN "DATA=451 4.3.1 no room"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 close
    got "result|1|0|Z|4.3.1|a.example|451 4.3.1 no room"
}

@test "DSN parameters go on to a server with DSN" {
    start_server a EHLO=PIPELINING,DSN
    message m -F h -e 'env+2Bid' x@far.example=sfd=rfc822\;orig@example.net \
        y@far.example=n z@far.example
    drive "$(hosts a)" job:1:m:0,1,2 until:3 close
    seen a "1 MAIL FROM:<ann@example.org> RET=HDRS ENVID=env+2Bid"
    seen a "1 RCPT TO:<x@far.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;orig@example.net"
    seen a "1 RCPT TO:<y@far.example> NOTIFY=NEVER"
    seen a "1 RCPT TO:<z@far.example>"
    got "result|1|0|K|2.0.0|a.example|250 2.0.0 taken"
}

@test "a server without DSN gets none of it, and the result says so" {
    start_server a EHLO=PIPELINING,SIZE
    message m -F f -e id x@far.example=s=rfc822\;orig@example.net
    drive "$(hosts a)" job:1:m:0 until:1 close
    seen a "1 MAIL FROM:<ann@example.org> SIZE=24"
    seen a "1 RCPT TO:<x@far.example>"
    got "result|1|0|R|2.0.0|a.example|250 2.0.0 taken"
}

@test "a message over the server's SIZE is refused before MAIL" {
    start_server a "EHLO=PIPELINING,SIZE 1000,DSN"
    head -c 990 /dev/zero | tr '\0' '\n' >body # 990 bytes, but 1980 on the wire
    message m -b body x@far.example
    message n x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 job:2:n:0 until:2 close
    got "result|1|0|D|5.3.4||the message has 1980 octets, the next host takes 1000 at most"
    got "result|2|0|K|2.0.0|a.example|250 2.0.0 taken"
    saw a 1 MAIL
}

@test "8-bit text goes to servers that offer 8BITMIME alone" {
    printf 'Subject: test\n\ncaf\303\251\n' >body
    message eight -b body x@far.example
    message seven -F 8 x@far.example
    start_server a EHLO=PIPELINING,8BITMIME,DSN
    drive "$(hosts a)" job:1:eight:0 until:1 job:2:seven:0 until:2 close
    saw a 2 "MAIL FROM:<ann@example.org> BODY=8BITMIME"
    start_server b EHLO=PIPELINING,DSN
    drive "$(hosts b)" job:1:eight:0 until:1 job:2:seven:0 until:2 close
    got "result|1|0|D|5.6.3||the next host takes no 8-bit text (8BITMIME)"
    got "result|2|0|K|2.0.0|b.example|250 2.0.0 taken"
    seen b "1 MAIL FROM:<ann@example.org>"
}

@test "UTF-8 addresses go to servers that offer SMTPUTF8 alone" {
    message m -F 8u "jürgen@far.example" plain@far.example
    start_server a EHLO=PIPELINING,8BITMIME,SMTPUTF8,DSN
    drive "$(hosts a)" job:1:m:0,1 until:2 close
    seen a "1 MAIL FROM:<ann@example.org> BODY=8BITMIME SMTPUTF8"
    seen a "1 RCPT TO:<jürgen@far.example>"
    start_server b EHLO=PIPELINING,8BITMIME,DSN
    drive "$(hosts b)" job:1:m:0,1 until:2 close
    got "result|1|0|D|5.6.7||the next host takes no UTF-8 addresses (SMTPUTF8)"
    got "result|1|1|K|2.0.0|b.example|250 2.0.0 taken"
    seen b "1 MAIL FROM:<ann@example.org> BODY=8BITMIME"
}

@test "a UTF-8 sender or header section needs SMTPUTF8 for all" {
    printf 'Subject: t\303\251st\n\nhello\n' >body
    message sender -F u -s "jürgen@example.org" x@far.example
    message header -F u -b body x@far.example
    start_server a EHLO=PIPELINING,8BITMIME,DSN
    drive "$(hosts a)" job:1:sender:0 until:1 job:2:header:0 until:2 close
    got "result|1|0|D|5.6.7||the next host takes no UTF-8 addresses (SMTPUTF8)"
    got "result|2|0|D|5.6.7||the next host takes no UTF-8 addresses (SMTPUTF8)"
}

@test "REQUIRETLS is not sent in the clear" {
    start_server a EHLO=PIPELINING,DSN,REQUIRETLS
    message m -F q x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 close
    got "result|1|0|D|5.7.30||the message requires TLS all the way (REQUIRETLS)"
    saw a 0 MAIL
}

@test "what is no address never becomes part of a command" {
    start_server a EHLO=PIPELINING,DSN
    message m "x@far.example> BODY" y@far.example
    message n -s "a@b.example> SIZE" y@far.example
    drive "$(hosts a)" job:1:m:0,1 until:2 job:2:n:0 until:3 close
    got "result|1|0|D|5.1.3||the address is no address"
    got "result|1|1|K|2.0.0|a.example|250 2.0.0 taken"
    got "result|2|0|D|5.1.7||the sender's address is no address"
    saw a 0 BODY
    saw a 1 MAIL
}
