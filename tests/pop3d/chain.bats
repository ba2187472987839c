#!/usr/bin/env bats
# Logging in through a checkpassword program: popup HOST PROGRAM ARGS.
load common

# foreign BODY: a checkpassword program of somebody else; fd 3 is in $in.
foreign() {
    cat >foreign <<END
#!/bin/sh
in=\$(tr '\\0' '|' <&3)
$1
END
    chmod +x foreign
}

ann_says() {
    cat <<END
<- .*
-> USER ann
<- [+]OK .*
-> PASS sec ret
$1
END
}

@test "popup, checkpw and pop3d in one line" {
    put_some 1
    serve pop.example.org checkpw pop3d
    play <<'END'
<- [+]OK pop\.example\.org .*
=> USER ann
=> PASS wrong
=> USER ann
=> PASS secret
-> STAT
<- [+]OK .*
<- -ERR \[AUTH\] .*
<- [+]OK .*
<- [+]OK 1 messages.*
<- [+]OK 1 .*
-> DELE 1
<- [+]OK .*
-> QUIT
<- [+]OK .*
<$
END
    wait_until 5 logged 'logout user=ann@example.org reason=quit .*deleted=1'
    logged ' login user=ann@example.org ip=127.0.0.1 method=USER'
    [ "$(messages)" -eq 0 ]
}

@test "a foreign checkpassword program gets user, password and time on fd 3" {
    foreign 'echo "$in" >got; echo "+OK hello $LOGIN_METHOD"; read -r line; echo "+OK $line"'
    serve pop.example.org ./foreign
    ann_says '<- [+]OK hello USER\n?
-> NOOP
<- .*' >dialog
    python3 - "$PORT" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
s.sendall(b"USER ann\r\nPASS sec ret\r\nNEXT\r\n")
text = s.makefile("rb").read()
assert text.endswith(b"+OK hello USER\n+OK NEXT\r\n"), text
END
    grep -qE '^ann\|sec ret\|[0-9]+\|$' got
}

@test "the program is told the client's address, where the starter does not tell it either" {
    foreign 'printf "+OK you are $TCPREMOTEIP\r\n"'
    listen 127.0.0.1:0 env -u TCPREMOTEIP -u REMOTE_ADDR popup pop.example.org ./foreign
    PORT=${LISTENS##*:}
    ann_says '<- [+]OK you are 127\.0\.0\.1' | play
}

@test "a foreign program's exit 1 is a wrong password" {
    foreign 'exit 1'
    serve pop.example.org ./foreign
    ann_says '<- -ERR \[AUTH\] .*
-> CAPA
<- [+]OK .*' | play
    logged ' failed user=ann ip=127.0.0.1 method=USER reason=denied'
}

@test "a foreign program's exit 2 and 111 are temporary" {
    for code in 2 111; do
        foreign "exit $code"
        serve pop.example.org ./foreign
        ann_says '<- -ERR \[SYS/TEMP\] .*
<$' | play
    done
}

@test "a program that is not there is temporary" {
    serve pop.example.org ./nothing
    ann_says '<- -ERR \[SYS/TEMP\] .*
<$' | play
}

@test "after a crash nothing more is said" {
    foreign 'kill -9 $$'
    serve pop.example.org ./foreign
    ann_says '<$' | play
    logged ' trouble with="checkpassword program" signal=9'
    foreign 'echo "+OK served"; exit 99'
    python3 - "$PORT" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
s.sendall(b"USER ann\r\nPASS secret\r\n")
text = s.makefile("rb").read()
assert text.endswith(b"+OK served\n"), text
END
}

@test "a program that reads no credentials does no harm" {
    printf '#!/bin/sh\nexit 1\n' >foreign
    chmod +x foreign
    serve pop.example.org ./foreign
    ann_says '<- -ERR \[AUTH\] .*' | play
}

@test "pop3d takes its mailbox as an argument too" {
    put_some 3
    foreign 'exec pop3d example.org/ann'
    serve pop.example.org ./foreign
    ann_says '<- [+]OK 3 messages.*' | play
}
