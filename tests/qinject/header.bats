#!/usr/bin/env bats
# What is added to the header, and that nothing else is touched.
load common

@test "From, Date and Message-ID are added where they lack" {
    printf 'Subject: bare\n\nhello\n' | qinject -F 'Ann Smith' -f ann@pombo.test bob@pombo.test
    name=$(ls pombo/queue/new)
    [ "$(field from)" = 'Ann Smith <ann@pombo.test>' ]
    [ "$(field message-id)" = "<$name@mail.pombo.test>" ]
    [[ "$(field date)" =~ ^(Mon|Tue|Wed|Thu|Fri|Sat|Sun),\ [0-9]{2}\ [A-Z][a-z]{2}\ 20[0-9]{2}\ [0-9:]{8}\ \+0000$ ]]
    [ "$(body)" = hello ]
}

@test "what is there stays, in its order, and once" {
    printf 'message-ID : <x@y>\nfrom: a\ndate: b\nX-Odd:\n\n' >in
    qinject -F Other ann@pombo.test <in
    diff <(message | sed 1,2d) in
}

@test "the first line is Received, with the uid, the id and the date" {
    qinject ann@pombo.test <<<$'Received: by other\n\nx'
    name=$(ls pombo/queue/new)
    [ "$(message | sed -n 1p)" = "Received: by mail.pombo.test (pombo, uid 0) id $name;" ]
    message | sed -n 2p | grep -qE '^	[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} \+0000$'
    [ "$(message | sed -n 3p)" = 'Received: by other' ]
    [ "$(envelope B)" = 'B uid 0' ]
}

