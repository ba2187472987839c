#!/usr/bin/env bats
# Real clients send and read.
load system

setup() {
    system_up
}
teardown() {
    system_down
}

@test "swaks sends and curl reads it back by POP3" {
    swaks --server 127.0.0.1 --port "$SMTP_PORT" --ehlo client.test --from bob@pombo.test \
        --to ann@pombo.test --header "Subject: from swaks" --body "hello ann" </dev/null
    wait_until 10 mailbox_has ann 1
    run curl -s --user ann@pombo.test:secret-ann "pop3://127.0.0.1:$POP3_PORT/1"
    [ "$status" -eq 0 ]
    [[ $output == *"Return-Path: <bob@pombo.test>"* ]]
    [[ $output == *"Subject: from swaks"* ]]
    [[ $output == *"hello ann"* ]]
    [[ $output =~ Received:\ from\ client\.test ]]
}

@test "curl sends to several recipients" {
    printf 'Subject: by curl\r\n\r\ntext\r\n' >"$BATS_TEST_TMPDIR/message"
    curl -s "smtp://127.0.0.1:$SMTP_PORT/client.test" --mail-from bob@pombo.test \
        --mail-rcpt ann@pombo.test --mail-rcpt bob@pombo.test --upload-file "$BATS_TEST_TMPDIR/message"
    wait_until 10 mailbox_has ann 1
    wait_until 10 mailbox_has bob 1
}

@test "msmtp sends" {
    printf 'Subject: by msmtp\n\ntext\n' |
        msmtp --host=127.0.0.1 --port="$SMTP_PORT" --from=bob@pombo.test ann@pombo.test
    wait_until 10 mailbox_matches ann '^Subject: by msmtp'
}

@test "Python's smtplib sends, with UTF-8 addresses too" {
    pombo user add "$DIR" jürgen@pombo.test </dev/null
    python3 - "$SMTP_PORT" <<'EOF'
import smtplib, sys
from email.message import EmailMessage
m = EmailMessage()
m["From"] = "bob@pombo.test"
m["To"] = "jürgen@pombo.test"
m["Subject"] = "Grüße"
m.set_content("schöne Grüße\n", cte="8bit")
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
    s.send_message(m)
EOF
    wait_until 10 mailbox_has jürgen 1
    mailbox_matches jürgen 'schöne Grüße'
    mailbox_matches jürgen 'with UTF8SMTP'
}

@test "the sendmail command sends, as the sendmail look-alike too" {
    printf 'To: ann@pombo.test\nBcc: bob@pombo.test\nSubject: by qinject\n\nhello\n' | qinject -t
    ln -s "$POMBO_BIN/qinject" "$BATS_TEST_TMPDIR/sendmail"
    printf 'Subject: by sendmail\n\nhello\n' | "$BATS_TEST_TMPDIR/sendmail" -oi -f bob@pombo.test ann@pombo.test
    wait_until 10 mailbox_has ann 2
    wait_until 10 mailbox_has bob 1
    mailbox_matches ann '^Subject: by sendmail'
    run ! mailbox_matches bob '^Bcc:'
}

@test "poplib reads, deletes and finds the rest" {
    for i in 1 2 3; do send bob@pombo.test ann@pombo.test "number $i"; done
    wait_until 10 mailbox_has ann 3
    python3 - "$POP3_PORT" <<'EOF'
import poplib, sys
def session():
    p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
    p.user("ann@pombo.test"); p.pass_("secret-ann")
    return p
p = session()
count, size = p.stat()
assert count == 3, count
sizes = [int(line.split()[1]) for line in p.list()[1]]
ids = p.uidl()[1]
for i in 1, 2, 3:
    reply, lines, octets = p.retr(i)
    assert sum(len(line) + 2 for line in lines) == sizes[i - 1] or any(l.startswith(b".") for l in lines)
assert sum(sizes) == size
p.dele(2)
p.quit()
p = session()
assert p.stat()[0] == 2
left = [line.split()[1] for line in p.uidl()[1]]
assert left == [line.split()[1] for line in (ids[0], ids[2])], (left, ids)
p.quit()
EOF
}

@test "fetchmail takes all mail" {
    for i in 1 2 3; do send bob@pombo.test ann@pombo.test "number $i"; done
    wait_until 10 mailbox_has ann 3
    cat >"$BATS_TEST_TMPDIR/fetchmailrc" <<EOF
poll 127.0.0.1 service $POP3_PORT protocol pop3 auth password user "ann@pombo.test" password "secret-ann" sslproto ""
    mda "cat >>$BATS_TEST_TMPDIR/fetched"
EOF
    chmod 600 "$BATS_TEST_TMPDIR/fetchmailrc"
    HOME=$BATS_TEST_TMPDIR fetchmail -f "$BATS_TEST_TMPDIR/fetchmailrc" --pidfile "$BATS_TEST_TMPDIR/pid" 3>&-
    [ "$(grep -c '^Subject: number' "$BATS_TEST_TMPDIR/fetched")" -eq 3 ]
    [ "$(mailbox_count ann)" -eq 0 ]
}

