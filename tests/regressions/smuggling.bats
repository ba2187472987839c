#!/usr/bin/env bats
# Look-alikes of end-of-data, alone on smtpd: refused or taken as text, however they are
# cut into segments, and never an end; the true end is one in any segments. (With all of
# pombo and over TCP: tests/e2e/smuggling.bats.)
load common

@test "nineteen look-alikes of end-of-data end no message, in any segments" {
    python3 - <<'END'
import time
from hostile import *
look_alikes = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n",
               b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\r\n", b"\n\n.\n\n", b"\r\n.\n\r\n",
               b"\n\r.\n\r", b"\r\n\r.\r\n", b"\0\r\n.\n", b"\r\n\xc0\xae\n", b"\r\n.\r\0\n", b"\n.\r\n.\n"]
smuggled = b"MAIL FROM:<eve@far.example>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
p = Program("smtpd")
assert p.reply().startswith(b"220 ")
p.ask(b"EHLO client.example", b"250 ")
for mark in look_alikes:
    for cut in [None] + list(range(1, len(mark))):
        p.envelope()
        p.ask(b"DATA", b"354 ")
        text = b"Subject: outer\r\n\r\nhello" + mark + smuggled + b"\r\n.\r\n"
        at = 23 + (cut or 0)
        if cut is not None:
            p.say(text[:at])
            time.sleep(0.002)
            text = text[at:]
        p.say(text)
        reply = p.reply()
        assert reply.startswith(b"550 5.6."), (mark, cut, reply)
        p.ask(b"NOOP", b"250 2.0.0 ")
assert p.end() == 0
END
    [ "$(queued)" -eq 0 ]
}

@test "bare newlines that are repaired for a relay client end nothing either" {
    echo 'bare_newlines = repair' >>"$POMBO_DIR/etc/pombo.conf"
    qtable
    python3 - <<'END'
from hostile import *
p = Program("smtpd", RELAYCLIENT="")
p.begin()
p.ask(b"DATA", b"354 ")
p.ask(b"Subject: x\r\n\r\na\n.\nb\r.\rc\r\n.\nd\n.\r\ne\r\n.", b"250 2.0.0 queued")
p.ask(b"NOOP", b"250 ")
assert p.end() == 0
END
    [ "$(queued)" -eq 1 ]
    grep -qax e "$POMBO_DIR"/queue/new/*
    [ "$(grep -acx '\.' "$POMBO_DIR"/queue/new/*)" -eq 2 ]
}

@test "the true end is one, wherever it is cut" {
    python3 - >cuts <<'END'
import time
from hostile import *
p = Program("smtpd")
assert p.reply().startswith(b"220 ")
p.ask(b"EHLO client.example", b"250 ")
text = b"Subject: x\r\n\r\nx\r\n..\r\n.\r\n"
for cut in range(1, len(text)):
    p.envelope()
    p.ask(b"DATA", b"354 ")
    p.say(text[:cut])
    time.sleep(0.002)
    p.say(text[cut:])
    assert p.reply().startswith(b"250 2.0.0 queued"), cut
    print(cut)
assert p.end() == 0
END
    [ "$(queued)" -eq "$(wc -l <cuts)" ]
    [ "$(cat "$POMBO_DIR"/queue/new/* | grep -acx '\.')" -eq "$(wc -l <cuts)" ]
}
