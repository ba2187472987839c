# STARTTLS stripped, bytes put in, and servers that stall or die at each step.
# shellcheck disable=SC2034,SC2154
load remote

bad_server() { # bad_server NAME ANSWER-TO-STARTTLS
    start_server "$1" EHLO=STARTTLS "1*STARTTLS=$2"
}

@test "a server that closes, resets, stalls or talks nonsense at a step: may sends in plain text, encrypt does not" {
    make_authority nobody
    certify nobody base a.example
    open_tlsc
    declare -A steps=([close]=CLOSE [drop]=DROP [go-close]="220 go|CLOSE" [go-drop]="220 go|DROP"
        [first-close]="220 go|FIRST-CLOSE" [first-drop]="220 go|FIRST-DROP"
        [half-close]="220 go|HALF-CLOSE" [half-drop]="220 go|HALF-DROP"
        [wrong]="999 what" [ending]="421 4.3.2 bye|CLOSE")
    for step in "${!steps[@]}"; do
        bad_server "$step" "${steps[$step]}"
        cp base/*.pem "$step/"
        deliver may insecure "$step"
        delivered "$step" "no|" || { echo "$step: may"; return 1; }
        saw "$step" 2 connect
        grep -q "tls-failed host=$step.example" output
        saw "$step" 1 "message"
        # the rule was used up
        bad_server "$step-2" "${steps[$step]}"
        cp base/*.pem "$step-2/"
        deliver encrypt insecure "$step-2"
        refused '4.7.[45]' "$step-2.example .*TLS: " || { echo "$step: encrypt"; return 1; }
        saw "$step-2" 1 connect
        saw "$step-2" 0 MAIL
    done
    wait_until 5 no_tls_sessions
}

@test "a server that stalls in the handshake is given up after remote_tls_timeout" {
    make_authority nobody
    certify nobody base a.example
    write_settings "tls_ca_dir=$PWD/authorities" remote_tls_timeout=1
    open_tlsc
    for step in FIRST-HANG HALF-HANG; do
        bad_server "$step" "220 go|$step"
        cp base/*.pem "$step/"
        SECONDS=0
        deliver may insecure "$step"
        [ "$SECONDS" -lt 15 ]
        delivered "$step" "no|"
        grep -q 'tls-failed .*text="the handshake took too long"' output
        bad_server "$step-2" "220 go|$step"
        cp base/*.pem "$step-2/"
        deliver encrypt insecure "$step-2"
        refused 4.7.5 "TLS: the handshake took too long"
    done
    wait_until 5 no_tls_sessions
}

@test "a server that says nothing to STARTTLS is given up after remote_command_timeout" {
    write_settings "tls_ca_dir=$PWD/authorities" remote_command_timeout=1
    open_tlsc
    bad_server a HANG
    deliver may insecure a
    delivered a "no|"
    bad_server b HANG
    deliver encrypt insecure b
    refused 4.7.5 "TLS: did not answer in time"
}

@test "what comes behind the 220 in plain text makes the host one not to be used, with may too" {
    make_authority nobody
    certify nobody a a.example
    start_server a EHLO=STARTTLS,PIPELINING 'STARTTLS=220 go\n250-injected\n250 AUTH PLAIN|TLS'
    certify nobody b b.example
    tls_server b
    open_tlsc
    for policy in may encrypt; do
        deliver $policy insecure a
        refused 4.7.5 'a.example .*TLS: sent more behind the answer to STARTTLS'
        deliver $policy insecure a b
        delivered b 'TLSv1.3|none'
    done
    saw a 0 MAIL
}

@test "a server that breaks off right behind the handshake: may sends in plain text" {
    make_authority nobody
    certify nobody a a.example
    tls_server a "1*EHLO=250-x\n250 STARTTLS" "1*EHLO=CLOSE"
    open_tlsc
    deliver may insecure a
    delivered a "no|"
    saw a 2 connect
    certify nobody b b.example
    tls_server b "1*EHLO=250-x\n250 STARTTLS" "1*EHLO=CLOSE"
    deliver encrypt insecure b
    got_like "unreachable|b.example \[127.0.0.1\] closed the connection|"
    saw b 1 connect
}

@test "a server that breaks off within the message: it waits" {
    make_authority nobody
    certify nobody a a.example
    tls_server a BYTES=DROP
    open_tlsc
    deliver encrypt insecure a
    got_like "result|1|0|Z|4.4.2|"
    wait_until 5 no_tls_sessions
}

@test "TLS before 1.2 is no TLS" {
    make_authority nobody
    certify nobody a a.example
    cat >old.py <<'PYTHON'
import socket, ssl, sys, warnings
warnings.simplefilter("ignore")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.set_ciphers("ALL:@SECLEVEL=0")
context.minimum_version = ssl.TLSVersion.TLSv1
context.maximum_version = ssl.TLSVersion.TLSv1_1
context.load_cert_chain("a/chain.pem", "a/key.pem")
listener = socket.create_server(("127.0.0.1", 0))
open("a/port", "w").write("%d\n" % listener.getsockname()[1])
while True:
    sock, _ = listener.accept()
    sock.sendall(b"220 old\r\n")
    sock.recv(1000)
    sock.sendall(b"250-old\r\n250 STARTTLS\r\n")
    if sock.recv(1000).startswith(b"STARTTLS"):
        sock.sendall(b"220 go\r\n")
        try:
            context.wrap_socket(sock, server_side=True)
            print("spoken", flush=True)
        except OSError:
            pass
    sock.close()
PYTHON
    /usr/bin/python3 old.py >spoken 3>&- &
    pids+=($!)
    wait_until 5 test -s a/port
    port[a]=$(cat a/port)
    open_tlsc
    deliver encrypt insecure a
    refused 4.7.5 'a.example .*TLS: '
    [ ! -s spoken ]
}

@test "tlsc dies, or is killed, in a session: the message waits, and the door opens again" {
    make_authority nobody
    certify nobody a a.example
    tls_server a "BODY=HANG"
    open_tlsc
    message m x@far.example
    deliver encrypt insecure a >/dev/null &
    local running=$!
    wait_until 5 grep -q message a/seen
    pkill -KILL -P "$TLSC"
    wait "$running"
    got_like "result|1|0|Z|4.4.2|"
    kill -KILL "$TLSC"
    wait_until 5 test ! -e "/proc/$TLSC"
    # The socket of the dead one is replaced.
    open_tlsc
    certify nobody b b.example
    tls_server b
    deliver encrypt insecure b
    delivered b 'TLSv1.3|none'
}

@test "a door that accepts and says nothing is no TLS" {
    /usr/bin/python3 -c '
import socket, sys
door = socket.socket(socket.AF_UNIX)
door.bind(sys.argv[1])
door.listen()
kept = [door.accept() for _ in range(2)]' "$POMBO_DIR/run/tlsc" 3>&- &
    pids+=($!)
    wait_until 5 test -S "$POMBO_DIR/run/tlsc"
    start_server a EHLO=STARTTLS
    deliver may insecure a
    delivered a "no|"
    saw a 0 STARTTLS
    got_like "tls-failed .*TLS is not available here: .*timed out"
}
