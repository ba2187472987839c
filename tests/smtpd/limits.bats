#!/usr/bin/env bats
# Each limit with its setting, and what happens when the machine itself runs out.
load common

@test "recipients_limit: one more is refused for now, the others are kept" {
    configure "recipients_limit = 100"
    {
        for i in $(seq 100); do
            printf '%s\n' "=> RCPT TO:<ann+$i@example.org>"
        done
        printf '%s\n' '-> RCPT TO:<ann@example.org>'
        for i in $(seq 100); do echo '<~ 250 2.1.5'; done
        printf '%s\n' '<~ 452 4.5.3' '-> BDAT 3 LAST' '>> x\r\n' '<~ 250' '-> QUIT' '<~ 221'
    } | play_to mail
    [ "$(message | grep -c '^R ')" -eq 100 ]
}

@test "recipients_limit: who sends many more in one piece is not cut off" {
    configure "recipients_limit = 100"
    {
        for i in $(seq 200); do
            printf '%s\n' "=> RCPT TO:<ann+$i@example.org>"
        done
        echo '-> NOOP'
        for i in $(seq 100); do echo '<~ 250 2.1.5'; done
        for i in $(seq 100); do echo '<~ 452 4.5.3'; done
        printf '%s\n' '<~ 250' '-> BDAT 3 LAST' '>> x\r\n' '<~ 250' '-> QUIT' '<~ 221'
    } | play_to mail
    [ "$(message | grep -c '^R ')" -eq 100 ]
}

@test "command_limit ends the session; recipients and chunks are not counted" {
    configure "command_limit = 10"
    {
        printf '%s\n' '-> MAIL FROM:<eve@example.net>' '<~ 250'
        for i in $(seq 20); do printf '%s\n' '-> RCPT TO:<ann@example.org>' '<~ 250'; done
        for i in $(seq 20); do printf '%s\n' '-> BDAT 3' '>> x\r\n' '<~ 250'; done
        printf '%s\n' '-> BDAT 0 LAST' '<~ 250'
        for i in $(seq 8); do printf '%s\n' '-> NOOP' '<~ 250'; done
        printf '%s\n' '-> NOOP' '<~ 421 4.7.0 too many commands' '<$' '?? 0'
    } | play_to hello
}

@test "who keeps to MAILMAX is not cut off, whatever it asks for before" {
    local limit max i
    for limit in 10 13 14 20 100; do
        configure "command_limit = $limit"
        max=$(printf 'EHLO x\r\n' | env -u TCPREMOTEIP smtpd 2>log | sed -n 's/.*LIMITS MAILMAX=\([0-9]*\) .*/\1/p')
        [ "$max" -ge 1 ]
        {
            printf '%s\n' '-> STARTTLS' '<~ 50' '-> EHLO client.example.net' '<~ 250-' '-> AUTH PLAIN AA==' '<~ 50'
            for i in $(seq "$max"); do
                printf '%s\n' '-> MAIL FROM:<eve@example.net>' '<~ 250' '-> RCPT TO:<ann@example.org>' '<~ 250' \
                    '-> DATA' '<~ 354' '=> x' '-> .' '<~ 250' '-> RSET' '<~ 250'
            done
            printf '%s\n' '-> QUIT' '<~ 221'
        } | play_to hello
    done
}

@test "command_limit counts lines that are no commands, insiders' too" {
    configure "command_limit = 10"
    as_insider
    {
        for i in $(seq 9); do printf '%s\n' '>> NOOP\rx\r\n' '<~ 500 5.5.2'; done
        printf '%s\n' '>> NOOP\rx\r\n' '<~ 421 4.7.0' '<$'
    } | play_to hello
}

@test "error_limit ends an outsider's session, and no insider's" {
    configure "error_limit = 3"
    play_to mail <<'END'
-> FROB
<~ 500
-> RCPT TO:<nobody@example.org>
<~ 550
-> DATA
<~ 554
-> RCPT TO:<nobody@example.org>
<~ 421 4.7.0 too many errors
<$
?? 0
END
    as_insider
    play_to mail <<'END'
-> FROB
<~ 500
-> RCPT TO:<nobody@example.org>
<~ 550
-> RCPT TO:<nobody@example.org>
<~ 550
-> RCPT TO:<nobody@example.org>
<~ 550
-> RCPT TO:<ann@example.org>
<~ 250
-> QUIT
<~ 221
END
}

