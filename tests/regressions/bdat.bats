#!/usr/bin/env bats
# CVE-2017-16943 (Exim: BDAT commands out of order used freed memory): chunks with odd
# sizes, in odd places, twice the last, cut off, and with commands within them.
load common

@test "CVE-2017-16943: BDAT without a size, or with one that is none, ends the session" {
    python3 - <<'END'
from hostile import *
for argument in b"", b" x", b" -1", b" +5", b" 5x", b" 0x10", b" 99999999999999999999", b" 9223372036854775808", \
        b" 5 LAST LAST", b" 5 last x", b" 5 L", b" LAST", b" 1 2", b" \xd9\xa1":
    p = Program("smtpd")
    p.begin()
    p.say(b"BDAT" + argument + b"\r\nRSET\r\nQUIT\r\n")
    assert p.reply().startswith(b"501 5.5.4 "), argument
    assert p.reply() == b"", argument
    p.end()
END
    [ "$(queued)" -eq 0 ]
}

@test "CVE-2017-16943: bytes of a chunk are never commands, wherever the chunk comes" {
    python3 - <<'END'
from hostile import *
commands = b"RSET\r\nMAIL FROM:<eve@far.example>\r\nQUIT\r\n"
chunk = b"BDAT %d\r\n" % len(commands) + commands
last = b"BDAT %d LAST\r\n" % len(commands) + commands
p = Program("smtpd")
assert p.reply().startswith(b"220 ")
for stage, expected in (b"", b"503 "), (b"EHLO x", b"503 "), (b"MAIL FROM:<bob@far.example>", b"503 "), \
        (b"RCPT TO:<nobody@example.org>", b"554 "), (b"RCPT TO:<ann@example.org>", None):
    if stage:
        p.say(stage + b"\r\n")
        p.reply()
    if expected:
        for part in chunk, last, b"BDAT 0\r\n", b"BDAT 0 LAST\r\n":
            p.say(part)
            assert p.reply().startswith(expected), (stage, part)
p.say(chunk)
assert p.reply().startswith(b"250 ")
for command in b"DATA", b"MAIL FROM:<a@b.example>", b"RCPT TO:<ann@example.org>":
    p.ask(command, b"503 ")
p.say(last)
assert p.reply().startswith(b"250 2.0.0 queued")
p.say(last)  # twice the last: there is no transaction any more
assert p.reply().startswith(b"503 ")
p.ask(b"NOOP", b"250 ")
assert p.end() == 0
END
    [ "$(queued)" -eq 1 ]
    [ "$(grep -ac '^RSET$' "$POMBO_DIR"/queue/new/*)" -eq 2 ]
}

@test "CVE-2017-16943: zero, huge and cut chunks, and those after an error" {
    python3 - <<'END'
from hostile import *
p = Program("smtpd")
p.begin()
for i in range(50):
    p.say(b"BDAT 0\r\n")
p.say(b"BDAT 0 LAST\r\n")
for i in range(50):
    assert p.reply().startswith(b"250 2.0.0 0 octets")
assert p.reply().startswith(b"250 2.0.0 queued")
# Over the limit: refused, read to the end, and the transaction goes on to be refused.
p.envelope()
p.say(b"BDAT 3000000\r\n")
p.flood(b"Subject: x\r\n", 3000000)
assert p.reply().startswith(b"552 5.3.4 ")
p.say(b"BDAT 4 LAST\r\nab\r\n")
assert p.reply().startswith(b"552 5.3.4 ")
# After a bare newline the message is refused as a whole, and the next one is not.
p.envelope()
p.say(b"BDAT 4\r\na\nb\n")
assert p.reply().startswith(b"250 ")
p.say(b"BDAT 0 LAST\r\n")
assert p.reply().startswith(b"550 5.6.0 ")
p.envelope()
p.say(b"BDAT 14 LAST\r\nSubject: y\r\n\r\n")
assert p.reply().startswith(b"250 2.0.0 queued")
# RSET between chunks drops what came.
p.envelope()
p.say(b"BDAT 5\r\nabc\r\n")
assert p.reply().startswith(b"250 ")
p.ask(b"RSET", b"250 ")
p.say(b"BDAT 2 LAST\r\n\r\n")
assert p.reply().startswith(b"503 ")
# Cut off within a chunk.
p.envelope()
p.say(b"BDAT 9000000000000000000 LAST\r\nabc")
assert p.end() == 0
END
    [ "$(queued)" -eq 2 ]
    [ -z "$(ls "$POMBO_DIR/queue/tmp")" ]
}

@test "CVE-2017-16943: a CRLF and a dot parted by chunks end nothing" {
    python3 - <<'END'
from hostile import *
p = Program("smtpd")
p.begin()
text = b"Subject: x\r\n\r\n.\r\nMAIL FROM:<eve@far.example>\r\n.\r\n"
for i in range(len(text)):
    p.say(b"BDAT 1\r\n" + text[i:i + 1])
    assert p.reply().startswith(b"250 ")
p.say(b"BDAT 0 LAST\r\n")
assert p.reply().startswith(b"250 2.0.0 queued")
assert p.end() == 0
END
    [ "$(queued)" -eq 1 ]
    [ "$(grep -acx '\.' "$POMBO_DIR"/queue/new/*)" -eq 2 ]
}
