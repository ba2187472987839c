#!/usr/bin/env bats
# What is done to the header of a submitted message, and what its envelope says.
load common

# submitted LINE...: submits a message of these lines as ann@example.org.
submitted() {
    local line
    {
        for line; do printf -- '-> %s\n' "$line"; done
        printf '%s\n' '-> .' '<~ 250 2.0.0 queued'
    } | submit_as ann@example.org data
}
id() {
    basename pombo/queue/new/*
}

@test "Date, Message-ID and From are added where they lack" {
    submitted 'Subject: none of them' '' body
    body >got
    [ "$(sed -n 1p got)" = 'Subject: none of them' ]
    [ "$(sed -n 2p got)" = 'From: ann@example.org' ]
    sed -n 3p got | grep -qE '^Date: [A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4}$'
    [ "$(sed -n 4p got)" = "Message-ID: <$(id)@mail.example.org>" ]
    sed -n '5,$p' got | diff - <(printf '%s\n' '' body)
}

@test "those that are there stay as they are" {
    submitted 'message-id: <own@example.net>' 'FROM: Ann <ann@example.org>' 'date: yesterday' '' body
    body | diff - <(printf '%s\n' 'message-id: <own@example.net>' 'FROM: Ann <ann@example.org>' \
        'date: yesterday' '' body)
}

@test "with a null sender From is the user's address" {
    submit_as ann@example.org <<'END'
-> MAIL FROM:<>
<~ 250 2.1.0
-> RCPT TO:<bob@example.org>
<~ 250 2.1.5
-> DATA
<~ 354 
-> Subject: x
-> 
-> .
<~ 250 2.0.0 queued
END
    body | grep -qx 'From: ann@example.org'
    in_queue 'S '
}

@test "Bcc, Resent-Bcc and Return-Path do not go out" {
    submitted 'From: ann@example.org' 'Bcc: secret@far.example,' ' hidden@far.example' 'To: bob@example.org' \
        'bcc : other@far.example' 'Resent-Bcc: more@far.example' 'Return-Path: <x@far.example>' \
        'Date: now' 'Message-ID: <1@x>' '' 'Bcc: in the body'
    body | diff - <(printf '%s\n' 'From: ann@example.org' 'To: bob@example.org' 'Date: now' \
        'Message-ID: <1@x>' '' 'Bcc: in the body')
}

@test "messages without an empty line, a header or anything get a header" {
    local line
    for line in 'Subject: no end' 'no header at all'; do
        submitted "$line"
        body | grep -qx 'From: ann@example.org'
        body | grep -qx "$line"
        [ "$(body | grep -c '^$')" -eq 1 ]
        rm pombo/queue/new/*
    done
    submitted
    body | grep -q '^Date: '
    rm pombo/queue/new/*
    submitted '' '' two
    [ "$(body | tail -n 3)" = $'\n\ntwo' ] || [ "$(body | tail -n 2)" = $'\ntwo' ]
    body | sed '1,/^$/d' | diff - <(printf '%s\n' '' two)
}

@test "Received says ESMTPA, and from where" {
    submitted 'Subject: x' ''
    message | grep -qx 'Received: from client.example.net (\[127.0.0.1\])'
    message | grep -qE '^	by mail.example.org with ESMTPA id [a-z2-7]{26}$'
    message | grep -qx '	for <far@far.example>;'
    in_queue 'B smtp 127.0.0.1 user ann@example.org'
    rm pombo/queue/new/*
    submit_as ann@example.org <<'END'
-> MAIL FROM:<ann@example.org> SMTPUTF8
<~ 250 2.1.0
-> RCPT TO:<far@far.example>
<~ 250 2.1.5
-> DATA
<~ 354 
-> .
<~ 250 2.0.0 queued
END
    message | grep -q '^	by mail.example.org with UTF8SMTPA id '
}

@test "Received says ESMTPA where HELO comes behind the log-in" {
    submit_as ann@example.org <<'END'
-> HELO client.example.net
<~ 250 
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> RCPT TO:<far@far.example>
<~ 250 2.1.5
-> DATA
<~ 354 
-> .
<~ 250 2.0.0 queued
END
    message | grep -q '^	by mail.example.org with ESMTPA id '
}

@test "From with a blank before its colon keeps its name" {
    submitted 'From : Ann A <ann@example.org>' 'Subject: x' ''
    message | grep -qx 'From : Ann A <ann@example.org>'
    [ "$(message | grep -ci '^from')" -eq 1 ]
}

@test "submission_hide_client keeps the client's name and address out of the message" {
    configure "submission_hide_client = yes" "auth_plaintext = yes"
    TCPREMOTEIP=198.51.100.7 submitted 'Subject: x' ''
    message | grep -qE '^Received: by mail.example.org with ESMTPA id [a-z2-7]{26}$'
    message | sed '1,/^$/d' >text
    run ! grep -qE '198\.51\.100\.7|client\.example\.net' text
    logged ' accepted ip=198.51.100.7 helo=client.example.net user=ann@example.org id='
    # Those who have not logged in are not hidden: the service for all the world.
    rm pombo/queue/new/*
    TCPREMOTEIP=198.51.100.7 play_to data <<'END'
-> .
<~ 250 2.0.0
END
    message | grep -q '^Received: from client.example.net (\[198.51.100.7\])'
}

@test "dots, long lines and large bodies pass as they are" {
    {
        printf '%s\n' '-> From: ann@example.org' '-> ' '-> ..not: a field' '-> ...' '*> 60000 x' '-> '
        printf '%s\n' '-> .' '<~ 250 2.0.0 queued'
    } | submit_as ann@example.org data
    body | sed '1,/^$/d' | diff - <(printf '%s\n' .not:\ a\ field .. "$(printf '%060000d' 0 | tr 0 x)")
}

@test "the service for all the world changes no header" {
    as_insider
    play_to data <<'END'
-> Bcc: x@far.example
-> 
-> .
<~ 250 2.0.0
END
    body | diff - <(printf '%s\n' 'Bcc: x@far.example' '')
}

@test "size_limit holds for what the user sends" {
    configure "size_limit = 2000"
    {
        printf '%s\n' '-> From: ann@example.org' '-> ' '*> 2000 x' '-> ' '-> .' '<~ 552 5.3.4'
    } | submit_as ann@example.org data
    [ "$(queued)" -eq 0 ]
}