@test "command_timeout, data_timeout and session_timeout: 421 4.4.2 and exit code 99" {
    configure "command_timeout = 1"
    play_to hello <<'END'
<~ 421 4.4.2
<$
?? 99
END
    logged ' lost ip=198.51.100.7 .*in=commands why=timeout'
    configure "data_timeout = 1"
    play_to data <<'END'
-> half a message
<~ 421 4.4.2
<$
?? 99
END
    play_to rcpt <<'END'
-> BDAT 100 LAST
>> half
<~ 421 4.4.2
<$
?? 99
END
    [ "$(queued)" -eq 0 ]
    configure "session_timeout = 3"
    {
        for i in 1 2 3 4 5; do printf '%s\n' '.. 0.3' '-> NOOP' '<~ 250'; done
        printf '%s\n' '<~ 421 4.4.2' '<$' '?? 99'
    } | play_to hello
}

@test "a client that does not read is given up" {
    configure "command_timeout = 1"
    python3 - <<'EOF'
import os, socket, subprocess
ours, theirs = socket.socketpair()
server = subprocess.Popen(["smtpd"], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL)
theirs.close()
ours.recv(1000)
ours.settimeout(5)
try:
    while True:
        ours.sendall(b"HELP\r\n" * 1000)
except (TimeoutError, OSError):
    pass
server.wait(60)
EOF
}

@test "memory that runs out is 421 4.3.0 and exit code 111, and no message is half there" {
    # A sanitizer maps terabytes at its start, and can't run under such a limit.
    ! grep -qa __asan_init "$POMBO_BIN/smtpd" || return 0
    configure "recipients_limit = 100000"
    # shellcheck disable=SC2016 # the inner shell expands it
    python3 - <<'EOF'
import resource, socket, subprocess
LONG = b"RCPT TO:<ann+" + b"x" * 55 + b"@example.org> ORCPT=rfc822;" + b"y" * 480 + b"\r\n"
ours, theirs = socket.socketpair()
server = subprocess.Popen(["smtpd"], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (2 << 20, 2 << 20)))
theirs.close()
ours.settimeout(60)
file = ours.makefile("rb")
file.readline()
ours.sendall(b"EHLO x\r\n")
while file.readline()[3:4] == b"-":
    pass
ours.sendall(b"MAIL FROM:<eve@example.net>\r\n")
assert file.readline().startswith(b"250")
for i in range(100000):
    ours.sendall(LONG)
    reply = file.readline()
    if not reply.startswith(b"250"):
        break
assert reply == b"421 4.3.0 out of memory\r\n", (i, reply)
assert server.wait(60) == 111
EOF
    [ "$(queued)" -eq 0 ]
}

# damage: the places of all records in the tables point past the end.
damage() {
    python3 - pombo/etc/tables.cdb <<'EOF'
import sys
table = open(sys.argv[1], "rb").read()
end = min(int.from_bytes(table[i:i + 4], "little") for i in range(0, 2048, 8))
for i in range(end + 4, len(table), 8):
    if table[i:i + 4] != b"\0\0\0\0":
        table = table[:i] + b"\xf0\xff\xff\xff" + table[i + 4:]
open(sys.argv[1], "wb").write(table)
EOF
}

@test "tables that lack or are damaged are a temporary failure, never a refusal" {
    mv pombo/etc/tables.cdb good
    play <<'END'
<~ 421 4.3.0
<$
?? 111
END
    head -c 100 good >pombo/etc/tables.cdb
    play <<'END'
<~ 421 4.3.0
<$
?? 111
END
    cp good pombo/etc/tables.cdb
    damage

    play <<'END'
<~ 220
-> HELO x
<- 250 .*
-> MAIL FROM:<eve@example.net>
<~ 250
-> RCPT TO:<ann@example.org>
<~ 451 4.3.0
-> RCPT TO:<nobody@example.org>
<~ 451 4.3.0
-> QUIT
<~ 221
END
    rows access "net:203.0.113.0/24 refuse"
    configure
    damage
    play <<'END'
<~ 421 4.3.0
<$
END
}

@test "a queue that can't be written is a temporary failure, and logged" {
    mv pombo/queue/tmp aside
    play_to rcpt <<'END'
-> DATA
<~ 451 4.3.0
-> BDAT 3 LAST
>> x\r\n
<~ 451 4.3.0
-> QUIT
<~ 221
END
    logged ' queue ip=198.51.100.7 id=[0-9a-z]+ error="No such file or directory"'
    mv pombo/queue aside2
    play_to hello <<'END'
-> MAIL FROM:<eve@example.net>
<~ 451 4.3.0
-> QUIT
<~ 221
END
}
