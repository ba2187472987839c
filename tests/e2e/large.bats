#!/usr/bin/env bats
# Large things: a message of 50 MB, 1,000 recipients, load from smtp-source.
load system

setup() {
    system_up
}
teardown() {
    system_down
    stop_background sink
}

@test "a message of 50 MB goes in by SMTP and comes out by POP3 byte for byte" {
    python3 - "$SMTP_PORT" <<'EOF'
import random, smtplib, sys
random.seed(1)
line = "".join(random.choices("abcdefgh.", k=98)) + "\r\n"
body = "Subject: big\r\n\r\n" + line * 500000
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.sendmail("bob@pombo.test", ["ann@pombo.test"], body)
EOF
    wait_until 20 mailbox_has ann 1
    python3 - "$POP3_PORT" <<'EOF'
import poplib, random, sys
random.seed(1)
line = "".join(random.choices("abcdefgh.", k=98)).encode()
p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
p.user("ann@pombo.test"); p.pass_("secret-ann")
size = int(p.list()[1][0].split()[1])
_, lines, _ = p.retr(1)
assert sum(len(l) + 2 for l in lines) == size
body = lines[lines.index(b"") + 1:]
assert len(body) == 500000 and all(l == line for l in body)
p.quit()
EOF
}

@test "a message over the size limit is refused at MAIL, and while it is read" {
    echo 'size_limit = 10K' >>"$DIR/etc/pombo.conf"
    pombo reload "$DIR"
    run python3 - "$SMTP_PORT" <<'EOF'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.ehlo("client.test")
    print(s.mail("bob@pombo.test", ["SIZE=20000"]))
    print(s.mail("bob@pombo.test"))
    print(s.rcpt("ann@pombo.test"))
    print(s.data(b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 2000))
    print(s.noop())
EOF
    [ "$(grep -c "552, b'5.3.4" <<<"$output")" -eq 2 ]
    [[ $output == *"(250, b'2.0.0"* ]]
    queue_is_empty
}

@test "1,000 recipients in one transaction are all delivered" {
    for i in $(seq 1000); do printf 'r%s@pombo.test  pombo.test/r%s\n' "$i" "$i"; done >>"$DIR/etc/users"
    pombo reload "$DIR"
    python3 - "$SMTP_PORT" <<'EOF'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.sendmail("bob@pombo.test", ["r%d@pombo.test" % i for i in range(1, 1001)], "Subject: many\r\n\r\nx\r\n")
EOF
    all_there() { [ "$(find "$DIR"/mail/pombo.test/r* -path '*/new/*' -type f | wc -l)" -eq 1000 ]; }
    wait_until 30 all_there
    wait_until 5 queue_is_empty
}

@test "1,000 remote recipients at one exchanger go in few transactions" {
    port=$(free_port)
    start_background sink smtp-sink -u root -v 127.0.0.21:"$port" 100
    wait_until 5 listens 127.0.0.21 "$port"
    table_line routes "far.test [127.0.0.21]:$port"
    python3 - "$SMTP_PORT" <<'EOF'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.sendmail("bob@pombo.test", ["r%d@far.test" % i for i in range(1, 1001)], "Subject: many\r\n\r\nx\r\n")
EOF
    wait_until 30 queue_is_empty
    [ "$(grep -c 'RCPT TO:<r' "$BATS_TEST_TMPDIR/sink.out")" -eq 1000 ]
    [ "$(grep -c ': DATA$\|smtp-sink: DATA' "$BATS_TEST_TMPDIR/sink.out")" -le 20 ]
}

@test "smtp-source's load arrives whole, local and remote" {
    port=$(free_port)
    start_background sink smtp-sink -u root -c 127.0.0.21:"$port" 100
    wait_until 5 listens 127.0.0.21 "$port"
    table_line routes "far.test [127.0.0.21]:$port"
    smtp-source -s 10 -m 300 -l 4096 -f bob@pombo.test -t ann@pombo.test "127.0.0.1:$SMTP_PORT"
    smtp-source -d -s 10 -m 300 -l 4096 -f bob@pombo.test -t you@far.test "127.0.0.1:$SMTP_PORT"
    wait_until 30 mailbox_has ann 300
    wait_until 30 queue_is_empty
    [ "$(mailbox_count ann)" -eq 300 ]
    run ! log_matches ' (failed|corrupt) '
}

@test "a mailbox of 100,000 messages opens at once" {
    mkdir -p "$DIR"/mail/pombo.test/ann/{tmp,new,cur}
    python3 - "$DIR/mail/pombo.test/ann/cur" <<'EOF'
import os, sys
text = b"Subject: one of many\n\nbody\n"
size, wire = len(text), len(text) + text.count(b"\n")
for i in range(100000):
    fd = os.open(f"{sys.argv[1]}/{1700000000 + i}.M{i}P1.host,S={size},W={wire}:2,S", os.O_CREAT | os.O_WRONLY)
    os.write(fd, text)
    os.close(fd)
EOF
    python3 - "$POP3_PORT" <<'EOF'
import poplib, sys, time
poplib._MAXLINE = 4096
p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
p.user("ann@pombo.test")
begin = time.monotonic()
p.pass_("secret-ann")
count, size = p.stat()
took = time.monotonic() - begin
assert count == 100000, count
assert size == 100000 * 30, size
assert len(p.uidl()[1]) == 100000
assert b"Subject: one of many" in p.retr(99999)[1]
p.quit()
print(took)
assert took < 10  # a hang, not a speed: that is measured in bench/
EOF
}