@test "more Received lines than hops_limit are a loop" {
    settings 'host_name = mail.pombo.test' 'hops_limit = 2'
    run -69 qinject ann@pombo.test <<<$'Received: a\n b\nRECEIVED : c\nreceived: d\n\nx'
    [ "$output" = 'qinject: too many Received lines: a mail loop' ]
    [ "$(queued)" = 0 ]
    qinject ann@pombo.test <<<$'Received: a\n b\nReceived-SPF: x\nReceived: c\n\nReceived: x'
    [ "$(queued)" = 1 ]
    rm -f pombo/etc/* # the default holds
    { printf 'Received: x\n%.0s' {1..101}; echo; } >in
    run -69 qinject ann@pombo.test <in
    sed 1d in | qinject ann@pombo.test
    [ "$(queued)" = 2 ]
}

@test "the sender is the caller, or what -f or -r says" {
    qinject ann@pombo.test <<<x
    [ "$(envelope S)" = 'S root@pombo.test' ]
    [[ "$(field from)" == *'root@pombo.test'* ]]
    for flags in '-f me@far.example' '-fme@far.example' '-r me@far.example' '-f <me@far.example>'; do
        rm pombo/queue/new/*
        # shellcheck disable=SC2086
        qinject $flags ann@pombo.test <<<x
        [ "$(envelope S)" = 'S me@far.example' ]
    done
    rm pombo/queue/new/*
    qinject -f 'Me Too <me@far.example>' ann@pombo.test <<<x
    [ "$(envelope S)" = 'S me@far.example' ]
}

@test "the null sender" {
    for null in '' '<>'; do
        rm -f pombo/queue/new/*
        qinject -f "$null" ann@pombo.test <<<x
        [ "$(envelope S)" = 'S ' ]
        [[ "$(field from)" == *'root@pombo.test'* ]]
    done
}

@test "LOGNAME of another user is not believed" {
    LOGNAME=nobody USER=nobody qinject ann@pombo.test <<<x
    [ "$(envelope S)" = 'S root@pombo.test' ]
}

@test "names are quoted or encoded as they need" {
    while IFS='|' read -r name phrase; do
        rm -f pombo/queue/new/*
        qinject -F "$name" -f a@b.example ann@pombo.test <<<x
        [ "$(field from)" = "$phrase <a@b.example>" ]
    done <<'END'
Ann O'Neil|Ann O'Neil
John Q. Public|"John Q. Public"
Smith, Ann|"Smith, Ann"
Ann "A" \ Smith|"Ann \"A\" \\ Smith"
Jürgen Müller|=?utf-8?B?SsO8cmdlbiBNw7xsbGVy?=
END
    rm -f pombo/queue/new/*
    qinject -F '' -f a@b.example ann@pombo.test <<<x
    [ "$(field from)" = a@b.example ]
}

@test "a long name becomes several encoded words, cut between characters" {
    name=$(printf 'ü%.0s' {1..60})
    qinject -F "$name" -f a@b.example ann@pombo.test <<<x
    [ "$(message | awk '{ if (length($0) > max) max = length($0) } END { print max }')" -le 78 ]
    NAME=$name FROM=$(field from) python3 -c '
import os
from email.header import decode_header, make_header
assert str(make_header(decode_header(os.environ["FROM"]))).replace(" ", "") == os.environ["NAME"] + "<a@b.example>"'
}

@test "a name can't add a field" {
    qinject -F $'Ann\nBcc: evil@far.example' -f a@b.example ann@pombo.test <<<x
    header_lacks '^bcc'
    [ "$(message | sed '/^$/q' | grep -c '^From: =?utf-8?B?')" = 1 ]
}

@test "input with CRLF gives the same as with LF" {
    printf 'Subject: s\nTo: ann@pombo.test,\n bob@pombo.test\n\nline\n\nlast\n' >lf
    sed 's/$/\r/' lf >crlf
    qinject -t <lf
    message | grep -v '^Message-ID\|^Received\|^Date\|^	' >out.lf
    rm pombo/queue/new/*
    qinject -t <crlf
    message | grep -v '^Message-ID\|^Received\|^Date\|^	' >out.crlf
    cmp out.lf out.crlf
    run -1 grep $'\r' out.crlf
    [ "$(recipients)" = $'ann@pombo.test\nbob@pombo.test' ]
}

@test "a message without a header section gets one" {
    for input in $'hello there\nmore\n' $'\nhello there\nmore\n'; do
        rm -f pombo/queue/new/*
        printf '%s' "$input" | qinject ann@pombo.test
        [ "$(body)" = $'hello there\nmore' ]
        [ -n "$(field from)" ]
    done
}

@test "a line that is no field begins the body" {
    printf 'Subject: s\nnot a field\nFrom: in the body\n' | qinject -f me@pombo.test ann@pombo.test
    [ "$(body)" = $'not a field\nFrom: in the body' ]
    [[ "$(field from)" == *me@pombo.test* ]]
}

@test "the From line of a mailbox file, Return-Path and Content-Length go" {
    printf 'From ann Tue Nov 24 08:00:00 2026\nReturn-Path: <x@y>\nContent-Length: 7\nSubject: s\n\nx\n' |
        qinject ann@pombo.test
    header_lacks '^From ann\|^Return-Path\|^Content-Length'
    [ "$(field subject)" = s ]
}

@test "a From with a blank before its colon is a field, in the first line too" {
    printf 'From : Ann A <ann@pombo.test>\nSubject: s\n\nx\n' | qinject bob@pombo.test
    [ "$(message | grep -ci '^from')" = 1 ]
    message | grep -qx 'From : Ann A <ann@pombo.test>'
}

@test "a header section of a megabyte passes, a longer one is refused" {
    field=$(printf 'X-Long: %01000d' 0)
    { for _ in {1..900}; do echo "$field"; done; printf '\nx\n'; } | qinject ann@pombo.test
    [ "$(message | grep -c '^X-Long')" = 900 ]
    run -65 bash -c "{ for _ in {1..1100}; do echo '$field'; done; printf '\\nx\\n'; } | qinject ann@pombo.test"
    run -65 bash -c "head -c 2000000 /dev/zero | tr '\\0' x | sed 's/^/Subject: /' | qinject ann@pombo.test"
    [ "$(queued)" = 1 ]
}

@test "a user whom no file of the machine has is asked of getent" {
    open_door
    mkdir -p names
    printf '#!/bin/sh\n[ "$*" = "passwd 54321" ] && echo "lena:x:54321:54321:Lena L.,,,:/:/bin/sh"\n' >names/getent
    chmod -R a+rx names
    as_nobody true # opens the way
    env -u LOGNAME -u USER PATH="$PWD/names:$PATH" setpriv --reuid=54321 --regid=65534 --clear-groups \
        qinject ann@pombo.test <<<x
    [ "$(field from)" = '"Lena L." <lena@pombo.test>' ]
}
