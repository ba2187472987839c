#!/usr/bin/env bats
# The command line, and the other commands that qinject is.
load common

@test "old flags mean nothing, and the values that they take are no recipients" {
    for flags in '-oem' '-oee' '-om' '-odb' '-oQ/x' '-em' '-m' '-n' '-v' '-G' '-U' '-Ac' '-A c' '-e m' '-D /x' '-b m' '-O8BITMIME' '-d0.1' '-q15m' \
        '-bm' '-h 3' '-C /x' '-L tag' '-M x' '-O DeliveryMode=b' '-OX=y' '-o x' '-p smtp:x' '-X /x' '-B 8BITMIME' \
        '-i' '-oi' '-s' '-Zx' '-N never' '-R full' '-V id' '-oi -oem -t'; do
        rm -f pombo/queue/new/*
        # shellcheck disable=SC2086
        run -0 qinject $flags ann@pombo.test <<<x
        [ -z "$output" ]
        [ "$(recipients)" = ann@pombo.test ]
    done
}

@test "flags may be joined in one word, the last with its value" {
    for flags in '-tf boss@pombo.test' '-tfboss@pombo.test' '-tif boss@pombo.test' '-itrboss@pombo.test' '-vtiUf boss@pombo.test' \
        '-toi -f boss@pombo.test' '-to i -fboss@pombo.test' '-tem -fboss@pombo.test' '-ct -fboss@pombo.test' '-ibm -tfboss@pombo.test' \
        '-tq15m -fboss@pombo.test' '-td0.1 -fboss@pombo.test' '-tiAc -fboss@pombo.test' '-tib m -fboss@pombo.test'; do
        rm -f pombo/queue/new/*
        # shellcheck disable=SC2086
        run -0 qinject $flags <<<$'To: ann@pombo.test\n\nx'
        [ -z "$output" ]
        [ "$(recipients)" = ann@pombo.test ]
        [ "$(envelope S)" = 'S boss@pombo.test' ]
    done
    for flags in -toi '-to i' -vti '-tO IgnoreDots'; do
        rm -f pombo/queue/new/*
        # shellcheck disable=SC2086
        qinject $flags <<<$'To: ann@pombo.test\n\nx\n.\ny'
        [ "$(body)" = $'x\n.\ny' ]
    done
    rm -f pombo/queue/new/*
    qinject -tV id -iNsuccess <<<$'To: ann@pombo.test\n\nx'
    [[ "$(envelope R)" == 'R . s '* ]]
    run -0 qinject -vbp
    [[ "$output" == *'<ann@pombo.test>'* ]]
}

@test "after -- all words are recipients" {
    qinject -i -- ann@pombo.test -odd@pombo.test <<<x
    [ "$(recipients)" = $'ann@pombo.test\n-odd@pombo.test' ]
}

@test "what PHP, cron and mail programs call" {
    ln -s "$POMBO_BIN/qinject" sendmail
    printf 'To: ann@pombo.test\n\nphp\n' | ./sendmail -t -i
    printf 'To: ann@pombo.test\n\nphp\n' | ./sendmail -t -i -fwww@pombo.test
    printf 'To: root\n\ncron\n' | ./sendmail -FCronDaemon -i -B8BITMIME -oem root
    printf 'To: ann@pombo.test\n\nmailx\n' | ./sendmail -i -r ann@pombo.test -- ann@pombo.test
    [ "$(queued)" = 4 ]
}

@test "wrong flags are told, with 64, and queue nothing" {
    for flags in -bd -bz -b '-b d' '-N sometimes' '-N never,delay' '-R some' '-V' "-V $(printf '%0101d' 0)" -f -N \
        -tZ -iZfx@pombo.test -ti- -tbd -tib -tf '-iN sometimes'; do
        # shellcheck disable=SC2086
        run -64 qinject $flags <<<x
        [[ "$output" == "qinject: "* ]]
    done
    [ "$(queued)" = 0 ]
}

@test "-O RequireTLS asks for REQUIRETLS, which goes before TLS-Required: No" {
    for word in RequireTLS requiretls=yes RequireTLS=True; do
        rm -f pombo/queue/new/*
        qinject -O "$word" ann@pombo.test <<<$'TLS-Required: No\n\nx'
        [ "$(envelope F)" = 'F 8q' ]
        tail -n 1 pombo/queue/new/* | grep -q '^END '
    done
    for word in RequireTLS=no requiretls=False Other=yes; do
        rm -f pombo/queue/new/*
        qinject "-O$word" ann@pombo.test <<<x
        [ "$(envelope F)" = 'F 8' ]
    done
    run -64 qinject -O RequireTLS=perhaps ann@pombo.test <<<x
    [[ "$output" == "qinject: -O RequireTLS takes yes or no" ]]
}

@test "TLS-Required: No in the header goes into the envelope, and stays in the header" {
    qinject ann@pombo.test <<<$'Subject: x\ntls-required: no\n\nx'
    tail -n 1 pombo/queue/new/* | grep -q '^ENDn[0-9a-f]* [0-9a-f]*$'
    grep -qx 'tls-required: no' pombo/queue/new/*
    rm pombo/queue/new/*
    qinject ann@pombo.test <<<$'Subject: x\nTLS-Required: yes\n\nTLS-Required: No'
    tail -n 1 pombo/queue/new/* | grep -q '^END '
}

@test "sendmail -q has nothing to do" {
    run -0 timeout 5 qinject -q
    run -0 timeout 5 qinject -q30m
}

@test "-bp and mailq list the queue" {
    qinject ann@pombo.test <<<x
    ln -s "$POMBO_BIN/qinject" mailq
    for command in './mailq' 'qinject -bp'; do
        run -0 $command
        [[ "$output" == *"$(ls pombo/queue/new)"*"<ann@pombo.test>"* ]]
    done
}

@test "-bi and newaliases compile the tables" {
    ln -s "$POMBO_BIN/qinject" newaliases
    for command in './newaliases' 'qinject -bi' 'qinject -b i' 'qinject -I'; do
        rm pombo/etc/tables.cdb
        run -0 $command
        [ -s pombo/etc/tables.cdb ]
    done
}

@test "-bs speaks SMTP on standard input and output" {
    printf 'EHLO x\r\nMAIL FROM:<me@pombo.test>\r\nRCPT TO:<ann@far.example>\r\nDATA\r\n' >in
    printf 'Subject: bs\r\n\r\nhello\r\n.\r\nQUIT\r\n' >>in
    # SMTP's client waits for the answer to DATA before it sends the message.
    coproc smtp { qinject -bs 2>/dev/null; }
    # shellcheck disable=SC2154 # coproc sets it
    pid=$smtp_PID
    exec 7<&"${smtp[0]}" # bash closes its own once the program has ended
    head -n 4 in >&"${smtp[1]}"
    while read -r -t 10 line <&7 && [[ "$line" != 354* ]]; do :; done
    [[ "$line" == 354* ]]
    tail -n +5 in >&"${smtp[1]}"
    read -r -t 10 line <&7
    exec 7<&-
    [[ "$line" == '250 2.'* ]]
    wait "$pid"
    [ "$(recipients)" = ann@far.example ]
    [ "$(field subject)" = bs ]
}

@test "-bs serves the caller, not the client of whom a web server's environment tells" {
    printf 'EHLO a\r\nMAIL FROM:<me@pombo.test>\r\nRCPT TO:<ann@far.example>\r\nQUIT\r\n' >in
    for variable in REMOTE_ADDR=192.0.2.1 TCPREMOTEIP=192.0.2.1 TLS_PROTOCOL=TLSv1.3 LISTEN_TEMPLATE=1; do
        run -0 env "$variable" qinject -bs <in
        [[ "$output" == *$'\n250 2.1.0 '*$'\n250 2.1.5 '*$'\n221 '* ]]
        [[ "$output" != *192.0.2.1* && "$output" != *tls=* ]]
    done
    {
        printf 'EHLO a\r\nMAIL FROM:<me@pombo.test> BODY=8BITMIME\r\nRCPT TO:<ann@far.example>\r\n'
        printf 'BDAT 15 LAST\r\nSubject: bs\r\n\r\nQUIT\r\n'
    } >in
    REMOTE_ADDR=192.0.2.1 TCPREMOTEIP=192.0.2.1 TLS_PROTOCOL=TLSv1.3 qinject -bs <in
    [ "$(recipients)" = ann@far.example ]
    [ -z "$(field received | grep -e 192.0.2.1 -e TLS)" ]
}

@test "a program that is not there is 71" {
    mkdir alone
    cp "$POMBO_BIN/qinject" alone
    run -71 alone/qinject -bs </dev/null
    [[ "$output" == *smtpd* ]]
}

@test "from another folder the programs in ../libexec/pombo are found" {
    mkdir -p usr/bin usr/libexec/pombo
    cp "$POMBO_BIN/qinject" usr/bin/mailq
    cp "$POMBO_BIN/qctl" usr/libexec/pombo
    run -0 usr/bin/mailq
}

@test "without tables the defaults hold" {
    rm -f pombo/etc/*
    qinject ann@far.example <<<x
    [ "$(recipients)" = ann@far.example ]
}
