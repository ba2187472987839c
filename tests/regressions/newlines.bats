#!/usr/bin/env bats
# Newlines and other control bytes where they could end a line of the queue file, of the
# log, of a report or of a command: CVE-2020-28021 (Exim: AUTH= in the spool header),
# CVE-2020-8794 (OpenSMTPD: a reply of several lines in the spool).
load common

@test "CVE-2020-28021: encoded control bytes in ENVID, ORCPT and NOTIFY are refused" {
    python3 - <<'END'
from hostile import *
p = Program("smtpd", RELAYCLIENT="")
assert p.reply().startswith(b"220 ")
p.ask(b"EHLO client.example", b"250 ")
for code in b"0A", b"0D", b"00", b"1B", b"7F", b"80", b"9B", b"FF":
    p.ask(b"MAIL FROM:<bob@far.example> ENVID=x+" + code + b"R+20D", b"501 5.5.4 ")
p.ask(b"MAIL FROM:<bob@far.example> ENVID=x+20y+2Bz", b"250 ")
for code in b"0A", b"0D", b"00", b"7F", b"C3+A9":
    p.ask(b"RCPT TO:<ann@example.org> ORCPT=rfc822;x+" + code, b"501 5.5.4 ")
    p.ask(b"RCPT TO:<ann@example.org> ORCPT=x+" + code + b";x", b"501 5.5.4 ")
    p.ask(b"RCPT TO:<ann@example.org> ORCPT=utf-8;x+" + code, b"501 5.5.4 ")
    p.ask(b"RCPT TO:<ann@example.org> NOTIFY=SUCCESS+" + code, b"501 5.5.4 ")
for bytes_ in b"\n", b"\r", b"\0", b"\r\r", b"\x1b", b"\x7f", b"\v":
    p.ask(b"RCPT TO:<ann@example.org> ORCPT=rfc822;x" + bytes_ + b"R", b"50")
    p.ask(b"RCPT TO:<ann" + bytes_ + b"@example.org>", b"50")
    p.ask(b'RCPT TO:<"ann\\' + bytes_ + b'"@example.org>', b"50")
p.ask(b"MAIL FROM:<bob@far.example> AUTH=<>", b"50")
p.ask(b"RCPT TO:<ann@example.org> ORCPT=rfc822;x+20y NOTIFY=SUCCESS,DELAY", b"250 ")
p.ask(b"DATA", b"354 ")
p.ask(b"Subject: x\r\n\r\nx\r\n.", b"250 ")
assert p.end() == 0
log = p.log().decode()
assert all(line.startswith("20") and " smtpd[" in line[:50] for line in log.splitlines()), log
assert all(c == "\n" or " " <= c <= "~" for c in log), log
END
    [ "$(queued)" -eq 1 ]
    grep -a -A 20 '^T ' "$POMBO_DIR"/queue/new/* | grep -ax 'E x+20y+2Bz'
    grep -ax 'R . sd - rfc822;x+20y ann@example.org' "$POMBO_DIR"/queue/new/*
    [ "$(grep -ac '^R ' "$POMBO_DIR"/queue/new/*)" -eq 1 ]
}

@test "CVE-2020-28021: names in HELO, and commands, forge no line of log or header" {
    python3 - <<'END'
from hostile import *
p = Program("smtpd")
assert p.reply().startswith(b"220 ")
p.ask(b"EHLO a\nReceived: x", b"500 ")
p.ask(b"EHLO a\x0bb", b"500 ")
p.ask(b"EHLO <evil>\"'\\;x", b"250 ")
p.envelope()
p.ask(b"DATA", b"354 ")
p.ask(b"Subject: x\r\n\r\nx\r\n.", b"250 ")
p.ask(b"FOO\x1b[31m", b"500 ")
assert p.end() == 0
log = p.log().decode()
assert all(c == "\n" or " " <= c <= "~" for c in log), log
assert log.count("\n") == log.count(" smtpd["), log
END
    grep -ax 'Received: from ?evil????;x \|Received: from ?evil?????x (\[198.51.100.7\])' \
        "$POMBO_DIR"/queue/new/*
}

@test "CVE-2020-28021: a newline within AUTH PLAIN is a wrong user, and one line of the log" {
    python3 - <<'END'
import base64
from hostile import *
popup = Program("popup", "mail.example.org", BIN + "/checkpw", "true", TCPREMOTEIP="127.0.0.1")
assert popup.line().startswith(b"+OK ")
for user, password in (b"ann\npombo", b"x"), (b"ann", b"x\r\nR"), (b"ann\x1b", b"x"):
    popup.say(b"AUTH PLAIN " + base64.b64encode(b"\0" + user + b"\0" + password) + b"\r\n")
    reply = popup.line()
    assert reply.startswith(b"-ERR "), reply
assert popup.end() in (0, 111)
log = popup.log().decode()
assert all(c == "\n" or " " <= c <= "~" for c in log), log
assert 'user="ann\\x0apombo"' in log, log
END
}

@test "CVE-2020-28021: what qinject and QMQP take adds no line to the queue file" {
    run ! qinject -f $'bob@far.example\nR . - - - eve@far.example' ann@example.org </dev/null
    run ! qinject -f bob@far.example $'ann@example.org\nR' </dev/null
    printf 'Subject: x\n\nx\n' | qinject -V $'id\nR . - - - eve@far.example' ann@example.org
    [ "$(queued)" -eq 1 ]
    [ "$(grep -ac '^R ' "$POMBO_DIR"/queue/new/*)" -eq 1 ]
    grep -aq '^E id+0AR' "$POMBO_DIR"/queue/new/*
    rm "$POMBO_DIR"/queue/new/*
    python3 - <<'END'
from hostile import *
def netstring(data):
    return b"%d:%s," % (len(data), data)
def request(sender, recipient):
    return netstring(netstring(b"Subject: x\n\nx\n") + netstring(sender) + netstring(recipient))
for sender, recipient in ((b"bob@far.example\nR", b"ann@example.org"), (b"bob@far.example", b"ann@example.org\n"),
                          (b"bob@far.example\0ENVID=x\nR", b"ann@example.org"),
                          (b"bob@far.example", b"ann@example.org\0ORCPT=rfc822;x\nR"),
                          (b"bob@far.example", b"ann@example.org\0NOTIFY=NEVER\n")):
    p = Program("qmqpd")
    p.say(request(sender, recipient))
    assert p.file.read(1000).split(b":")[1][:1] == b"D", (sender, recipient)
    p.end()
END
    [ "$(queued)" -eq 0 ]
}

@test "CVE-2020-8794: what a remote server says stays one line of result, log and bounce" {
    python3 - <<'END'
import threading
from hostile import *
from queuefile import build
evil = b"550-5.1.1 a\rR . - - - eve@x\r\n550-5.1.1 \x1b[31m\0b\x7f\n550-\r\n550 5.1.1 END 0\x0b\xc2\x85c\r\n"
listener = socket.create_server(("127.0.0.1", 0))
def serve():
    client, _ = listener.accept()
    lines = client.makefile("rb")
    client.sendall(b"220-x\x1b\r\n220 mx\n")
    for line in lines:
        if line.startswith(b"EHLO"):
            client.sendall(b"250-mx \x1b\r\n250 DSN\r\n")
        elif line.startswith(b"RCPT"):
            client.sendall(evil)
        else:
            client.sendall(b"250 ok\r\n")
threading.Thread(target=serve, daemon=True).start()
with open("message", "wb") as file:
    file.write(build([("ann@far.example", "f", "")]))
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
ours.settimeout(60)
with open("log", "wb") as log:
    process = subprocess.Popen([BIN + "/qremote"], stdin=theirs, stderr=log)
theirs.close()
port = str(listener.getsockname()[1]).encode()
ours.send(b"\0".join([b"hosts", b"far.example", b"may", b"", b"mx.far.example", b"127.0.0.1", port, b"insecure"]) + b"\0")
with open("message", "rb") as file:
    socket.send_fds(ours, [b"job\0001\0name\0000\0"], [file.fileno()])
assert ours.recv(65536).startswith(b"session\0")
fields = ours.recv(65536).split(b"\0")
ours.close()
process.wait(60)
assert fields[:6] == [b"result", b"1", b"0", b"D", b"5.1.1", b"mx.far.example"], fields
text = fields[6]
assert text.startswith(b"550 5.1.1 a") and not any(c < 32 or c == 127 for c in text), text

# qnotify: the same text in a bounce, and worse than qremote lets through.
for said in text, b"550 a\nR . - - - eve@x\r\n--boundary\x1b\x7f":
    message = os.open("message", os.O_RDWR)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(60)
    process = subprocess.Popen([BIN + "/qnotify"], stdin=theirs)
    theirs.close()
    name = b"abcdefghijklmnopqrstuvwxy" + (b"z" if said is text else b"a")
    socket.send_fds(ours, [b"\0".join([b"bounce", b"1", name, b"0", b"failed", b"5.1.1", b"mx\nX", said, b""])],
                    [message])
    assert ours.recv(65536).split(b"\0")[3] == b"K"
    ours.close()
    process.wait(60)
    with open(os.environ["POMBO_DIR"] + "/queue/new/" + name.decode() + ".b0", "rb") as file:
        bounce = file.read()
    header, body = bounce.split(b"\n\n", 1)
    assert header.count(b"\nR ") == 1, header
    assert not any(c < 32 and c not in b"\n\t" or c == 127 for c in bounce), bounce
    assert not any(line.startswith((b"R . - - - eve", b"X", b"--boundary")) for line in body.split(b"\n")), body
    assert b"\nDiagnostic-Code: smtp; 550 " in body
END
}
