#!/usr/bin/env bats
# Nothing is smuggled in or out: look-alikes of end-of-data never end a message.
load system

setup() {
    system_up
}
teardown() {
    system_down
}

@test "no look-alike of end-of-data brings a second message in" {
    cat >"$BATS_TEST_TMPDIR/outer.py" <<'EOF'
import socket, sys

class Outer:
    """A message with MARK in its middle and a whole second one after it, to bob; BDAT, so
    that no rule of pipelining stands in its way."""

    def __init__(self, port, mark):
        self.socket = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
        self.file = self.socket.makefile("rb")
        self.reply()
        for line in b"EHLO client.test", b"MAIL FROM:<bob@pombo.test>", b"RCPT TO:<ann@pombo.test>", b"DATA":
            self.ask(line)
        inner = b"Subject: smuggled\r\n\r\nx\r\n"
        self.socket.sendall(b"Subject: outer\r\n\r\nhello" + mark + b"MAIL FROM:<evil@pombo.test>\r\n"
                            b"RCPT TO:<bob@pombo.test>\r\nBDAT %d LAST\r\n" % len(inner) + inner + b"\r\n.\r\n")

    def reply(self):
        while (line := self.file.readline())[3:4] == b"-":
            pass
        return line

    def ask(self, line):
        self.socket.sendall(line + b"\r\n")
        return self.reply()
EOF
    PYTHONPATH=$BATS_TEST_TMPDIR python3 - "$SMTP_PORT" <<'EOF'
import sys
from outer import Outer
look_alikes = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n",
               b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\r\n"]
for mark in look_alikes:
    session = Outer(sys.argv[1], mark)
    reply = session.reply()
    assert reply.startswith(b"550 5.6."), (mark, reply)
    # Had the message ended before, the answer to MAIL would come here.
    reply = session.ask(b"NOOP")
    assert reply.startswith(b"250 2.0.0 "), (mark, reply)
    assert session.ask(b"QUIT").startswith(b"221 "), mark
    assert session.file.read() == b"", mark
EOF
    sleep 0.5
    [ "$(mailbox_count bob)" -eq 0 ]
    [ "$(mailbox_count ann)" -eq 0 ]
    queue_is_empty
    # After a bare CR the true end is one all the same, as it is for every server before us;
    # the message with the bare CR is refused.
    PYTHONPATH=$BATS_TEST_TMPDIR python3 - "$SMTP_PORT" <<'EOF'
import sys
from outer import Outer
session = Outer(sys.argv[1], b"\r\r\n.\r\n")
for expected in b"550 5.6.", b"250 2.1.0 ", b"250 2.1.5 ", b"250 2.0.0 queued":
    reply = session.reply()
    assert reply.startswith(expected), (expected, reply)
EOF
    wait_until 5 mailbox_has bob 1
    [ "$(mailbox_count ann)" -eq 0 ]
}

@test "a message from a local program with bare CRs smuggles nothing out" {
    port=$(free_port)
    start_background sink python3 "$POMBO_ROOT/tests/e2e/record_smtp.py" 127.0.0.21 "$port" "$BATS_TEST_TMPDIR/wire"
    wait_until 5 listens 127.0.0.21 "$port"
    table_line routes "far.test [127.0.0.21]:$port"
    printf 'Subject: out\n\nhello\r.\rMAIL FROM:<x@y>\n.\nend\n' | qinject -i -f bob@pombo.test you@far.test || true
    printf 'Subject: plain\n\nhello\n.\nend\n' | qinject -i -f bob@pombo.test you@far.test
    wait_until 10 grep -q 'Subject: plain' "$BATS_TEST_TMPDIR/wire"
    wait_until 10 grep -q 'Subject: out' "$BATS_TEST_TMPDIR/wire"
    [ "$(grep -c '^MAIL ' "$BATS_TEST_TMPDIR/wire.commands")" -eq 2 ]
    python3 - "$BATS_TEST_TMPDIR/wire" <<'EOF'
import re, sys
wire = open(sys.argv[1], "rb").read()
assert not re.search(rb"\r(?!\n)", wire), "a bare CR on the wire"
assert not re.search(rb"(?<!\r)\n", wire), "a bare LF on the wire"
assert b"\r\n..\r\nend\r\n" in wire
EOF
    stop_background sink
}
