#!/usr/bin/env bats
# Large mailboxes, large messages, slow clients.
load common

# fill COUNT: so many messages as qlocal names them, in cur/.
fill() {
    python3 - "$1" <<'END'
import os, sys
os.chdir("pombo/mail/example.org/ann/cur")
for i in range(int(sys.argv[1])):
    fd = os.open(f"{1700000000 + i // 1000}.M{i:06d}P1.host,S=21,W=24:2,",
                 os.O_CREAT | os.O_WRONLY, 0o600)
    os.write(fd, b"Subject: x\n\nbody xxx\n")
    os.close(fd)
END
}

@test "100,000 messages: open, LIST and UIDL in about a second" {
    fill 100000
    serve_by_door
    python3 - "$PORT" <<'END'
import poplib, sys, time
def session():
    p = poplib.POP3("127.0.0.1", int(sys.argv[1]), 30)
    p.user("ann")
    begin = time.monotonic()
    p.pass_("secret")
    return p, time.monotonic() - begin
session()[0].quit()
p, opened = session()
assert p.stat() == (100000, 2400000)
begin = time.monotonic()
p._putcmd("LIST")
sizes = p._getresp(), sum(1 for _ in iter(p.file.readline, b".\r\n"))
p._putcmd("UIDL")
ids = p._getresp(), sum(1 for _ in iter(p.file.readline, b".\r\n"))
listed = time.monotonic() - begin
assert sizes[1] == ids[1] == 100000
p.retr(100000)
p.dele(50000)
begin = time.monotonic()
p.quit()
print(f"open {opened:.3f}, LIST and UIDL {listed:.3f}, QUIT {time.monotonic() - begin:.3f}")
assert opened < 2 and listed < 2
END
    [ "$(messages)" -eq 99999 ]
}

@test "a large message goes out whole, in large writes" {
    python3 -c '
import sys
sys.stdout.write("Subject: large\n\n" + ("." + "x" * 71 + "\n") * 300000)' | put 1
    serve_by_door
    python3 - "$PORT" <<'END'
import poplib, sys
p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
p.user("ann"); p.pass_("secret")
size = int(p.list(1).split()[2])
lines = p.retr(1)[1]
assert len(lines) == 300002
assert sum(len(line) + 2 for line in lines) == size == 18 + 300000 * 74
assert all(len(line) == 72 for line in lines[2:])
p.quit()
END
}

@test "pipelined commands are answered in few writes, a message in one" {
    put_some 100
    {
        for i in {1..100}; do printf 'RETR %d\r\nNOOP\r\n' "$i"; done
        printf 'QUIT\r\n'
    } >in
    strace -f -qq -e trace=write,sendto,sendmsg,writev -o trace \
        pop3d example.org/ann <in >out 2>/dev/null
    [ "$(grep -c '^+OK' out)" -eq 202 ]
    [ "$(grep -cE '(write|sendto|sendmsg|writev)\(1,' trace)" -le 3 ]
}

@test "the answer and the message's start leave in one write" {
    put_some 1
    python3 - <<'END'
import os, socket, subprocess
mine, theirs = socket.socketpair()
child = subprocess.Popen(["strace", "-qq", "-e", "trace=write,sendto,sendmsg,writev",
                          "-o", "trace", "pop3d", "example.org/ann"],
                         stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL)
theirs.close()
file = mine.makefile("rb")
assert file.readline().startswith(b"+OK 1 ")
for command in b"RETR 1", b"TOP 1 1", b"LIST", b"UIDL":
    mine.sendall(command + b"\r\n")
    while file.readline() != b".\r\n":
        pass
mine.sendall(b"QUIT\r\n")
assert file.read().startswith(b"+OK")
child.wait()
END
    [ "$(grep -cE '(write|sendto|sendmsg|writev)\(1,' trace)" -eq 6 ]
}

@test "a client that never reads is given up" {
    python3 -c 'print("Subject: large\n\n" + ("x" * 71 + "\n") * 300000)' | put 1
    write_tables pop3_timeout 1
    serve_by_door
    python3 - "$PORT" <<'END'
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
s.sendall(b"USER ann\r\nPASS secret\r\nDELE 1\r\nRSET\r\n" + b"RETR 1\r\n" * 5 + b"QUIT\r\n")
deadline = time.monotonic() + 15
while " logout " not in open("log").read():
    assert time.monotonic() < deadline
    time.sleep(0.1)
END
    logged 'reason=(time-out|connection-lost)'
    [ "$(messages)" -eq 1 ]
}

@test "fifty sessions one after the other meet no stall" {
    put_some 1
    serve_by_door
    python3 - "$PORT" <<'END'
import poplib, sys, time
begin = time.monotonic()
for _ in range(50):
    p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
    p.user("ann"); p.pass_("secret"); p.stat(); p.retr(1); p.quit()
took = time.monotonic() - begin
assert took < 50 * 0.2, took     # one delayed acknowledgement a command would be 0.2 s
END
}
