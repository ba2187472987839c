#!/usr/bin/env bats
# TLS in smtpd: STARTTLS, and TLS before the greeting.
load common

setup_smtp() {
    set_up
    open_tls
    serve_smtp
}

# queued: the one message in the queue.
queued() {
    cat pombo/queue/new/*
}

@test "openssl s_client starts TLS, is greeted no second time, and has to say EHLO again" {
    setup_smtp
    slowly 'MAIL FROM:<a@example.net>' 'EHLO client.example.net' 'MAIL FROM:<a@example.net>' QUIT |
        s_client "$SMTP" -starttls smtp -quiet >out
    grep -q '^503 5.5.1 say HELO or EHLO first' out
    grep -q '^250 2.1.0 ' out
    grep -q '^221 2.0.0 ' out
    [ "$(grep -c '^220' out)" -eq 0 ]
}

@test "EHLO offers STARTTLS before it and not inside it, where the command is refused" {
    setup_smtp
    slowly 'EHLO client.example.net' STARTTLS QUIT | s_client "$SMTP" -starttls smtp -quiet >out
    grep -q '^250-PIPELINING' out
    run ! grep -q '^250[- ]STARTTLS' out
    grep -q '^503 5.5.1 TLS is active already' out
    PORT=${SMTP##*:} play <<'DIALOG'
<~ 220
-> EHLO client.example.net
<~ 250-mail(.*\n)*250-STARTTLS\n
-> STARTTLS now
<~ 501 5.5.4
-> QUIT
<~ 221
DIALOG
}

@test "swaks, curl and msmtp send mail through it; Received tells of it" {
    setup_smtp
    swaks -s "$SMTP" -tls --from a@example.net --to ann@example.org --helo swaks.example.net >out
    grep -q 'TLS started with cipher TLSv1.3' out
    queued >message
    grep -q '^	by mail.example.org with ESMTPS$' message
    grep -qE '^	\(TLSv1.3 TLS_[A-Z0-9_]+\) id [a-z2-7]{26}$' message
    logged 'accepted .* tls=TLSv1.3'
    rm pombo/queue/new/*
    printf 'Subject: curl\r\n\r\nhello\r\n' | curl -sS --ssl-reqd -k --mail-from a@example.net \
        --mail-rcpt ann@example.org -T - "smtp://$SMTP/curl.example.net"
    queued | grep -q '^Subject: curl$'
    rm pombo/queue/new/*
    printf 'Subject: msmtp\n\nhello\n' | msmtp --host=127.0.0.1 --port="${SMTP##*:}" --tls=on --tls-certcheck=off \
        --tls-starttls=on --from=a@example.net ann@example.org
    queued | grep -q '^Subject: msmtp$'
    queued | grep -q 'with ESMTPS$'
}

@test "smtpd -t speaks TLS before the greeting, with swaks, curl and msmtp" {
    set_up
    open_tls
    serve_smtp -t
    swaks -s "$SMTP" -tlsc --from a@example.net --to ann@example.org >/dev/null
    printf 'Subject: curl\r\n\r\nhello\r\n' | curl -sS -k --mail-from a@example.net \
        --mail-rcpt ann@example.org -T - "smtps://$SMTP/curl.example.net"
    printf 'Subject: msmtp\n\nhello\n' | msmtp --host=127.0.0.1 --port="${SMTP##*:}" --tls=on --tls-certcheck=off \
        --tls-starttls=off --from=a@example.net ann@example.org
    [ "$(grep -l 'with ESMTPS$' pombo/queue/new/* | wc -l)" -eq 3 ]
    slowly 'EHLO client.example.net' QUIT | s_client "$SMTP" -quiet >out
    grep -q '^220 mail.example.org ESMTP' out
    run ! grep -q STARTTLS out
}

@test "a large message goes through TLS unchanged" {
    setup_smtp
    head -c 3000000 /dev/urandom | base64 -w 76 >body
    { printf 'Subject: large\n\n'; cat body; } >message
    curl -sS --ssl-reqd -k --crlf --mail-from a@example.net --mail-rcpt ann@example.org -T message \
        "smtp://$SMTP/curl.example.net"
    queued | sed '1,/^Subject: large$/d; /^END [0-9a-f]\{16\} [0-9a-f]\{8\}$/d' | tail -n +2 | cmp - body
}

@test "what was sent behind STARTTLS is an error, and never read as a command inside TLS" {
    setup_smtp
    tls_client inject "$SMTP" smtp >out
    [ "$(tr -d '\r' <out)" = "554 5.5.1 you did not wait for the answer" ]
    wait_until 5 no_sessions
    # What comes after the 220 goes to the handshake, which fails.
    tls_client late "$SMTP" smtp >out
    [ "$(tr -d '\r' <out)" = "220 2.0.0 go ahead" ]
    wait_until 5 logged 'smtpd.* failed .*in=tls why='
    tls_logged 'tlsd.* failed .*service=smtp why='
}

@test "without the door EHLO offers no TLS; with a dead one STARTTLS gets 454, until it lives again" {
    set_up
    serve_smtp
    PORT=${SMTP##*:} play <<'DIALOG'
<~ 220
-> EHLO client.example.net
<~ 250-mail
-> STARTTLS
<~ 502 5.5.1
-> QUIT
<~ 221
DIALOG
    printf 'EHLO client.example.net\r\nQUIT\r\n' | smtpd 2>>log | tee out >/dev/null
    run ! grep -q STARTTLS out
    open_tls
    printf 'QUIT\r\n' | s_client "$SMTP" -starttls smtp -quiet >/dev/null
    kill -KILL "$TLSD"
    wait "$TLSD" || true
    PORT=${SMTP##*:} play <<'DIALOG'
<~ 220
-> EHLO client.example.net
<~ 250-mail(.*\n)*250-STARTTLS\n
-> STARTTLS
<~ 454 4.7.0 TLS is not available
-> MAIL FROM:<a@example.net>
<~ 250
-> QUIT
<~ 221
DIALOG
    logged 'failed .*in=tls why='
    open_tls
    printf 'QUIT\r\n' | s_client "$SMTP" -starttls smtp -quiet | grep -q '^221 '
}

@test "a door without certificates, or one that answers nonsense, makes 454" {
    set_up
    rm -r pombo/etc/tls/default
    open_tls
    serve_smtp
    {
        cat <<'DIALOG'
<~ 220
-> EHLO client.example.net
<~ 250-mail
-> STARTTLS
<~ 454 4.7.0
-> QUIT
<~ 221
DIALOG
    } >dialog
    PORT=${SMTP##*:} play <dialog
    tls_logged 'why="there is no certificate"'
    kill "$TLSD"
    wait "$TLSD" || true
    rm -f pombo/run/tls
    listen "unix:$PWD/pombo/run/tls" sh -c 'head -c 8 >/dev/null; printf "\\377nonsense\\n"'
    PORT=${SMTP##*:} play <dialog
    logged 'why="the door talks nonsense"'
}

@test "the setting tls: no offers none, yes offers it whatever there is" {
    set_up tls no
    open_tls
    serve_smtp
    PORT=${SMTP##*:} play <<'DIALOG'
<~ 220
-> EHLO client.example.net
<~ 250-mail(?!(.*\n)*250-STARTTLS)
-> STARTTLS
<~ 502 5.5.1
-> QUIT
<~ 221
DIALOG
    write_tables tls yes
    rm pombo/run/tls
    PORT=${SMTP##*:} play <<'DIALOG'
<~ 220
-> EHLO client.example.net
<~ 250-mail(.*\n)*250-STARTTLS\n
-> STARTTLS
<~ 454 4.7.0
-> QUIT
<~ 221
DIALOG
}

@test "TLS 1.2 and 1.3 alone, and only with ciphers that are good" {
    setup_smtp
    local old
    for old in -tls1 -tls1_1; do
        run s_client "$SMTP" -starttls smtp "$old" -cipher 'ALL:@SECLEVEL=0' </dev/null
        [[ $output == *"alert protocol version"* ]]
    done
    for good in -tls1_2 -tls1_3; do
        printf 'QUIT\r\n' | s_client "$SMTP" -starttls smtp "$good" -quiet | grep -q '^221 '
    done
    local cipher
    for cipher in ECDHE-ECDSA-AES256-SHA AES256-GCM-SHA384 ADH-AES256-GCM-SHA384 ECDHE-ECDSA-AES128-SHA256; do
        run s_client "$SMTP" -starttls smtp -tls1_2 -cipher "$cipher:@SECLEVEL=0" </dev/null
        [[ $output == *"handshake failure"* ]]
    done
    printf 'QUIT\r\n' | s_client "$SMTP" -starttls smtp -tls1_2 >out
    grep -q '^Compression: NONE' out
    # Renegotiation is refused.
    { echo R; sleep 1; } | timeout 20 openssl s_client -connect "$SMTP" -starttls smtp -tls1_2 >out 2>&1 || true
    grep -qi 'no renegotiation' out
}

@test "tls_oldest lets old clients in on port 25, and not on others" {
    set_up tls_oldest 1.0
    make_pair default-rsa rsa mail.example.org
    open_tls
    serve_smtp
    local old
    for old in -tls1 -tls1_1; do
        printf 'QUIT\r\n' | s_client "$SMTP" -starttls smtp "$old" -cipher 'ALL:@SECLEVEL=0' -quiet | grep -q '^221 '
    done
    serve_pop3
    run s_client "$POP3" -starttls pop3 -tls1 -cipher 'ALL:@SECLEVEL=0' </dev/null
    [[ $output == *"alert protocol version"* ]]
}
