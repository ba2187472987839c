# shellcheck disable=SC2154 # keys of an associative array
load setup

@test "many messages share one session" {
    start_server a EHLO=PIPELINING,DSN
    message m x@far.example
    message n y@far.example
    drive "$(hosts a)" job:1:m:0 job:2:n:0 job:3:m:0 until:3 close
    [ "$(grep -c '|K|' output)" -eq 3 ]
    saw a 1 connect
    saw a 3 MAIL
    saw a 0 RSET
    [ "$(tail -n 2 a/seen | head -n 1)" = "1 QUIT" ]
}

@test "RSET comes before the next message where the last one was refused" {
    start_server a EHLO=PIPELINING,DSN "RCPT TO:<no=550 5.1.1 no"
    message m no@far.example
    message n y@far.example
    drive "$(hosts a)" job:1:m:0 job:2:n:0 job:3:n:0 until:3 close
    got "result|2|0|K|2.0.0|a.example|250 2.0.0 taken"
    saw a 1 RSET
    saw a 1 "+4" # RSET MAIL RCPT DATA
}

@test "the next address is tried: refused, silent, 4xx, 5xx, closed, garbage, failing EHLO" {
    write_settings remote_greeting_timeout=1
    start_server slow "CONNECT=HANG"
    start_server busy "CONNECT=421 4.3.2 too busy|CLOSE"
    start_server no "CONNECT=554 5.3.2 no mail here"
    start_server shut "CONNECT=CLOSE"
    start_server odd "CONNECT=hello?"
    start_server sick EHLO= 'EHLO=451 sick' 'HELO=550 no'
    start_server good EHLO=PIPELINING,DSN
    message m x@far.example
    port[dead]=1
    drive "$(hosts dead slow busy no shut odd sick good)" job:1:m:0 until:1 close
    got "result|1|0|K|2.0.0|good.example|250 2.0.0 taken"
    saw good 1 connect
    seen no "1 QUIT"
}

@test "IPv6 and IPv4 addresses fall back on each other" {
    start_server a EHLO=PIPELINING,DSN
    message m x@far.example
    drive "hosts,d,may,,six.example,::1,1,insecure,six.example,2001:db8::1,25,insecure,a.example,127.0.0.1,${port[a]},insecure" \
        job:1:m:0 until:1 close
    got "result|1|0|K|2.0.0|a.example|250 2.0.0 taken"
}

@test "mail goes to a server on IPv6, the first address or the one after a dead IPv4 address" {
    start_server six '[::1]' EHLO=PIPELINING,DSN
    message m x@far.example
    drive "hosts,d,may,,six.example,::1,${port[six]},insecure" job:1:m:0 until:1 close
    got "result|1|0|K|2.0.0|six.example|250 2.0.0 taken"
    saw six 1 connect
    seen six "1 RCPT TO:<x@far.example>"
    grep -q '^hello' six/message.1.1
    drive "hosts,d,may,,four.example,127.0.0.1,1,insecure,six.example,::1,${port[six]},insecure" job:1:m:0 until:1 close
    got "result|1|0|K|2.0.0|six.example|250 2.0.0 taken"
    saw six 2 connect
}

# start_full NAME: a listener whose backlog is full, so that no connection is ever made.
start_full() {
    python3 - "$1.port" 3>&- <<'PYTHON' &
import os, socket, sys, time
listener = socket.create_server(("127.0.0.1", 0), backlog=0)
held = []
while True:
    client = socket.socket()
    client.settimeout(0.3)
    held.append(client)
    try:
        client.connect(listener.getsockname())
    except TimeoutError:
        break
with open("new", "w") as file:
    file.write("%d\n" % listener.getsockname()[1])
os.rename("new", sys.argv[1])
time.sleep(600)
PYTHON
    pids+=($!)
    wait_until 5 test -e "$1.port"
    port[$1]=$(cat "$1.port")
}

