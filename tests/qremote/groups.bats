load setup

# recipients COUNT: addresses rN@far.example
recipients() {
    seq -f 'r%g@far.example' 0 $(($1 - 1))
}

indexes() {
    seq -s, 0 $(($1 - 1))
}

@test "100 recipients go in one transaction where the server names no limit" {
    start_server a EHLO=PIPELINING,DSN
    # shellcheck disable=SC2046 # words are wanted
    message m $(recipients 250)
    drive "$(hosts a)" "job:1:m:$(indexes 250)" until:250 close
    [ "$(grep -c '^result|1|[0-9]*|K' output)" -eq 250 ]
    saw a 3 MAIL
    saw a 250 RCPT
    saw a 2 "+102" # each in one piece
    saw a 1 "+52"
    saw a 0 RSET
}

@test "RCPTMAX sets how many, fewer or more" {
    start_server a "EHLO=PIPELINING,DSN,LIMITS RCPTMAX=3"
    start_server b "EHLO=PIPELINING,DSN,LIMITS RCPTMAX=1000 MAILMAX=500"
    # shellcheck disable=SC2046 # words are wanted
    message m $(recipients 300)
    drive "$(hosts a)" job:1:m:0,1,2,3,4,5,6 until:7 close
    got "session|3|0|no|"
    saw a 3 MAIL
    drive "$(hosts b)" "job:1:m:$(indexes 300)" until:300 close
    got "session|1000|500|no|"
    [ "$(grep -c '^result|1|[0-9]*|K' output)" -eq 300 ]
    saw b 1 MAIL
    saw b 300 RCPT
    saw b 1 "message"
}

@test "RCPTDOMAINMAX keeps domains apart" {
    start_server a "EHLO=PIPELINING,DSN,LIMITS RCPTDOMAINMAX=1"
    message m a@one.example b@two.example c@one.example d@three.example e@two.example
    drive "$(hosts a)" job:1:m:0,1,2,3,4 until:5 close
    [ "$(grep -c '^result|1|.|K' output)" -eq 5 ]
    saw a 3 MAIL
    [ "$(grep -o 'MAIL\|RCPT TO:<.' a/seen | tr '\n' ' ')" = \
        "MAIL RCPT TO:<a RCPT TO:<c MAIL RCPT TO:<b RCPT TO:<e MAIL RCPT TO:<d " ]
}

@test "MAILMAX opens another session for the rest" {
    start_server a "EHLO=PIPELINING,DSN,LIMITS MAILMAX=2 RCPTMAX=1"
    message m a@far.example b@far.example c@far.example
    message n d@far.example
    drive "$(hosts a)" job:1:m:0,1,2 job:2:n:0 until:4 close
    [ "$(grep -c '^result|.|.|K' output)" -eq 4 ]
    saw a 2 connect
    saw a 2 "1 MAIL"
    saw a 2 "2 MAIL"
    seen a "1 QUIT"
}

@test "too many recipients: the rest goes into the next transaction" {
    for reply in "452 too many recipients" "452 4.5.3 enough" "552 enough"; do
        rm -rf a
        start_server a EHLO=PIPELINING,DSN "2*RCPT=250 ok" \
            "3*RCPT=$reply" "DATA=354 go"
        # shellcheck disable=SC2046 # words are wanted
    message m $(recipients 5)
        drive "$(hosts a)" job:1:m:0,1,2,3,4 until:5 close
        [ "$(grep -c '^result|1|.|K' output)" -eq 5 ]
        saw a 2 MAIL
        saw a 8 RCPT
    done
}

@test "too many though nobody was accepted is the recipient's result" {
    start_server a EHLO=PIPELINING,DSN "RCPT=452 4.5.3 too many"
    # shellcheck disable=SC2046 # words are wanted
    message m $(recipients 3)
    drive "$(hosts a)" job:1:m:0,1,2 until:3 close
    got "result|1|0|Z|4.5.3|a.example|452 4.5.3 too many"
    got "result|1|2|Z|4.5.3|a.example|452 4.5.3 too many"
    saw a 1 MAIL
}

@test "a full mailbox is no full transaction" {
    start_server a EHLO=PIPELINING,DSN "RCPT TO:<r1=552 5.2.2 mailbox is full" \
        "RCPT TO:<r2=452 4.2.2 mailbox is full"
    # shellcheck disable=SC2046 # words are wanted
    message m $(recipients 3)
    drive "$(hosts a)" job:1:m:0,1,2 until:3 close
    got "result|1|0|K|2.0.0|a.example|250 2.0.0 taken"
    got "result|1|1|D|5.2.2|a.example|552 5.2.2 mailbox is full"
    got "result|1|2|Z|4.2.2|a.example|452 4.2.2 mailbox is full"
    saw a 1 MAIL
}

@test "552 without more speaks of the mailbox at RCPT, of the message elsewhere" {
    start_server a EHLO=PIPELINING,DSN "RCPT TO:<r0=552 it is full" "BODY=552 too long"
    # shellcheck disable=SC2046 # words are wanted
    message m $(recipients 2)
    drive "$(hosts a)" job:1:m:0,1 until:2 close
    got "result|1|0|D|5.2.2|a.example|552 it is full"
    got "result|1|1|D|5.3.4|a.example|552 too long"
}

@test "results of earlier transactions come even if a later one is lost" {
    start_server a "EHLO=PIPELINING,DSN,LIMITS RCPTMAX=1" "1*BODY=250 2.0.0 taken" \
        "BODY=CLOSE"
    # shellcheck disable=SC2046 # words are wanted
    message m $(recipients 3)
    drive "$(hosts a)" job:1:m:0,1,2 until:3
    got "result|1|0|K|2.0.0|a.example|250 2.0.0 taken"
    got "result|1|1|Z|4.4.2||a.example closed the connection after the message, before its answer"
    got_like "^result|1|2|Z|4.4.2||"
}
