#!/usr/bin/env bats
# The door for users without rights on the queue: qinject's side.
load common

@test "a user without rights on the queue goes through qmqpd" {
    open_door
    as_nobody qinject -f me@far.example ann@pombo.test <<<$'Subject: s\n\nhello'
    [ "$(envelope B)" = 'B uid 65534' ]
    [ "$(envelope S)" = 'S me@far.example' ]
    [ "$(recipients)" = ann@pombo.test ]
    name=$(ls pombo/queue/new)
    [ "$(message | sed -n 1p)" = 'Received: (from uid 65534)' ]
    message | sed -n 2p | grep -q "^	by mail.pombo.test with QMQP id $name; "
    message | sed -n 3p | grep -q '^Received: by mail.pombo.test (pombo, uid 65534) id '
    [ "$(body)" = hello ]
    grep -q "accepted id=$name uid=65534 from=me@far.example recipients=1" pombo/log/qmqpd
}

@test "a user without rights may speak SMTP with -bs, too" {
    open_door
    run as_nobody swaks --pipe "qinject -bs" -f me@far.example -t ann@pombo.test --body hello
    [ "$status" -eq 0 ]
    name=$(ls pombo/queue/new)
    [[ "$output" == *"250 2.0.0 queued as $name"* ]]
    [ "$(envelope B)" = 'B uid 65534' ]
    [ "$(recipients)" = ann@pombo.test ]
    # With nobody to ask it is for the client to try again.
    stop_door
    run as_nobody swaks --pipe "qinject -bs" -f me@far.example -t ann@pombo.test --body hello
    [ "$status" -ne 0 ]
    [[ "$output" == *"451 4.3.0 no rights on the queue"* ]]
}

@test "all of the envelope goes along" {
    open_door
    as_nobody qinject -f $'m\xc3\xa9@far.example' -B8BITMIME -R full -V 'a b' -N success,failure \
        '"x y"@pombo.test' bob@pombo.test <<<x
    [ "$(envelope F)" = 'F 8uf' ]
    [ "$(envelope E)" = 'E a+20b' ]
    [ "$(envelope S)" = $'S m\xc3\xa9@far.example' ]
    [ "$(envelope R)" = $'R . sf - - "x y"@pombo.test\nR . sf - - bob@pombo.test' ]
    rm pombo/queue/new/*
    as_nobody qinject -f '' -N never -R hdrs ann@pombo.test <<<x
    [ "$(envelope S)" = 'S ' ]
    [ "$(envelope F)" = 'F 8h' ]
    [ "$(envelope R)" = 'R . n - - ann@pombo.test' ]
}

@test "REQUIRETLS goes along, and qmqpd reads TLS-Required: No for itself" {
    open_door
    as_nobody qinject -O RequireTLS=yes ann@pombo.test <<<$'TLS-Required: No\n\nx'
    [ "$(envelope F)" = 'F 8q' ]
    tail -n 1 pombo/queue/new/* | grep -q '^END '
    rm pombo/queue/new/*
    printf '%s\n' "X: $(printf 'x%.0s' {1..20000})" 'TLS-Required: No' '' 'x' | as_nobody qinject ann@pombo.test
    [ "$(envelope F)" = 'F 8' ]
    tail -n 1 pombo/queue/new/* | grep -q '^ENDn'
    rm pombo/queue/new/*
    as_nobody qinject ann@pombo.test <<<$'Subject: x\n\nTLS-Required: No'
    tail -n 1 pombo/queue/new/* | grep -q '^END '
}

@test "ten megabytes and a thousand recipients" {
    open_door
    python3 -c '
print("Subject: big\n")
for i in range(10 * 1024): print("%01023d" % i)' >in
    seq -f 'r%g@far.example' 1000 | tr '\n' ' ' >list
    # shellcheck disable=SC2046
    as_nobody qinject -i $(cat list) <in
    [ "$(recipients | wc -l)" = 1000 ]
    cmp <(sed 1,2d in) <(body)
}

@test "without the door it is 75" {
    run -75 as_nobody qinject ann@pombo.test <<<x
    [[ "$output" == *"no qmqpd to ask"* ]]
    [ "$(queued)" = 0 ]
}

@test "what qmqpd refuses is 69, with its words; what it defers 75" {
    python3 - <<'END' 3>&- &
import os, socket
s = socket.socket(socket.AF_UNIX)
s.bind("pombo/run/qmqp")
os.chmod("pombo/run/qmqp", 0o777)
s.listen(8)
for answer in (b"10:Dno \x1b such,", b"6:Zlater,", b"6:Klater", b"6:Xlater,", b"", b"9999:K,"):
    c, _ = s.accept()
    while True:                   # reads all of it: the outer netstring ends in ",,"
        data = c.recv(65536)
        if not data or data.endswith(b",,"):
            break
    c.sendall(answer)
    c.close()
c, _ = s.accept()                 # answers at once, and hangs up with all unread
c.sendall(b"8:Dtoo big,")
c.close()
END
    server=$!
    wait_until 5 test -S pombo/run/qmqp
    run -69 as_nobody qinject ann@pombo.test <<<x
    [[ "$output" == 'qinject: no ? such' ]]
    run -75 as_nobody qinject ann@pombo.test <<<x
    [[ "$output" == 'qinject: later' ]]
    for _ in 1 2 3 4; do
        run -75 as_nobody qinject ann@pombo.test <<<x
    done
    head -c 3000000 /dev/zero | tr '\0' x >big
    run -69 as_nobody qinject ann@pombo.test <big
    [[ "$output" == 'qinject: too big' ]]
    wait "$server"
}

@test "the spooled message leaves no file behind" {
    open_door
    mkdir -m 777 spool
    TMPDIR=$PWD/spool as_nobody qinject ann@pombo.test <<<x
    [ "$(queued)" = 1 ]
    [ -z "$(ls spool)" ]
    rm pombo/queue/new/*
    TMPDIR=/nowhere as_nobody qinject ann@pombo.test <<<x # kept in memory then
    [ "$(queued)" = 1 ]
}
