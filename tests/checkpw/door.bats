#!/usr/bin/env bats
# checkpw -d: the log-in door.
load common

# ask PYTHON: a connection to the door is in "door", "send(bytes, fds)" sends on it;
# "mine" is the client's end of a connection whose other end is "theirs".
ask() {
    python3 - "$PWD/pombo/run/login" <<END
import array, socket, sys
door = socket.socket(socket.AF_UNIX)
door.settimeout(10)
door.connect(sys.argv[1])
mine, theirs = socket.socketpair()
mine.settimeout(10)
def send(data, fds):
    door.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
both = [theirs.fileno(), theirs.fileno()]
def is_silent():
    try:
        return door.recv(9) == b""
    except ConnectionResetError:
        return True
$1
END
}

@test "K, and the program serves the client" {
    open_door
    ask '
send(b"ann\0secret\0now\0", both)
assert door.recv(9) == b"K"
assert door.recv(9) == b""
theirs.close()
assert mine.recv(99).startswith(b"+OK 0 messages")
mine.sendall(b"QUIT\r\n")
assert mine.recv(99).startswith(b"+OK")
assert mine.recv(99) == b""
'
}

@test "D for wrong ones, and the client hears nothing" {
    open_door
    ask '
send(b"ann\0wrong\0now\0", both)
assert door.recv(9) == b"D"
theirs.close()
assert mine.recv(99) == b""
'
}

@test "Z where the tables can not be read, or the program is missing" {
    listen "unix:$PWD/pombo/run/login" checkpw -d no-such-program
    ask '
send(b"ann\0secret\0now\0", both)
assert door.recv(9) == b"Z"
theirs.close()
assert mine.recv(99) == b""
'
    mv pombo/etc/tables.cdb away
    ask '
send(b"ann\0secret\0now\0", both)
assert door.recv(9) == b"Z"
'
}

@test "another program can stand in pop3d's place" {
    listen "unix:$PWD/pombo/run/login" checkpw -d true
    ask '
send(b"ann\0secret\0now\0", both)
assert door.recv(9) == b"K"
theirs.close()
assert mine.recv(99) == b""
'
}

@test "a question that is none gets no answer" {
    open_door
    ask 'door.sendall(b"ann\0secret\0now\0"); assert is_silent()'
    ask 'send(b"ann\0secret\0now\0", both[:1]); assert is_silent()'
    ask 'send(b"ann\0secret\0now\0", both + both[:1]); assert is_silent()'
    ask 'send(b"ann\0secret\0now", both); assert is_silent()'
    ask 'send(b"x" * 2000, both); assert is_silent()'
    ask 'door.shutdown(socket.SHUT_WR); assert is_silent()'
    run ! logged ' login '
}

@test "method and address are the asker's, other fields are not taken" {
    listen "unix:$PWD/pombo/run/login" checkpw -d env
    ask '
send(b"ann\0secret\0now\0LOGIN_METHOD=X\0TCPREMOTEIP=192.0.2.1\0LD_PRELOAD=x\0", both)
assert door.recv(9) == b"K"
theirs.close()
text = mine.makefile().read()
assert "LOGIN_METHOD=X\n" in text and "TCPREMOTEIP=192.0.2.1\n" in text
assert "LD_PRELOAD" not in text and "secret" not in text
'
    ask '
send(b"ann\0secret\0now\0TCPREMOTEIP=no address\0", both)
assert door.recv(9) == b"K"
theirs.close()
assert "TCPREMOTEIP" not in mine.makefile().read()
'
}

@test "the client gets no descriptor beside its own and the log" {
    listen "unix:$PWD/pombo/run/login" checkpw -d ls /proc/self/fd
    ask '
send(b"ann\0secret\0now\0", both)
assert door.recv(9) == b"K"
theirs.close()
assert mine.makefile().read().split() == ["0", "1", "2", "3"]
'
}
