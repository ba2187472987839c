load setup

@test "one message: MAIL, RCPT and DATA in one piece where PIPELINING is offered" {
    start_server a EHLO=PIPELINING,DSN,SIZE,ENHANCEDSTATUSCODES
    message m x@far.example y@far.example
    drive "$(hosts a)" job:7:m:0,1 until:2 close
    got "result|7|0|K|2.0.0|a.example|250 2.0.0 taken"
    got "result|7|1|K|2.0.0|a.example|250 2.0.0 taken"
    got "exit|0"
    seen a "1 EHLO mail.example.org"
    seen a "1 MAIL FROM:<ann@example.org> SIZE=24"
    seen a "1 +4"
    seen a "1 QUIT"
    printf 'Subject: test\r\n\r\nhello\r\n' | cmp - a/message.1.1
}
