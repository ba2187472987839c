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
    python3 - "$SMTP_PORT" <<'EOF'
import socket, sys
look_alikes = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n",
               b"\r\r\n.\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\r\n"]
for mark in look_alikes:
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    f = s.makefile("rb")
    f.readline()
    for line in b"EHLO client.test", b"MAIL FROM:<bob@pombo.test>", b"RCPT TO:<ann@pombo.test>", b"DATA":
        s.sendall(line + b"\r\n")
        while f.readline()[3:4] == b"-":
            pass
    s.sendall(b"Subject: outer\r\n\r\nhello" + mark +
              b"MAIL FROM:<evil@pombo.test>\r\nRCPT TO:<bob@pombo.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n")
    reply = f.readline()
    assert reply.startswith(b"550 5.6."), (mark, reply)
    s.sendall(b"NOOP\r\n")
    assert f.readline().startswith(b"250 "), mark
    s.close()
EOF
    sleep 0.5
    [ "$(mailbox_count bob)" -eq 0 ]
    [ "$(mailbox_count ann)" -eq 0 ]
    queue_is_empty
}

@test "a message from a local program with bare CRs smuggles nothing out" {
    port=$(free_port)
    start_background sink python3 "$POMBO_ROOT/tests/e2e/record_smtp.py" 127.0.0.21 "$port" "$BATS_TEST_TMPDIR/wire"
    wait_until 5 listens 127.0.0.21 "$port"
    table_line routes "far.test [127.0.0.21]:$port"
    printf 'Subject: out\n\nhello\r.\rMAIL FROM:<x@y>\n.\nend\n' | qinject -i -f bob@pombo.test you@far.test || true
    printf 'Subject: plain\n\nhello\n.\nend\n' | qinject -i -f bob@pombo.test you@far.test
    wait_until 10 grep -q 'Subject: plain' "$BATS_TEST_TMPDIR/wire"
    python3 - "$BATS_TEST_TMPDIR/wire" <<'EOF'
import re, sys
wire = open(sys.argv[1], "rb").read()
assert not re.search(rb"\r(?!\n)", wire), "a bare CR on the wire"
assert not re.search(rb"(?<!\r)\n", wire), "a bare LF on the wire"
assert b"\r\n..\r\nend\r\n" in wire
EOF
    stop_background sink
}