@test "an address that makes no connection in remote_connect_timeout is passed over" {
    write_settings remote_connect_timeout=1
    start_full full
    start_server good EHLO=PIPELINING,DSN
    message m x@far.example
    local begin=${EPOCHREALTIME/./}
    drive "$(hosts full good)" job:1:m:0 until:1 close
    got "result|1|0|K|2.0.0|good.example|250 2.0.0 taken"
    local took=$((${EPOCHREALTIME/./} - begin))
    [ "$took" -ge 900000 ]
    [ "$took" -lt 20000000 ] # the default is 30 seconds
    drive "$(hosts full)" job:1:m:0
    got "unreachable|full.example [127.0.0.1] does not answer|"
}

@test "unreachable when no address takes us: the jobs get no result" {
    start_server no "CONNECT=554 5.3.2 no mail here"
    message m x@far.example
    port[dead]=1
    drive "$(hosts dead no)" job:1:m:0
    got "unreachable|no.example [127.0.0.1] said: 554 5.3.2 no mail here|"
    got "exit|0"
    [ "$(grep -c result output)" -eq 0 ]
    drive "$(hosts no dead)" job:1:m:0
    got "unreachable|dead.example [127.0.0.1] refuses the connection|"
}

@test "an idle session lingers, then says QUIT" {
    write_settings remote_linger=1
    start_server a EHLO=PIPELINING,DSN
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 sleep:0.5 job:2:m:0 until:2
    got "result|2|0|K|2.0.0|a.example|250 2.0.0 taken"
    got "exit|0"
    saw a 1 connect
    seen a "1 QUIT"
}

@test "once it has gone a job is refused, not swallowed" {
    write_settings remote_linger=0
    start_server a EHLO=PIPELINING,DSN
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 sleep:0.5 job:2:m:0
    got "refused|job|2"
}

@test "a server that closes an idle session ends it" {
    write_settings remote_linger=20
    start_server a EHLO=PIPELINING,DSN "BODY=250 2.0.0 taken|CLOSE"
    message m x@far.example
    local begin=$SECONDS
    drive "$(hosts a)" job:1:m:0 until:1
    [ $((SECONDS - begin)) -lt 5 ]
    got "exit|0"
}

@test "a session that died while it was kept is opened anew, once" {
    start_server a EHLO=PIPELINING,DSN "1*BODY=250 2.0.0 taken|CLOSE"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 job:2:m:0 until:2 close
    got "result|2|0|K|2.0.0|a.example|250 2.0.0 taken"
    saw a 2 connect
    start_server b EHLO=PIPELINING,DSN "1*MAIL=250 ok" "1*MAIL=421 4.4.2 too long|CLOSE"
    drive "$(hosts b)" job:1:m:0 job:2:m:0 until:2 close
    got "result|2|0|K|2.0.0|b.example|250 2.0.0 taken"
    saw b 2 connect
}

@test "a 421 that waits in an idle session is not taken for an answer" {
    start_server a EHLO=PIPELINING,DSN '1*BODY=250 2.0.0 taken\n421 4.4.2 idle'
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 job:2:m:0 until:2 close
    got "result|2|0|K|2.0.0|a.example|250 2.0.0 taken"
    saw a 1 "2 MAIL"
}

@test "jobs sent before our end closed are done" {
    start_server a EHLO=PIPELINING,DSN
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 job:2:m:0 job:3:m:0 close
    [ "$(grep -c '|K|' output)" -eq 3 ]
    got "exit|0"
    seen a "1 QUIT"
}

@test "a closed socket without jobs ends it" {
    start_server a EHLO=PIPELINING,DSN
    drive "$(hosts a)" close
    got "exit|0"
    seen a "1 QUIT"
    drive close
    got "exit|0"
}

@test "nonsense from qsend ends it with 111" {
    drive jobs,x
    got "exit|111"
    drive hosts,d,may,,name,nonsense,25,insecure
    got "exit|111"
}
