#!/usr/bin/env bats
# TLS sessions: how they resume, how each direction ends, what limits them.
load common

setup_smtp() {
    set_up "$@"
    open_tls
    serve_smtp -t
}

# serve_front [-s SERVICE] PROGRAM...: behind tlsd on FRONT.
serve_front() {
    listen 127.0.0.1:0 tlsd "$@"
    FRONT=$LISTENS
}

@test "a session is resumed from its ticket, in TLS 1.3 and 1.2, after a change of certificates too" {
    setup_smtp
    local version
    for version in TLSv1_3 TLSv1_2; do
        tls_client resume "$SMTP" $version >out
        grep -q ' new$' out
        grep -q ' resumed$' out
    done
    tls_logged 'protocol=TLSv1.3 .*resumed=yes'
    tls_logged 'protocol=TLSv1.2 .*resumed=yes'
    printf 'QUIT\r\n' | s_client "$SMTP" -sess_out ticket >/dev/null
    make_pair default ec mail.example.org
    sleep 1.1
    printf 'QUIT\r\n' | s_client "$SMTP" -sess_in ticket >out
    grep -q '^Reused, TLSv1.3' out
    # Another tlsd has other keys.
    kill "$TLSD"
    wait "$TLSD" || true
    open_tls
    printf 'QUIT\r\n' | s_client "$SMTP" -sess_in ticket >out
    grep -q '^New, TLSv1.3' out
}

@test "a resumed session of TLS 1.3 gets a ticket for the next one" {
    setup_smtp
    printf 'QUIT\r\n' | s_client "$SMTP" -tls1_3 -sess_out first >/dev/null
    printf 'QUIT\r\n' | s_client "$SMTP" -tls1_3 -sess_in first -sess_out second >out
    grep -q '^Reused, TLSv1.3' out
    printf 'QUIT\r\n' | s_client "$SMTP" -tls1_3 -sess_in second >out
    grep -q '^Reused, TLSv1.3' out
}

