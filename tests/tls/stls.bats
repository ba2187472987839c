#!/usr/bin/env bats
# TLS in popup: STLS, TLS before the greeting, and passwords that are not taken without.
load common

setup_pop3() {
    set_up
    open_tls
    serve_pop3
    put_some 2
}

@test "openssl s_client starts TLS and logs in; there is no second greeting" {
    setup_pop3
    printf '%s\r\n' CAPA 'USER ann' 'PASS secret' STAT QUIT | s_client "$POP3" -starttls pop3 -quiet >out
    run ! grep -q 'POP3 ready' out
    run ! grep -q '^STLS' out
    grep -q '^SASL PLAIN' out
    grep -q '^+OK 2 ' out
    grep -q '+OK bye' out
    logged 'pop3d.* ip=127.0.0.1'
}

@test "CAPA has STLS before TLS; STLS takes no argument, and works once" {
    setup_pop3
    PORT=${POP3##*:} play <<'DIALOG'
<- [+]OK.*
-> CAPA
<- [+]OK.*
<- TOP
<- UIDL
<- RESP-CODES
<- AUTH-RESP-CODE
<- PIPELINING
<- UTF8
<- EXPIRE NEVER
<- IMPLEMENTATION pombo
<- USER
<- SASL PLAIN
<- STLS
<- [.]
-> STLS now
<- -ERR wrong arguments
-> QUIT
<- [+]OK.*
DIALOG
    printf '%s\r\n' STLS QUIT | s_client "$POP3" -starttls pop3 -quiet >out
    grep -q -e '-ERR TLS is active already' out
    grep -q '+OK bye' out
}

@test "a user named before TLS is forgotten" {
    setup_pop3
    tls_client user_before "$POP3" ann >out
    grep -q '^-ERR USER comes first' out
}

@test "fetchmail, mpop and curl read mail over STLS" {
    setup_pop3
    local port=${POP3##*:}
    cat >fetchmailrc <<EOF
poll 127.0.0.1 protocol pop3 service $port user ann password secret sslproto "TLS1.2+" no sslcertck keep
    mda "cat >>$PWD/fetched"
EOF
    chmod 600 fetchmailrc
    FETCHMAILHOME=$PWD fetchmail -f fetchmailrc --fetchall >fetchmail.log 2>&1
    [ "$(grep -c '^Subject: number' fetched)" -eq 2 ]
    grep -q 'with POP3' fetched
    tls_logged 'tls ip=127.0.0.1 service=pop3 protocol=TLSv1.3'
    curl -sS -k --ssl-reqd --user ann:secret "pop3://$POP3/1" | grep -q '^Subject: number 1'
    mkdir -p box/{tmp,new,cur}
    echo secret | mpop --host=127.0.0.1 --port="$port" --user=ann --passwordeval='echo secret' --auth=user \
        --tls=on --tls-starttls=on --tls-certcheck=off --keep=on --uidls-file=uids --delivery="maildir,$PWD/box" >/dev/null
    [ "$(find box/new -type f | wc -l)" -eq 2 ]
}

@test "popup -t: TLS before the greeting, with curl, mpop and fetchmail" {
    set_up
    open_tls
    serve_pop3 -t
    put_some 2
    local port=${POP3##*:}
    curl -sS -k --user ann:secret "pop3s://$POP3/2" | grep -q '^Subject: number 2'
    mkdir -p box/{tmp,new,cur}
    mpop --host=127.0.0.1 --port="$port" --user=ann --passwordeval='echo secret' --auth=user \
        --tls=on --tls-starttls=off --tls-certcheck=off --keep=on --uidls-file=uids --delivery="maildir,$PWD/box" >/dev/null
    [ "$(find box/new -type f | wc -l)" -eq 2 ]
    cat >fetchmailrc <<EOF
poll 127.0.0.1 protocol pop3 service $port user ann password secret ssl no sslcertck
    mda "cat >>$PWD/fetched"
EOF
    chmod 600 fetchmailrc
    FETCHMAILHOME=$PWD fetchmail -f fetchmailrc --fetchall >fetchmail.log 2>&1
    [ "$(grep -c '^Subject: number' fetched)" -eq 2 ]
    [ "$(messages)" -eq 0 ]
}

@test "without the door there is no STLS; with a dead one it is not available, and plaintext goes on" {
    set_up
    serve_pop3
    PORT=${POP3##*:} play <<'DIALOG'
<- [+]OK.*
-> STLS
<- -ERR no such command in this state
-> QUIT
<- [+]OK.*
DIALOG
    open_tls
    kill -KILL "$TLSD"
    wait "$TLSD" || true
    PORT=${POP3##*:} play <<'DIALOG'
<- [+]OK.*
-> STLS
<- -ERR \[SYS/TEMP\] TLS is not available
-> USER ann
<- [+]OK.*
-> PASS secret
<- [+]OK.*
-> QUIT
<- [+]OK.*
DIALOG
    open_tls
    printf 'QUIT\r\n' | s_client "$POP3" -starttls pop3 -quiet | grep -q '+OK bye'
}

@test "what was sent behind STLS is an error, and never read as a command inside TLS" {
    setup_pop3
    tls_client inject "$POP3" pop3 >out
    [ "$(tr -d '\r' <out)" = "-ERR you did not wait for the answer" ]
    wait_until 5 no_sessions
    tls_client late "$POP3" pop3 >out
    [ "$(tr -d '\r' <out)" = "+OK go ahead" ]
    wait_until 5 logged 'popup.* failed in=tls .*why='
}

@test "from another machine no password is taken without TLS" {
    setup_pop3
    export TCPREMOTEIP=192.0.2.7
    python3 "$POMBO_ROOT/tests/play.py" popup 2>>log <<'DIALOG'
<- [+]OK.*
-> CAPA
<- [+]OK.*
<- TOP
<- UIDL
<- RESP-CODES
<- AUTH-RESP-CODE
<- PIPELINING
<- UTF8
<- EXPIRE NEVER
<- IMPLEMENTATION pombo
<- STLS
<- [.]
-> USER ann
<- -ERR start TLS first, with STLS
-> PASS secret
<- -ERR USER comes first
-> AUTH PLAIN
<- -ERR start TLS first, with STLS
-> AUTH PLAIN AGFubgBzZWNyZXQ=
<- -ERR start TLS first, with STLS
-> AUTH
<- -ERR start TLS first, with STLS
-> QUIT
<- [+]OK.*
DIALOG
    run ! grep -q 'door\|denied' log
    # The setting takes them all the same, as does a launcher that has started TLS.
    write_tables pop3_plaintext 1
    python3 "$POMBO_ROOT/tests/play.py" popup 2>>log <<'DIALOG'
<- [+]OK.*
-> USER ann
<- [+]OK.*
-> PASS secret
<- [+]OK.*
-> QUIT
<- [+]OK.*
DIALOG
    write_tables
    TLS_PROTOCOL=TLSv1.3 TLS_CIPHER=TLS_AES_256_GCM_SHA384 TLS_BITS=256 \
        python3 "$POMBO_ROOT/tests/play.py" popup 2>>log <<'DIALOG'
<- [+]OK.*
-> STLS
<- -ERR TLS is active already
-> USER ann
<- [+]OK.*
-> PASS secret
<- [+]OK.*
-> QUIT
<- [+]OK.*
DIALOG
}

@test "a chain with another checkpassword program gets the plaintext side" {
    set_up
    open_tls
    put_some 1
    listen 127.0.0.1:0 popup -t mail.example.org checkpw pop3d
    printf '%s\r\n' 'USER ann' 'PASS secret' 'RETR 1' QUIT | s_client "$LISTENS" -quiet >out
    grep -q '^Subject: number 1' out
    grep -q '+OK bye' out
}

@test "in a chain wrong passwords are counted inside TLS too, under a starter that tells no address" {
    set_up auth_failures 2
    open_tls
    listen 127.0.0.1:0 env -u TCPREMOTEIP -u REMOTE_ADDR popup -t mail.example.org checkpw pop3d
    printf '%s\r\n' 'USER ann' 'PASS wrong' 'USER ann' 'PASS wrong' 'USER ann' 'PASS secret' |
        s_client "$LISTENS" -quiet >out
    grep -q '^-ERR \[SYS/TEMP\]' out
    logged ' cut-off ip=127.0.0.1 failures=2 '
}

@test "a chain where the client is descriptor 2, as with inetd, lets no log line into the session" {
    set_up
    open_tls
    put_some 2
    listen 127.0.0.1:0 sh -c 'exec "$@" 2>&1' sh popup pop.example.org checkpw pop3d
    printf '%s\r\n' 'USER ann' 'PASS wrong' 'USER ann' 'PASS secret' STAT QUIT |
        s_client "$LISTENS" -starttls pop3 -quiet >out
    grep -q -e '-ERR \[AUTH\]' out
    grep -q '^+OK 2 ' out
    grep -q '+OK bye' out
}
