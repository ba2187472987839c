#!/usr/bin/env bats
# What is deleted, and when.
load common

@test "QUIT deletes what was marked, and nothing that came later" {
    put_some 3
    serve_by_door
    python3 - "$PORT" <<'END'
import poplib, sys
p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
p.user("ann"); p.pass_("secret")
p.dele(1); p.dele(3)
open("pombo/mail/example.org/ann/new/1600000000.M9P9.host", "w").write("A: late\n\n")
assert p.stat()[0] == 1
p.quit()
END
    [ "$(messages)" -eq 2 ]
    grep -rq 'A: late' pombo/mail
    grep -rq 'number 2' pombo/mail
}

@test "a connection that breaks deletes nothing" {
    put_some 3
    serve_by_door
    play_as_ann <<'END'
-> DELE 1
<- [+]OK .*
||
<$
END
    wait_until 5 logged 'logout .*reason=client-went'
    play_as_ann <<'END'
-> DELE 1
<- [+]OK .*
!!
END
    wait_until 5 log_has_two
    play_as_ann <<'END'
-> DELE 1
<- [+]OK .*
>> QUIT
||
<$
END
    [ "$(messages)" -eq 3 ]
}

log_has_two() {
    [ "$(grep -c ' logout ' log)" -eq 2 ]
}

@test "a terminated session deletes nothing" {
    put_some 1
    mkfifo in
    MAILBOX=example.org/ann pop3d <in >out 2>/dev/null 3>&- &
    local pid=$!
    exec 9>in
    printf 'DELE 1\r\n' >&9
    wait_until 5 grep -q marked out
    kill "$pid"
    wait "$pid" || true
    exec 9>&-
    [ "$(messages)" -eq 1 ]
}

@test "two sessions on one mailbox do no harm" {
    put_some 4
    serve_by_door
    python3 - "$PORT" <<'END'
import poplib, sys
def session():
    p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
    p.user("ann"); p.pass_("secret")
    return p
a, b = session(), session()
assert a.uidl()[1] == b.uidl()[1]
b.retr(4)
a.retr(2)            # marked as read at a's QUIT: renamed under b
a.dele(1); a.dele(3)
a.quit()
for gone in 1, 3:
    try:
        b.retr(gone)
        raise SystemExit("a removed message was sent")
    except poplib.error_proto as error:
        assert b"removed" in error.args[0]
assert b.retr(2)[1][0] == b"Subject: number 2"
assert b.retr(4)[1][0] == b"Subject: number 4"
b.dele(1); b.dele(2)
assert b.quit().startswith(b"+OK")
c = session()
assert c.stat()[0] == 1
assert c.retr(1)[1][0] == b"Subject: number 4"
c.quit()
END
}

@test "many sessions delete at once, and each message once" {
    put_some 50
    serve_by_door
    python3 - "$PORT" <<'END'
import poplib, sys, threading
failed = []
def session():
    try:
        p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
        p.user("ann"); p.pass_("secret")
        for i in range(1, p.stat()[0] + 1):
            p.dele(i)
        assert p.quit().startswith(b"+OK")
    except Exception as error:
        failed.append(error)
threads = [threading.Thread(target=session) for _ in range(8)]
for t in threads: t.start()
for t in threads: t.join()
assert not failed, failed
END
    [ "$(messages)" -eq 0 ]
}

@test "what can't be removed is told, and stays" {
    mkdir -p pombo/mail/example.org/ann/cur
    printf 'A: 1\n\n' >'pombo/mail/example.org/ann/cur/1700000000.M1P1.host,S=6,W=8:2,S'
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
    chmod -R go+rX pombo
    printf 'DELE 1\r\nQUIT\r\n' |
        setpriv --reuid=65534 --regid=65534 --clear-groups pop3d example.org/ann >out 2>log
    grep -q '^+OK marked' out
    grep -q '^-ERR \[SYS/TEMP\]' out
    logged ' trouble with=removing message='
    logged ' deleted=0 left=1'
    [ "$(messages)" -eq 1 ]
}
