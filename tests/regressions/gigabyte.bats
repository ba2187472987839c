#!/usr/bin/env bats
# CVE-2005-1513, 1514 and 1515: lines, headers and recipients of gigabytes overran
# qmail's counters. Here a gigabyte comes from a generator, under a limit of 48 MB of
# address space; it is refused, and the session goes on or ends in order.
load common

@test "CVE-2005-1513: smtpd drops a command line of a gigabyte and goes on" {
    python3 - <<'END'
from hostile import *
p = Program("smtpd")
assert p.reply().startswith(b"220 ")
p.ask(b"EHLO client.example", b"250 ")
p.say(b"MAIL FROM:<")
assert p.flood(b"a") == GIGABYTE
p.ask(b"@example.org>", b"500 5.5.2 ")
p.ask(b"NOOP", b"250 ")
p.ask(b"QUIT", b"221 ")
assert p.end() == 0
END
    [ "$(queued)" -eq 0 ]
}

@test "CVE-2005-1514: smtpd refuses a header line of a gigabyte, and keeps nothing of it" {
    python3 - <<'END'
from hostile import *
p = Program("smtpd")
p.begin()
p.ask(b"DATA", b"354 ")
p.say(b"Subject: ")
assert p.flood(b"x") == GIGABYTE
p.ask(b"\r\n.", b"552 5.3.4 ")
p.envelope()
p.ask(b"DATA", b"354 ")
p.ask(b"Subject: small\r\n\r\nx\r\n.", b"250 2.0.0 ")
assert p.end() == 0
END
    [ "$(queued)" -eq 1 ]
}

@test "CVE-2005-1514: smtpd refuses header fields, and dots, without end" {
    python3 - <<'END'
from hostile import *
p = Program("smtpd")
p.begin()
p.ask(b"DATA", b"354 ")
p.flood(b"Received: by x\r\n", GIGABYTE // 8)
p.ask(b"\r\n.", b"552 5.3.4 ")
p.envelope()
p.ask(b"DATA", b"354 ")
p.flood(b".\r", GIGABYTE // 32)
p.ask(b"\r\n.", b"552 5.3.4 ")
assert p.end() == 0
END
    [ "$(queued)" -eq 0 ]
}

@test "CVE-2005-1515: recipients without end are refused, and memory stays bounded" {
    python3 - <<'END'
from hostile import *
p = Program("smtpd", RELAYCLIENT="")
p.begin()
for n in range(60):
    p.say(b"".join(b"RCPT TO:<r%d.%d@far.example>\r\n" % (n, i) for i in range(500)))
    replies = [p.reply() for i in range(500)]
    assert all(r.startswith(b"250 " if n * 500 + i < 999 else b"452 4.5.3 ")
               for i, r in enumerate(replies)), replies[0]
p.ask(b"RSET", b"250 ")
assert p.end() == 0
END
}

@test "CVE-2005-1514: qinject refuses a header line, and recipients, of a gigabyte" {
    python3 - <<'END'
from hostile import *
for start, flood in (b"Subject: ", b"x"), (b"To: ", b"a@b,"), (b"", b"To: a@example.org\n"), (b"To: ", b"("):
    p = Program("qinject", "-t", "-i")
    p.say(start)
    assert p.flood(flood) < GIGABYTE
    assert p.end() == 65, p.log()
    assert b"longer than" in p.log(), p.log()
p = Program("qinject", "-i", "ann@example.org")
p.say(b"Subject: x\n\n")
assert p.flood(b"x") < GIGABYTE
assert p.end() == 69 and b"larger than the limit" in p.log(), p.log()
END
    [ "$(queued)" -eq 0 ]
    [ -z "$(ls "$POMBO_DIR/queue/tmp")" ]
}

@test "CVE-2005-1513: popup and pop3d drop lines of a gigabyte and go on" {
    echo hello >"$POMBO_DIR/mail/example.org/ann/new/1700000000.M1P1.host"
    python3 - <<'END'
from hostile import *
for args, say in (("popup",), b"USER "), (("pop3d", "example.org/ann"), b"RETR "):
    p = Program(*args)
    assert p.line().startswith(b"+OK ")
    p.say(say)
    assert p.flood(b"1") == GIGABYTE
    p.say(b"\r\nCAPA\r\nQUIT\r\n")
    assert p.line() == b"-ERR line too long\r\n"
    assert p.line().startswith(b"+OK ")
    assert p.file.read().endswith(b".\r\n+OK bye\r\n")
    assert p.end() == 0
END
}

@test "CVE-2005-1513: qmqpd refuses netstrings of gigabytes" {
    python3 - <<'END'
from hostile import *
for length, answer in ((b"1073741900:1073741824:", b"too large"), (b"99999999999999999999:", b"not QMQP"),
                       (b"0" * 100, b"not QMQP"), (b"2000000:10:Subject:x,1900000:", b"not QMQP")):
    p = Program("qmqpd")
    p.say(length)
    p.flood(b"9", 1 << 24)
    assert answer in p.netstring(), length
    p.sock.close()
    p.end()
END
}

@test "CVE-2005-1513: qremote gives up on a server whose reply has no end" {
    python3 - <<'END'
import threading
from hostile import *
from queuefile import build
listener = socket.create_server(("127.0.0.1", 0))
port = str(listener.getsockname()[1]).encode()
floods = [(b"220 ", b"x", GIGABYTE // 2), (b"", b"220-text\r\n", GIGABYTE // 4)]
sent = []
def serve():
    for start, bytes_, total in floods:
        client, _ = listener.accept()
        client.sendall(start)
        sent.append(flood(client, bytes_, total))
        client.close()
thread = threading.Thread(target=serve)
thread.start()
with open("message", "wb") as file:
    file.write(build([("ann@far.example", "", "")]))
for what in b"sent a line too long for SMTP", b"sent what is no SMTP reply":
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(60)
    process = subprocess.Popen([BIN + "/qremote"], stdin=theirs, preexec_fn=limit)
    theirs.close()
    ours.send(b"\0".join([b"hosts", b"far.example", b"may", b"", b"mx.far.example", b"127.0.0.1", port, b"insecure"]) + b"\0")
    with open("message", "rb") as file:
        socket.send_fds(ours, [b"job\0001\0name\0000\0"], [file.fileno()])
    answer = ours.recv(65536)
    assert answer.startswith(b"unreachable\0"), answer
    assert what in answer or b"closed the connection" in answer, answer
    ours.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0 and usage.ru_maxrss <= RESIDENT_KB, (status, usage.ru_maxrss)
thread.join()
assert sent[0] == floods[0][2] and sent[1] < floods[1][2], sent
END
}