@test "close_notify of the client's ends its direction alone, and the answer still comes" {
    set_up
    serve_front sh -c 'echo ready; text=$(cat); echo "after the end: $text"'
    [ "$(tls_client half_close "$FRONT" hello)" = "after the end: hello
close_notify and FIN" ]
}

@test "the program's end of its direction reaches the client, who can still be heard" {
    set_up
    listen 127.0.0.1:0 tlsd python3 -c '
import socket
client = socket.socket(fileno=0)
client.sendall(b"first\n")
client.shutdown(socket.SHUT_WR)
heard = b""
while True:
    got = client.recv(1000)
    if not got:
        break
    heard += got
open("heard.txt", "wb").write(heard)
'
    tls_client first_theirs "$LISTENS" "said afterwards" >out
    [ "$(cat out)" = "first
close_notify" ]
    wait_until 5 test -s heard.txt
    [ "$(cat heard.txt)" = "said afterwards" ]
}

@test "a TCP end without close_notify is no end of the session's data but a break" {
    set_up
    # The program can tell: after a break it can't answer any more.
    listen 127.0.0.1:0 tlsd python3 -c '
import socket, time
client = socket.socket(fileno=0)
client.sendall(b"ready\n")
while client.recv(1000):
    pass
time.sleep(0.3)
try:
    client.sendall(b"answer")
    time.sleep(0.3)
    client.sendall(b"answer")
    result = "answered"
except BrokenPipeError:
    result = "broken"
open("result", "a").write(result + "\n")
'
    tls_client cut "$LISTENS" hello
    wait_until 5 test -s result
    [ "$(cat result)" = broken ]
    logged 'tlsd.* broken .*why="unexpected eof while reading" up=5'
    rm result
    tls_client half_close "$LISTENS" hello >/dev/null
    wait_until 5 test -s result
    [ "$(cat result)" = answered ]
}

@test "megabytes go both ways, to a client that reads late and from one that floods" {
    set_up
    serve_front sh -c 'head -c 20000000 /dev/zero'
    [ "$(tls_client sink "$FRONT" 20000000)" = "20000000 close_notify" ]
    serve_front sh -c 'echo ready; wc -c'
    [ "$(tls_client flood "$FRONT" 20000000)" = 20000000 ]
}

@test "a program that ends early is gone for the client, whatever that still sends" {
    set_up
    serve_front sh -c 'echo short; exit 0'
    tls_client flood_after "$FRONT" >out
    grep -q '^short$' out
    wait_until 15 not_running "tlsd .*echo short" # other tests have a tlsd, too
}
not_running() {
    ! pgrep -f "^$POMBO_BIN/$1" >/dev/null && ! pgrep -P "${STARTED[-1]}" >/dev/null
}

@test "tlsd in front of a program tells it of the session and the client" {
    set_up
    serve_front -s smtp sh -c 'env | grep -E "^(TLS_|TCP|PROTO)" | sort'
    s_client "$FRONT" -servername mail.example.org -tls1_2 -quiet </dev/null >out
    grep -q '^TLS_PROTOCOL=TLSv1.2' out
    grep -q '^TLS_CIPHER=ECDHE-ECDSA-AES256-GCM-SHA384' out
    grep -q '^TLS_BITS=256' out
    grep -q '^TLS_SNI=mail.example.org' out
    grep -qE '^TLS_EXPORTER=[0-9a-f]{64}' out
    local print
    print=$(openssl x509 -in pombo/etc/tls/default/fullchain.pem -outform DER | sha256sum | cut -d ' ' -f 1)
    grep -q "^TLS_END_POINT=$print" out
    grep -q '^TCPREMOTEIP=127.0.0.1' out
    logged 'tls ip=127.0.0.1 service=smtp'
    # And smtpd knows that it is inside TLS.
    serve_front smtpd
    swaks -s "$FRONT" -tlsc --from a@example.net --to ann@example.org >/dev/null
    grep -q 'with ESMTPS$' pombo/queue/new/*
}

@test "tlsd where the client is descriptor 2, as with inetd, lets no log line into the session" {
    set_up
    listen 127.0.0.1:0 sh -c 'exec "$@" 2>&1' sh tlsd -s smtp smtpd
    slowly 'EHLO x' 'MAIL FROM:<a@example.net>' 'RCPT TO:<nobody@example.org>' QUIT |
        s_client "$LISTENS" -quiet >out
    grep -q '^550 5.1.1' out
    grep -q '^221 ' out
}

@test "tlsd in front of a program ends with 102 without certificates, and 100 where the handshake fails" {
    set_up
    run -100 tlsd sh -c 'echo started >started' <<<"GET / HTTP/1.0"
    rm -r pombo/etc/tls/default
    run -102 tlsd sh -c 'echo started >started' </dev/null
    run -100 tlsd
    run -100 tlsd -d smtpd
    [ ! -e started ]
}

@test "clients that stall or die at each step of the handshake are cut off, and the rest is served" {
    setup_smtp tls_handshake_timeout 2
    tls_client trouble "$SMTP" 2
    wait_until 5 no_sessions
    tls_logged 'why="the handshake took too long"'
    tls_logged 'why="(http request|wrong version number)"'
    serves "$SMTP"
    kill -0 "$TLSD"
    run ! tls_logged crashed
}

# remembers PID TEXT: TEXT is somewhere in the memory of the process.
remembers() {
    python3 - "$@" <<'END'
import sys
pid, text = sys.argv[1], sys.argv[2].encode()
found = False
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        begin, end = (int(at, 16) for at in line.split()[0].split("-"))
        # Not what a sanitizer's build only reserves.
        if line.split()[1][0] == "r" and end - begin < 1 << 26 and "[vv" not in line:
            memory.seek(begin)
            found = found or text in memory.read(end - begin)
sys.exit(not found)
END
}

@test "a session forgets what has gone on, and a password with it" {
    setup_smtp
    mkfifo gate
    s_client "$SMTP" -quiet <gate >out 3>&- &
    exec 8>gate
    wait_until 10 grep -q '^220 ' out
    printf 'NOOP verysecretword\r\n' >&8
    wait_until 10 grep -q '^250 ' out
    local session
    session=$(pgrep -P "$TLSD")
    remembers "$session" mail.example.org # so it can be found out
    run ! remembers "$session" secretword
    exec 8>&-
    wait $! || true
}

@test "a session that its server gives up is given up by tlsd" {
    setup_smtp
    exec 8<>"/dev/tcp/127.0.0.1/${SMTP##*:}"
    wait_until 5 eval '[ "$(sessions)" -eq 1 ]'
    pkill -P "${STARTED[-1]}"
    wait_until 5 no_sessions
    exec 8>&-
}

@test "more sessions than tls_sessions are refused, and told once" {
    setup_smtp tls_sessions 3
    serve_smtp
    tls_client hold "$SMTP" 1 </dev/null 3>&- | grep -q 'all answered' || true
    listen 127.0.0.1:0 smtpd -t
    local i held=()
    for i in 1 2 3; do
        mkfifo "wait.$i"
        tls_client hold "$LISTENS" 1 <"wait.$i" >"held.$i" 3>&- &
        held+=($!)
        eval "exec 2$i>wait.$i"
        wait_until 10 grep -q held "held.$i"
    done
    PORT=${SMTP##*:} play <<'DIALOG'
<~ 220
-> STARTTLS
<~ 454 4.7.0
-> STARTTLS
<~ 454 4.7.0
-> QUIT
<~ 221
DIALOG
    [ "$(grep -c ' full limit=tls_sessions' tls.log)" -eq 1 ]
    exec 21>&- 22>&- 23>&-
    wait "${held[@]}"
    wait_until 5 no_sessions
    printf 'QUIT\r\n' | s_client "$SMTP" -starttls smtp -quiet | grep -q '221 '
}

@test "the door answers nonsense by silence, and stands" {
    setup_smtp
    [ -z "$(tls_client ask pombo/run/tls)" ]
    [ -z "$(tls_client ask pombo/run/tls "" "" "")" ]
    [ -z "$(tls_client ask pombo/run/tls list more)" ]
    [ -z "$(tls_client ask pombo/run/tls refused more)" ]
    [ -z "$(tls_client ask pombo/run/tls server)" ]
    [ -z "$(tls_client ask pombo/run/tls server "SMTP x" 192.0.2.1)" ]
    [ -z "$(tls_client ask pombo/run/tls server smtp "192.0.2.1
forged")" ]
    [ "$(tls_client ask pombo/run/tls server smtp 192.0.2.1)" = "READY
NO unexpected eof while reading" ]
    wait_until 5 no_sessions
    serves "$SMTP"
}

@test "TERM ends tlsd and its sessions; a socket that is left is taken over" {
    setup_smtp
    mkfifo gate
    tls_client hold "$SMTP" 2 <gate >held 2>/dev/null 3>&- &
    exec 8>gate
    wait_until 10 grep -q held held
    kill "$TLSD"
    wait "$TLSD"
    exec 8>&-
    wait $! || true
    [ -S pombo/run/tls ]
    open_tls
    serves "$SMTP"
    [ "$(stat -c %a pombo/run/tls)" = 600 ]
    run -111 tlsd -d -l "$PWD/pombo/run/tls"
    [[ $output == *"Address already in use"* ]]
    tlsd -d -m 0660 -l "$PWD/pombo/run/other" 2>>log 3>&- &
    STARTED+=($!)
    wait_until 5 test -S pombo/run/other
    [ "$(stat -c %a pombo/run/other)" = 660 ]
    run -100 tlsd -d -m 9 -l "$PWD/pombo/run/more"
}

@test "sessions outlive a tlsd that is killed" {
    setup_smtp
    mkfifo gate
    tls_client hold "$SMTP" 2 <gate >held 3>&- &
    exec 8>gate
    wait_until 10 grep -q held held
    kill -KILL "$TLSD"
    wait "$TLSD" || true
    exec 8>&-
    wait $!
    grep -q 'all answered' held
}
