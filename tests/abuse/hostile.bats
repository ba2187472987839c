#!/usr/bin/env bats
# Damaged files and planted things by the thousand, in the queue, the tables and the
# mailboxes: each is set aside or refused with a line in the log, the rest goes on.
load common

setup() {
    system_up
    add_user victim@pombo.test
}
teardown() {
    system_down
}

all_refused() {
    python3 "$ABUSE/damage.py" refused "$DIR/log/qsend.log" "$BATS_TEST_TMPDIR/damaged" >"$BATS_TEST_TMPDIR/wrong"
}

@test "1,000 damaged or planted files in the queue are set aside, the rest is delivered at full pace" {
    python3 "$ABUSE/damage.py" queue "$DIR/queue" 1000 >"$BATS_TEST_TMPDIR/damaged" &
    damage=$!
    beside "1,000 damaged queue files" 20 "$SMTP_PORT" 0.05
    wait $damage
    wait_until 60 all_refused || {
        head -n 20 "$BATS_TEST_TMPDIR/wrong"
        false
    }
    figure "$(wc -l <"$BATS_TEST_TMPDIR/damaged") damaged: $(grep -c ' corrupt ' "$DIR/log/qsend.log") set aside, $(
        grep -c 'flip_in_body' "$BATS_TEST_TMPDIR/damaged") of them at delivery"
    [ -z "$(ls -A "$DIR/queue/new")" ]
    # Nothing of them was delivered, and nothing that a link led to was touched.
    [ "$(mailbox_count victim)" -eq 0 ]
    [ "$(mailbox_count ann)" -eq 20 ]
    [ "$(find "$DIR/outside" -type f | wc -l)" -eq "$(grep -c 'plant_symlink\|plant_hard_link' "$BATS_TEST_TMPDIR/damaged")" ]
    beside "them all set aside" 5 "$SMTP_PORT"
}

@test "a damaged wheel: folders that are files, links, foreign names and the like stop nothing" {
    system_down
    past=$(printf '%010x' $(($(date +%s) / 16 - 5)))
    last=$(printf '%010x' $(($(date +%s) / 16 - 1)))
    cd "$DIR/queue/wheel"
    echo text >./0000000001
    ln -s /etc 0000000002
    mkfifo 0000000003
    mkdir 0000000004 0000000005 "$past" "$last" 'odd name' ffffffffff
    echo foreign >'0000000004/no name of the queue'
    mkfifo 0000000005/abcdefghijklmnopqrstuvwxyz
    ln -s /etc/passwd 0000000005/bbcdefghijklmnopqrstuvwxyz
    mkdir 0000000005/cbcdefghijklmnopqrstuvwxyz
    cd -
    python3 - "$DIR/queue/wheel/$last" <<PY
import sys
sys.path.insert(0, "$ABUSE/../qsend")
import queuefile
for i in range(100):
    with open(f"{sys.argv[1]}/{queuefile.make_name()}", "wb") as out:
        out.write(queuefile.build([("ann@pombo.test", "", "")], sender="bob@pombo.test"))
PY
    pombo up "$DIR" --smtp "127.0.0.1:$SMTP_PORT" --submission 127.0.0.1:0 --pop3 "$POP3" 3>&-
    wait_until 60 mailbox_has ann 100
    beside "a damaged wheel" 5 "$SMTP_PORT"
    for name in abcdefghijklmnopqrstuvwxyz bbcdefghijklmnopqrstuvwxyz cbcdefghijklmnopqrstuvwxyz; do
        wait_until 60 log_matches " corrupt name=$name "
    done
    log_matches 'skipped folder=wheel name="odd name"'
    for name in 0000000001 0000000002 0000000003 0000000004; do
        wait_until 60 log_matches "(open|remove)-folder name=wheel/$name error="
    done
    [ -s /etc/passwd ]
}

@test "300 damaged compiled tables: no crash, no hang, and other mail after it" {
    good=$BATS_TEST_TMPDIR/good.cdb
    cp "$DIR/etc/tables.cdb" "$good"
    qsend=$(sed -n 's/^pid_qsend=//p' <(pombo status "$DIR"))
    run python3 "$ABUSE/damage.py" tables "$good" "$DIR/etc" $((300 / SCALE))
    figure "smtpd with damaged tables: $output"
    [ "$status" -eq 0 ]
    kill -0 "$qsend"
    cp "$good" "$DIR/etc/tables.cdb.new"
    mv "$DIR/etc/tables.cdb.new" "$DIR/etc/tables.cdb"
    sleep 1.1 # qsend looks for new ones once a second
    beside "tables that are good again" 3 "$SMTP_PORT"
}

@test "100 damaged text tables are refused with file and line, and the old stay in force" {
    run python3 "$ABUSE/damage.py" texts "$DIR/etc" $((100 / SCALE))
    figure "damaged text tables: $output"
    [ "$status" -eq 0 ]
    qtable
    beside "tables that are good again" 3 "$SMTP_PORT"
}

@test "300 odd names, links, FIFOs and folders in a Maildir stop neither delivery nor POP3" {
    send bob@pombo.test ann@pombo.test
    wait_until 60 mailbox_has ann 1
    python3 "$ABUSE/damage.py" maildir "$DIR/mail/pombo.test/ann" 300
    send bob@pombo.test ann@pombo.test "after them"
    wait_until 60 mailbox_matches ann "Subject: after them"
    python3 - "$POP3_PORT" <<'PY'
import poplib, sys
poplib._MAXLINE = 100000
p = poplib.POP3("127.0.0.1", int(sys.argv[1]), timeout=60)
p.user("ann@pombo.test")
p.pass_("secret-ann")
count = p.stat()[0]
assert count == 2 + 300 * 6 // 10, count
uids = [line.split() for line in p.uidl()[1]]
assert len({u[1] for u in uids}) == count and all(len(u) == 2 for u in uids)
subjects = 0
for i in range(1, count + 1):
    _, lines, _ = p.retr(i)
    assert not any(b"root:" in line for line in lines)
    subjects += any(line.startswith(b"Subject: ") for line in lines)
assert subjects == count
for i in range(1, count + 1):
    p.dele(i)
p.quit()
PY
    [ "$(find "$DIR/mail/pombo.test/ann"/{new,cur} -type f | wc -l)" -eq 0 ]
    find "$DIR/mail/pombo.test/ann"/{new,cur} -mindepth 1 -maxdepth 1 >"$BATS_TEST_TMPDIR/planted"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/planted")" -eq $((300 * 4 / 10)) ]
    [ "$(grep -c 'skipped name=.* why="not a regular file"' "$DIR/log/pop3d.log")" -ge $((300 * 4 / 10)) ]
    [ -s /etc/passwd ]
    send bob@pombo.test ann@pombo.test "and again"
    wait_until 60 mailbox_matches ann "Subject: and again"
}
