#!/usr/bin/env bats
# Real POP3 clients: curl, fetchmail, mpop, getmail, poplib.
load common

setup_mail() {
    printf 'From: bob@example.org\nSubject: first\nMessage-ID: <1@example.org>\n\n.dot\nlast\n' | put 1
    printf 'From: bob@example.org\nSubject: second\nMessage-ID: <2@example.org>\n\nbody\n' | put 2
    serve_by_door
    export HOME=$PWD/home
    mkdir -p home out/{tmp,new,cur}
}

@test "curl lists, reads and deletes" {
    setup_mail
    run -0 curl -sS --user ann:secret "pop3://127.0.0.1:$PORT/"
    [ "${lines[0]}" = $'1 82\r' ]
    run -0 curl -sS --user ann:secret "pop3://127.0.0.1:$PORT/1"
    [[ $output == *$'Subject: first\r'* && $output == *$'\n.dot\r\nlast'* ]]
    run -0 curl -sS --user ann@example.org:secret --login-options AUTH=PLAIN \
        -X 'UIDL' "pop3://127.0.0.1:$PORT/"
    logged 'method=PLAIN'
    run -0 curl -sS --user ann:secret --sasl-ir --login-options AUTH=PLAIN \
        -X 'TOP 2 0' "pop3://127.0.0.1:$PORT/"
    [[ $output == *'Subject: second'* ]]
    run -0 curl -sS --user ann:secret -I -X DELE "pop3://127.0.0.1:$PORT/1"
    wait_until 5 test "$(messages)" -eq 1
    run -67 curl -sS --user ann:wrong "pop3://127.0.0.1:$PORT/"
}

@test "fetchmail fetches all, and deletes" {
    setup_mail
    cat >home/fetchmailrc <<END
poll 127.0.0.1 service $PORT protocol pop3 auth password
    username ann@example.org password secret sslproto '' fetchall mda "cat >>$PWD/fetched"
END
    chmod 600 home/fetchmailrc
    FETCHMAILHOME=$PWD/home fetchmail --nosyslog --pidfile "$PWD/pid"
    grep -q '^Subject: first' fetched
    grep -q '^\.dot' fetched
    grep -q '^Subject: second' fetched
    [ "$(messages)" -eq 0 ]
    FETCHMAILHOME=$PWD/home run -1 fetchmail --nosyslog --pidfile "$PWD/pid"
}

@test "fetchmail keeps mail and fetches each once" {
    setup_mail
    cat >home/fetchmailrc <<END
poll 127.0.0.1 service $PORT protocol pop3 uidl auth password
    username ann password secret sslproto '' keep mda "cat >>$PWD/fetched"
END
    chmod 600 home/fetchmailrc
    FETCHMAILHOME=$PWD/home fetchmail --nosyslog --pidfile "$PWD/pid" -i "$PWD/ids"
    FETCHMAILHOME=$PWD/home run -1 fetchmail --nosyslog --pidfile "$PWD/pid" -i "$PWD/ids"
    [ "$(grep -c '^Subject: ' fetched)" -eq 2 ]
    [ "$(messages)" -eq 2 ]
}

@test "mpop fetches, pipelined" {
    setup_mail
    for pipelining in on auto off; do
        run -0 mpop --host=127.0.0.1 --port="$PORT" --user=ann --passwordeval='echo secret' \
            --tls=off --auth=plain --pipelining=$pipelining --keep=on --uidls-file="$PWD/uidls.$pipelining" \
            --delivery="maildir,$PWD/out" --received-header=off
    done
    [ "$(grep -rl '^Subject: first' out/new | wc -l)" -eq 3 ]
    [ "$(grep -rl '^Subject: second' out/new | wc -l)" -eq 3 ]
    run -0 mpop --host=127.0.0.1 --port="$PORT" --user=ann --passwordeval='echo secret' \
        --tls=off --auth=user --keep=off --uidls-file="$PWD/uidls" --delivery="maildir,$PWD/out"
    [ "$(messages)" -eq 0 ]
}

@test "getmail fetches" {
    setup_mail
    mkdir -p home/.getmail
    cat >home/.getmail/getmailrc <<END
[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = $PORT
username = ann
password = secret
[destination]
type = Maildir
path = $PWD/out/
user = nobody
[options]
delete = true
verbose = 0
END
    # Deliveries are made as this user, who has to reach the folder.
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$PWD"
    chown -R nobody out
    run -0 getmail --getmaildir "$PWD/home/.getmail"
    [ "$(grep -rl '^Subject: ' out/new | wc -l)" -eq 2 ]
    [ "$(messages)" -eq 0 ]
}
