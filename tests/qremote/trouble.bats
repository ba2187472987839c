load setup

@test "death after the message and before its answer is temporary" {
    for how in CLOSE DROP; do
        start_server $how EHLO=PIPELINING,DSN "BODY=$how"
        message m x@far.example y@far.example
        drive "$(hosts $how)" job:1:m:0,1 until:2
        got_like "^result|1|0|Z|4.4.2||$how.example .* after the message, before its answer$"
        got_like "^result|1|1|Z|4.4.2||"
        got "exit|0"
        saw $how 1 connect # it is not tried again here
    done
}

@test "death in the message is temporary" {
    start_server a EHLO=PIPELINING,DSN "BYTES=DROP"
    head -c 3000000 /dev/zero | tr '\0' '\n' >body
    message m -b body x@far.example
    drive "$(hosts a)" job:1:m:0 until:1
    got_like "^result|1|0|Z|4.4.2||a.example .*the message"
    got "exit|0"
}

@test "a refusal in the middle of a message counts, and none of its end is sent" {
    start_server a EHLO=PIPELINING,DSN "1*BYTES=552 5.3.4 too long for me"
    head -c 6000000 /dev/zero | tr '\0' '\n' >body
    message m -b body x@far.example
    drive "$(hosts a)" job:1:m:0 until:1
    got "result|1|0|D|5.3.4|a.example|552 5.3.4 too long for me"
    wait_until 5 seen a "1 end"
    saw a 0 "message"
}

@test "421 ends the session; the job behind is left to qsend" {
    for verb in MAIL RCPT DATA BODY; do
        start_server $verb EHLO=PIPELINING,DSN "$verb=421 4.3.2 going down|CLOSE"
        message m x@far.example y@far.example
        drive "$(hosts $verb)" job:1:m:0,1 job:2:m:0 until:2
        got "result|1|0|Z|4.3.2|$verb.example|421 4.3.2 going down"
        got "result|1|1|Z|4.3.2|$verb.example|421 4.3.2 going down"
        [ "$(grep -c 'result|2' output)" -eq 0 ]
        got "exit|0"
        saw $verb 1 connect
    done
}

@test "recipients refused before the session is lost stay refused" {
    start_server a EHLO=DSN "RCPT TO:<no=550 5.1.1 no" "RCPT TO:<y=CLOSE"
    message m no@far.example y@far.example
    drive "$(hosts a)" job:1:m:0,1 until:2
    got "result|1|0|D|5.1.1|a.example|550 5.1.1 no"
    got "result|1|1|Z|4.4.2||a.example closed the connection before the message was sent"
}

@test "garbage in place of a reply is temporary" {
    local i=0
    for reply in "hello" "99 ok" "650 ok" "250ok" "" "2 5 0" "250-one\\n350 two"; do
        i=$((i + 1))
        start_server g$i EHLO=PIPELINING,DSN "RCPT=$reply"
        [ -n "$reply" ] || { rm -r g$i; start_server g$i EHLO=PIPELINING,DSN 'RCPT=\n'; }
        message m x@far.example
        drive "$(hosts g$i)" job:1:m:0 until:1
        got "result|1|0|Z|4.4.2||g$i.example sent what is no SMTP reply before the message was sent"
        got "exit|0"
    done
}

@test "an answer out of place is no success" {
    start_server a EHLO=PIPELINING,DSN "DATA=250 2.0.0 taken"
    start_server b EHLO=PIPELINING,DSN "RCPT=354 go on"
    start_server c EHLO=PIPELINING,DSN "BODY=354 more"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1
    got "result|1|0|Z|4.4.2||a.example gave a wrong answer before the message was sent"
    drive "$(hosts b)" job:1:m:0 until:1
    got "result|1|0|Z|4.4.2||b.example gave a wrong answer before the message was sent"
    drive "$(hosts c)" job:1:m:0 until:1
    got "result|1|0|Z|4.4.2||c.example gave a wrong answer after the message"
}

@test "huge replies are bounded" {
    start_server a EHLO=PIPELINING,DSN "RCPT=550 5.1.1 $(head -c 3000 /dev/zero | tr '\0' x)" \
        "MAIL=250-$(seq -s '\n250-' 1 150)\\n250 ok"
    start_server b EHLO=PIPELINING,DSN "RCPT=550 $(head -c 50000 /dev/zero | tr '\0' x)"
    start_server c EHLO=PIPELINING,DSN "MAIL=250-$(seq -s '\n250-' 1 1000)\\n250 ok"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 close
    got_like "^result|1|0|D|5.1.1|a.example|550 5.1.1 xxx*$"
    [ "$(grep result output | wc -c)" -lt 600 ]
    drive "$(hosts b)" job:1:m:0 until:1
    got "result|1|0|Z|4.4.2||b.example sent a line too long for SMTP before the message was sent"
    drive "$(hosts c)" job:1:m:0 until:1
    got "result|1|0|Z|4.4.2||c.example sent what is no SMTP reply before the message was sent"
}

@test "control bytes in replies reach nobody" {
    start_server a EHLO=PIPELINING,DSN "RCPT=550 5.1.1 a"$'\e'"[31m"$'\t\r\x7f'"b"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 close
    got "result|1|0|D|5.1.1|a.example|550 5.1.1 a [31m   b"
}

@test "a server that does not answer costs no more than the time-outs" {
    write_settings remote_command_timeout=1 remote_final_timeout=1
    message m x@far.example
    for verb in MAIL DATA BODY; do
        start_server $verb EHLO=PIPELINING,DSN $verb=HANG
        drive "$(hosts $verb)" job:1:m:0 until:1
        got_like "^result|1|0|Z|4.4.2||$verb.example did not answer in time"
    done
}

@test "a server that does not read costs no more than the time-out" {
    write_settings remote_data_timeout=1
    start_server a EHLO=PIPELINING,DSN "BYTES=STOP"
    head -c 6000000 /dev/zero | tr '\0' '\n' >body # 12 MB on the wire
    message m -b body x@far.example
    drive "$(hosts a)" job:1:m:0 until:1
    got "result|1|0|Z|4.4.2||a.example did not answer in time while the message was sent"
}

@test "a damaged message is not sent" {
    start_server a EHLO=PIPELINING,DSN
    message m -d x@far.example
    message n x@far.example
    echo nonsense >o
    drive "$(hosts a)" job:1:m:0 until:1 job:2:o:0 until:2 job:3:n:0,5 until:4 \
        job:4:n:0 until:5 close
    got "result|1|0|C|4.3.0||the message is damaged"
    got "result|2|0|C|4.3.0||the message is damaged"
    got "result|3|0|Z|4.3.0||the queue file lacks a recipient"
    got "result|4|0|K|2.0.0|a.example|250 2.0.0 taken"
    saw a 1 MAIL
}