@test "mpop takes all mail" {
    send bob@pombo.test ann@pombo.test "for mpop"
    wait_until 10 mailbox_has ann 1
    cat >"$BATS_TEST_TMPDIR/mpoprc" <<EOF
account default
host 127.0.0.1
port $POP3_PORT
user ann@pombo.test
password secret-ann
auth user
tls off
keep off
uidls_file $BATS_TEST_TMPDIR/uidls
delivery mbox $BATS_TEST_TMPDIR/mbox
EOF
    chmod 600 "$BATS_TEST_TMPDIR/mpoprc"
    mpop -C "$BATS_TEST_TMPDIR/mpoprc"
    grep -q '^Subject: for mpop' "$BATS_TEST_TMPDIR/mbox"
    [ "$(mailbox_count ann)" -eq 0 ]
}

@test "getmail takes all mail" {
    send bob@pombo.test ann@pombo.test "for getmail"
    wait_until 10 mailbox_has ann 1
    mkdir -p "$BATS_TEST_TMPDIR/getmail" "$BATS_TEST_TMPDIR"/got/{tmp,new,cur}
    cat >"$BATS_TEST_TMPDIR/getmail/getmailrc" <<EOF
[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = $POP3_PORT
username = ann@pombo.test
password = secret-ann
[destination]
type = Maildir
path = $BATS_TEST_TMPDIR/got/
user = nobody
[options]
delete = true
EOF
    chmod 700 "$BATS_TEST_TMPDIR/getmail"
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
    chown -R nobody "$BATS_TEST_TMPDIR/got"
    getmail --getmaildir "$BATS_TEST_TMPDIR/getmail"
    grep -rq '^Subject: for getmail' "$BATS_TEST_TMPDIR/got/new"
    [ "$(mailbox_count ann)" -eq 0 ]
}

@test "unknown recipients are refused at RCPT and never queued" {
    run swaks --server 127.0.0.1 --port "$SMTP_PORT" --from bob@pombo.test --to nobody@pombo.test </dev/null
    [ "$status" -ne 0 ]
    [[ $output == *"550 5.1.1"* ]]
    queue_is_empty
}

@test "extension, alias, nested alias and catch-all find their mailbox, with Delivered-To" {
    table_line aliases 'team@pombo.test  ann@pombo.test, bob@pombo.test'
    table_line aliases 'sales@pombo.test  team@pombo.test'
    table_line domains 'other.test  local'
    table_line aliases '@other.test  bob@pombo.test'
    send x@client.test ann+lists@pombo.test "by extension"
    wait_until 10 mailbox_matches ann '^Subject: by extension'
    mailbox_matches ann '^Delivered-To: ann\+lists@pombo.test'
    send x@client.test sales@pombo.test "by alias"
    wait_until 10 mailbox_matches ann '^Subject: by alias'
    wait_until 10 mailbox_matches bob '^Subject: by alias'
    mailbox_matches bob '^Delivered-To: sales@pombo.test'
    send x@client.test anybody@other.test "by catch-all"
    wait_until 10 mailbox_matches bob '^Subject: by catch-all'
    wait_until 10 queue_is_empty
    run ! mailbox_matches ann '^Subject: by catch-all'
}

@test "one message to many mailboxes is one file on disk" {
    for i in $(seq 20); do
        printf 'u%s@pombo.test  pombo.test/u%s\n' "$i" "$i" >>"$DIR/etc/users"
    done
    pombo reload "$DIR"
    swaks --silent 2 --server 127.0.0.1 --port "$SMTP_PORT" --from x@client.test \
        --to "$(seq -s, -f 'u%g@pombo.test' 20)" --body "once" </dev/null
    for i in $(seq 20); do wait_until 10 mailbox_has "u$i" 1; done
    [ "$(find "$DIR/mail" -path '*/new/*' -type f -printf '%i\n' | sort -u | wc -l)" -eq 1 ]
    [ "$(find "$DIR/mail" -path '*/new/*' -type f -printf '%n\n' | sort -u)" -eq 20 ]
}

@test "a mailbox over its quota defers, and takes the mail when there is room" {
    sed -i 's|^\(ann@pombo.test .*\)$|\1  count=1|' "$DIR/etc/users"
    pombo reload "$DIR"
    send x@client.test ann@pombo.test "first"
    wait_until 10 mailbox_has ann 1
    send x@client.test ann@pombo.test "second"
    wait_until 10 log_matches '4\.2\.2'
    [ "$(mailbox_count ann)" -eq 1 ]
    run pombo queue "$DIR"
    [[ $output == *ann@pombo.test* ]]
    curl -s --user ann@pombo.test:secret-ann "pop3://127.0.0.1:$POP3_PORT/1" -I -X DELE
    wait_until 40 mailbox_matches ann '^Subject: second'
}

@test "wrong passwords and unknown users get the same answer" {
    run python3 - "$POP3_PORT" <<'EOF'
import poplib, sys
answers = set()
for user in "ann@pombo.test", "nobody@pombo.test":
    p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
    p.user(user)
    try:
        p.pass_("wrong")
        sys.exit("logged in")
    except poplib.error_proto as e:
        answers.add(str(e))
    p.close()
print(answers)
sys.exit(len(answers) != 1)
EOF
    [ "$status" -eq 0 ]
}

@test "a faulty table is named by file and line, and the old one stays in force" {
    printf 'carl@pombo.test\n' >>"$DIR/etc/users"
    run pombo check "$DIR"
    [ "$status" -ne 0 ]
    [[ $output =~ users:[0-9]+: ]]
    run pombo reload "$DIR"
    [ "$status" -ne 0 ]
    send bob@pombo.test ann@pombo.test "still"
    wait_until 10 mailbox_has ann 1
}
