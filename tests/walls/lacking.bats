#!/usr/bin/env bats
# Kernels without a wall, walls that are switched off, and walls around a whole system.
load common

setup_file() {
    make_system
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}

greeted() {
    grep -q '^220 ' "$BATS_TEST_TMPDIR/out"
}

@test "without Landlock the other walls stand, and one line says so" {
    tries "execve: SIGSYS" -n landlock_create_ruleset execve @/bin/true 0 0 -- smtpd
    # A client of the network: for a local user smtpd may speak to qmqpd.
    TCPREMOTEIP=192.0.2.1 tries "socket: ENOSYS" -n landlock_create_ruleset socket 1 1 0 -- smtpd
    [ -n "$WALLS" ] || return 0
    [ "$(grep -c ' walls lacking=landlock$' "$BATS_TEST_TMPDIR/err")" -eq 1 ]
}

@test "without a filter of system calls the other walls stand, and one line says so" {
    "$INJECT" -n seccomp -- smtpd <<<QUIT >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
    greeted
    [ -n "$WALLS" ] || return 0
    [ "$LANDLOCK" -lt 2 ] || [ "$(grep -c ' walls lacking=seccomp$' "$BATS_TEST_TMPDIR/err")" -eq 1 ]
}

@test "without both the program works all the same" {
    "$INJECT" -n seccomp -n landlock_create_ruleset -- smtpd <<<QUIT \
        >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
    greeted
    [ -n "$WALLS" ] || return 0
    [ "$(grep -c ' walls lacking=landlock,seccomp$' "$BATS_TEST_TMPDIR/err")" -eq 1 ]
}

@test "a command whose complaints a person reads says nothing of it" {
    "$INJECT" -n seccomp -n landlock_create_ruleset -- qctl stat 2>"$BATS_TEST_TMPDIR/err"
    [ ! -s "$BATS_TEST_TMPDIR/err" ]
}

@test "POMBO_WALLS=off switches all of them off" {
    POMBO_WALLS=off "$INJECT" -- smtpd <<<QUIT >"$BATS_TEST_TMPDIR/out" 2>/dev/null
    greeted
    grep -qx 'no walls' "$BATS_TEST_TMPDIR/out"
}

# behind_walls PROGRAM: all of them that run in POMBO_DIR's system.
behind_walls() {
    local pid count=0
    for pid in $(pgrep -f "$POMBO_BIN/$1( |\$)"); do
        grep -qx 'NoNewPrivs:	1' "/proc/$pid/status"
        grep -qx 'Seccomp:	2' "/proc/$pid/status"
        count=$((count + 1))
    done
    [ "$count" -gt 0 ]
}

@test "a system delivers and hands out mail with every program behind its walls" {
    local dir=$BATS_TEST_TMPDIR/system smtp pop3
    pombo up "$dir" --domain example.org --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0 >addresses 3>&-
    smtp=$(sed -n 's/^smtp=.*://p' addresses) pop3=$(sed -n 's/^pop3=.*://p' addresses)
    echo secret | pombo user add "$dir" ann@example.org
    exec 8<>"/dev/tcp/127.0.0.1/$smtp" 9<>"/dev/tcp/127.0.0.1/$pop3"
    read -r -t 10 -u 8 && read -r -t 10 -u 9
    if [ -n "$WALLS" ]; then
        for program in qlisten smtpd popup qsend qspawn; do
            behind_walls "$program" || { echo "$program"; pombo down "$dir"; return 1; }
        done
    fi
    exec 8>&- 9>&-
    python3 - "$smtp" "$pop3" >mail.txt <<'PYTHON' || true
import poplib, smtplib, sys, time
with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=30) as client:
    client.sendmail("", ["ann@example.org"], "Subject: behind walls\r\n\r\nhello\r\n")
for attempt in range(60):
    client = poplib.POP3("127.0.0.1", int(sys.argv[2]), timeout=30)
    client.user("ann@example.org")
    client.pass_("secret")
    count = client.stat()[0]
    if count:
        print(client.retr(1)[1])
    client.quit()
    if count:
        break
    time.sleep(0.5)
PYTHON
    pombo down "$dir"
    grep -q 'Subject: behind walls' mail.txt
    ! grep -q lacking= "$dir"/log/*.log || [ "$LANDLOCK" -lt 2 ]
}
