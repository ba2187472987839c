#!/usr/bin/env bats
# The door for users without rights on the queue: qmqpd's side, with clients of any kind.
load common

@test "a plain QMQP client is served" {
    open_door
    speak <<'END'
got = ask(request(b"Subject: plain\n\ngr\xc3\xbc\xc3\x9fe\n", b"", (b"ann@pombo.test", b"bob@far.example", b"postmaster")))
assert got.endswith(b",") and b":Kqueued as " in got, got
assert int(got.split(b":")[0]) == len(got.split(b":", 1)[1]) - 1, got
one, = queued()
assert b"\nF 8\n" in one and b"\nS \n" in one, one
assert one.count(b"\nR . - - - ") == 3
assert b"\n\nReceived: (from uid 0)\n\tby mail.pombo.test with QMQP id " in one
assert b"\nSubject: plain\n\ngr\xc3\xbc\xc3\x9fe\nEND " in one
ask(request(sender="jürgen@far.example".encode()))
assert sum(b"\nF u\n" in data for data in queued()) == 1
END
}

@test "input that is partial queues nothing and gets no answer" {
    open_door
    speak <<'END'
whole = request()
for cut in range(len(whole)):
    assert ask(whole[:cut], ends=True) == b"", cut
assert queued() == []
assert ask(whole, ends=True).split(b":")[1].startswith(b"K")
END
    grep -q 'gone' pombo/log/qmqpd
}

@test "what is not QMQP is refused" {
    open_door
    speak <<'END'
bad = [b"GET / HTTP/1.0\r\n\r\n" + b"x" * 30, b":x,", b"-5:hello,", b"99999999999999999999999999:",
       b"3:abc,", b"0:,", b"5:2:ab,,",
       netstring(b"2:ab;" + netstring(b"a@b.example") + netstring(b"c@d.example")),
       netstring(b"200:ab," + netstring(b"a@b.example")),
       netstring(netstring(b"x\n") + b"9999:" + b"a" * 9999 + b","),
       netstring(netstring(b"x\n") + netstring(b"a@b.example") + b"11:c@d.exampl,"),
       netstring(netstring(b"x\n") + netstring(b"a@b.example") + netstring(b"c@d.example") + b"1"),
       request()[:-1] + b";"]
for data in bad:
    got = ask(data, ends=True)
    assert got.split(b":", 1)[-1].startswith(b"D"), (data[:60], got)
assert queued() == []
END
}

@test "wrong addresses and parameters are refused, and add no line" {
    open_door
    speak <<'END'
for sender in (b"a", b"a@", b"<a@b.example>", b"a@b.example\nR . - - - evil@far.example", b"a@b.example\0SIZE=1",
               b"a@b.example\0ENVID=a b", b"a@b.example\0RET=MAYBE", b"\xff@b.example"):
    assert b":Dthe sender" in ask(request(sender=sender)), sender
for recipient in (b"", b"a", b"a@b@c.example", b"a@b.example\nR . - - - evil@far.example", b"a@b.example\0NOTIFY=X",
                  b"a@b.example\0NOTIFY=NEVER,DELAY", b"a@b.example\0ORCPT=x", b"a@b.example\0\n"):
    assert b":Da recipient" in ask(request(recipients=(b"ann@pombo.test", recipient))), recipient
assert b":Dno recipients" in ask(request(recipients=()))
assert queued() == []
END
}

@test "an ORCPT is taken as long as smtpd may have made it" {
    open_door
    speak <<'END'
wishes = b"NOTIFY=SUCCESS,FAILURE,DELAY ORCPT="
longest = b"a" * 64 + b"@" + b".".join([b"b" * 60] * 2) + b"." + b"c" * 59 + b".example"
for orcpt in (b"rfc822;" + b"a" * 493, b"utf-8;" + b"\\x{E9}" * 100, b"utf-8;" + b"\\x{7FF}" * 247):
    assert b":K" in ask(request(recipients=(longest + b"\0" + wishes + orcpt,))), orcpt
    assert sum(b" " + orcpt + b" " + longest + b"\n" in data for data in queued()) == 1, orcpt
assert b":Da recipient" in ask(request(recipients=(b"a@b.example\0ORCPT=rfc822;" + b"a" * 1744,)))
END
}

@test "sizes and recipients have limits" {
    settings 'size_limit = 100K' 'recipients_limit = 100'
    open_door
    speak <<'END'
assert b":K" in ask(request(b"x" * 102399 + b"\n"))
assert b":Dthe message is too large" in ask(request(b"x" * 102400 + b"\n"))
assert b":Dthe message is too large" in ask(request(b"x" * 3000000 + b"\n"))
assert b":Dthe message is too large" in ask(b"999999999999:999999999900:")
assert b":K" in ask(request(recipients=[b"r%d@far.example" % i for i in range(100)]))
assert b":Dtoo many recipients" in ask(request(recipients=[b"r%d@far.example" % i for i in range(101)]))
assert len(queued()) == 2
END
}

@test "a queue that fails is told as temporary" {
    open_door
    rm -r pombo/queue/tmp
    speak <<'END'
assert b":Zcannot queue" in ask(request())
END
    mkdir pombo/queue/tmp
    stop_door
    rm -f pombo/run/qmqp
    settings 'free_space = 1024G'
    open_door
    speak <<'END'
assert b":Zthe queue's disk is full" in ask(request())
assert queued() == []
END
}

@test "a client over the network is refused" {
    speak <<'END'
import subprocess
with socket.create_server(("127.0.0.1", 0)) as listener:
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
process = subprocess.Popen(["qmqpd"], stdin=server, stdout=server, stderr=subprocess.DEVNULL)
server.close()
client.settimeout(20)
client.sendall(request())
assert b":Dfor users of this machine" in answer(client)
assert process.wait() == 0 and queued() == []
process = subprocess.run(["qmqpd"], input=request(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
assert b":Dfor users" in process.stdout and queued() == []
END
}

@test "a client that hangs up before the answer does no harm" {
    open_door
    speak <<'END'
s = connect()
s.sendall(request())
s.close()
for _ in range(100):
    if os.listdir("pombo/queue/new"):
        break
    time.sleep(0.05)
assert len(queued()) == 1
END
}

@test "the uid is the kernel's, whatever the message says" {
    open_door
    as_nobody qinject ann@pombo.test <<<$'Received: (from uid 0)\n\tby mail.pombo.test with QMQP id x\n\nx'
    [ "$(message | sed -n 1p)" = 'Received: (from uid 65534)' ]
    [ "$(envelope B)" = 'B uid 65534' ]
}
