# Starting a mail system in a folder of its own.
load setup

@test "up makes the folder, starts everything, waits until it answers and says where" {
    run -0 up --domain example.org
    [[ ${lines[0]} =~ ^smtp=127\.0\.0\.1:[1-9][0-9]*$ ]]
    [[ ${lines[1]} =~ ^submission=127\.0\.0\.1:[1-9][0-9]*$ ]]
    [[ ${lines[2]} =~ ^pop3=127\.0\.0\.1:[1-9][0-9]*$ ]]
    [ "${lines[3]}" = "dir=$DIR" ]
    [[ $(greeting "${lines[0]#smtp=}") == "220 "* ]]
    [[ $(greeting "${lines[1]#submission=}") == "220 "* ]]
    [[ $(greeting "${lines[2]#pop3=}") == "+OK"* ]]
    [ -S "$DIR/run/login" ]
    [ -S "$DIR/run/qmqp" ]
    [ "$(stat -c %a "$DIR/run/login" "$DIR/run/auth" "$DIR/run/qmqp" | xargs)" = "600 600 666" ]
    [ "$(stat -c %a "$DIR/queue" "$DIR/mail" "$DIR/log" "$DIR/etc/passwords" | xargs)" = "700 700 700 600" ]
    run -0 pombo status "$DIR"
    [[ $output == *running=yes ]]
    for name in tlsc sts qsend tls login auth qmqp smtp submission pop3; do
        kill -0 "$(status_value pid_$name)"
    done
}

@test "down stops all that up started and leaves no process" {
    up
    pids=$(pombo status "$DIR" | sed -n 's/^pid_.*=//p')
    [ "$(wc -l <<<"$pids")" -eq 10 ]
    run -0 pombo down "$DIR"
    [ -z "$output" ]
    for pid in $pids; do is_gone "$pid"; done
    [ -z "$(processes_of "$DIR")" ]
    [ ! -e "$DIR/run/state" ]
    run -1 pombo status "$DIR"
    [ "$output" = running=no ]
    run -0 pombo down "$DIR"
    [[ $output == *"is not up" ]]
}

@test "a second up says so and changes nothing" {
    first=$(up)
    pids=$(pombo status "$DIR" | grep ^pid_)
    run -0 --separate-stderr up
    [ "$output" = "$first" ]
    # shellcheck disable=SC2154 # stderr is set by run
    [[ $stderr == *"is up already"* ]]
    [ "$(pombo status "$DIR" | grep ^pid_)" = "$pids" ]
}

@test "the first up writes files that explain themselves, later ones keep them" {
    up --domain Example.org --host mail.example.org
    for key in $(sed -n 's/^SETTING(\([a-z0-9_]*\),.*/\1/p' "$POMBO_ROOT/lib/settings.def"); do
        [ "$(grep -cE "^#?$key = ?" "$DIR/etc/pombo.conf")" -eq 1 ]
    done
    export POMBO_DIR=$DIR
    [ "$(qtable get conf host_name)" = mail.example.org ]
    [ "$(qtable get conf default_domain)" = example.org ]
    [ "$(qtable route postmaster)" = "mailbox example.org/postmaster 0 0" ]
    pombo down "$DIR"
    sed -i 's/^#size_limit.*/size_limit = 5M/' "$DIR/etc/pombo.conf"
    echo "info@example.org postmaster@example.org" >>"$DIR/etc/aliases"
    up --domain example.net --host mx.example.org
    [ "$(qtable get conf size_limit)" = 5242880 ]
    [ "$(qtable get conf host_name)" = mx.example.org ]
    [ "$(qtable get conf default_domain)" = example.org ]
    [ "$(qtable route info@example.org)" = "alias postmaster@example.org" ]
    [ "$(qtable route postmaster@example.net)" = "mailbox example.net/postmaster 0 0" ]
    [ "$(grep -cE '^#?host_name = ?' "$DIR/etc/pombo.conf")" -eq 1 ]
    # The same domain once more adds nothing.
    before=$(cat "$DIR/etc/domains" "$DIR/etc/users")
    up --domain EXAMPLE.net
    [ "$(cat "$DIR/etc/domains" "$DIR/etc/users")" = "$before" ]
}

@test "the written pombo.conf holds the defaults" {
    up
    sed -i 's/^#\([a-z0-9_]* =\)/\1/' "$DIR/etc/pombo.conf"
    sed -i '/^host_name = $/d; /^default_domain/d' "$DIR/etc/pombo.conf"
    pombo check "$DIR"
}

@test "without --domain the domain is localhost" {
    up
    export POMBO_DIR=$DIR
    [ "$(qtable get domains localhost)" = local ]
    [ "$(qtable route postmaster@localhost)" = "mailbox localhost/postmaster 0 0" ]
    qtable check
}

@test "several addresses are listened on" {
    pombo up "$DIR" --smtp 127.0.0.1:0 --smtp '[::1]:0' --submission 127.0.0.1:0 --pop3 127.0.0.1:0 --pop3 127.0.0.2:0 3>&-
    [ "$(pombo status "$DIR" | grep -c ^smtp=)" -eq 2 ]
    [ "$(pombo status "$DIR" | grep -c ^pop3=)" -eq 2 ]
    [[ $(greeting "$(pombo status "$DIR" | sed -n 's/^pop3=//p' | tail -n 1)") == "+OK"* ]]
}

@test "a port in use: up fails, shows the log and leaves nothing behind" {
    python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(60)' >"$BATS_TEST_TMPDIR/port" 3>&- &
    holder=$!
    wait_until 10 test -s "$BATS_TEST_TMPDIR/port"
    port=$(cat "$BATS_TEST_TMPDIR/port")
    run -111 pombo up "$DIR" --smtp "127.0.0.1:$port" --submission 127.0.0.1:0 --pop3 127.0.0.1:0
    kill "$holder"
    [[ $output == *"smtpd did not start; the end of $DIR/log/smtpd.log:"* ]]
    [[ $output == *"$port"* ]]
    [ -z "$(processes_of "$DIR")" ]
    [ ! -e "$DIR/run/state" ]
    up
}

@test "a server that does not greet: up fails and leaves nothing behind" {
    bin=$(bin_with smtpd $'#!/bin/sh\necho "its last words" >&2')
    run -111 "$bin/pombo" up "$DIR" --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0
    [[ $output == *"smtpd does not answer"* ]]
    [[ $output == *"its last words"* ]]
    [ -z "$(processes_of "$DIR")" ]
}

@test "a qsend that ends at once: up fails and shows why" {
    bin=$(bin_with qstart $'#!/bin/sh\necho "no queue today" >&2; exit 111')
    run -111 "$bin/pombo" up "$DIR" --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0
    [[ $output == *"qstart did not start"*"no queue today"* ]]
    [ -z "$(processes_of "$DIR")" ]
}

@test "a program that is not there is named" {
    bin=$(bin_with popup "")
    run -111 "$bin/pombo" up "$DIR" --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0
    [[ $output == *"the program popup is not there"* ]]
    [ -z "$(processes_of "$DIR")" ]
}

@test "programs are found in ../libexec/pombo too" {
    bin_with qctl "" >/dev/null
    mkdir -p "$BATS_TEST_TMPDIR/usr/bin" "$BATS_TEST_TMPDIR/usr/libexec"
    cp "$POMBO_BIN/pombo" "$BATS_TEST_TMPDIR/usr/bin"
    mv "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/usr/libexec/pombo"
    "$BATS_TEST_TMPDIR/usr/bin/pombo" up "$DIR" --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0 3>&-
}

@test "faulty configuration is named by file and line, and nothing is started" {
    mkdir -p "$DIR/etc"
    printf 'size_limit = 5M\nsize_limt = 5M\n' >"$DIR/etc/pombo.conf"
    run -102 up
    [[ $output == *"$DIR/etc/pombo.conf:2: unknown key"* ]]
    [ ! -e "$DIR/run/state" ]
    [ -z "$(processes_of "$DIR")" ]
}

@test "two ups at once make one system" {
    up >"$BATS_TEST_TMPDIR/one" 2>&1 &
    one=$!
    up >"$BATS_TEST_TMPDIR/two" 2>&1
    wait "$one"
    diff <(grep '=' "$BATS_TEST_TMPDIR/one") <(grep '=' "$BATS_TEST_TMPDIR/two")
    pombo down "$DIR"
    [ -z "$(processes_of "$DIR")" ]
}

@test "when one service has ended, status says no and up starts all anew" {
    up
    pid=$(status_value pid_pop3)
    kill -KILL "$pid"
    wait_until 5 is_gone "$pid"
    run -1 pombo status "$DIR"
    [[ $output == *running=no ]]
    run -0 --separate-stderr up
    [[ $stderr == *"1 of 10 services"* ]]
    run -0 pombo status "$DIR"
}

@test "down never touches a process that got the pid of another" {
    mkdir -p "$DIR"/{etc,run}
    setsid sleep 60 3>&- &
    sleeper=$!
    wait_until 5 grep -q sleep "/proc/$sleeper/comm"
    start=$(awk '{ print $22 }' "/proc/$sleeper/stat")
    printf 'boot=%s\nprocess=qsend %s %s\n' "$(cat /proc/sys/kernel/random/boot_id)" "$sleeper" $((start - 1)) >"$DIR/run/state"
    pombo down "$DIR" --wait 1
    kill -0 "$sleeper"
    # With its own start it is ours.
    printf 'boot=%s\nprocess=qsend %s %s\n' "$(cat /proc/sys/kernel/random/boot_id)" "$sleeper" "$start" >"$DIR/run/state"
    pombo down "$DIR" --wait 5
    is_gone "$sleeper"
}

@test "a state from before the machine's last start counts for nothing" {
    mkdir -p "$DIR"/{etc,run}
    printf 'boot=another\nprocess=qsend %s 5\nsmtp=127.0.0.1:25\n' "$$" >"$DIR/run/state"
    run -1 pombo status "$DIR"
    [ "$output" = running=no ]
    pombo down "$DIR"
    [ ! -e "$DIR/run/state" ]
}

@test "what does not end in time is killed, with a word" {
    bin=$(bin_with smtpd $'#!/bin/sh\nprintf "220 stubborn\\r\\n"; trap "" TERM; read -r line; [ "$line" ] || sleep 600')
    "$bin/pombo" up "$DIR" --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0 3>&-
    qsend=$(status_value pid_qsend)
    kill -STOP "$qsend"
    run -0 pombo down "$DIR" --wait 1
    [[ $output == *"did not end in 1 seconds"*killed ]]
    [ -z "$(processes_of "$DIR")" ]
}

@test "what belongs to a connection or a supervisor is not handed down" {
    RELAYCLIENT='' JOURNAL_STREAM=1:2 LISTEN_FDS=1 up 8>"$BATS_TEST_TMPDIR/marker"
    for name in smtp qsend; do
        pid=$(status_value pid_$name)
        run ! grep -qzE '^(RELAYCLIENT|JOURNAL_STREAM|LISTEN_FDS)=' "/proc/$pid/environ"
        grep -qzxF "POMBO_DIR=$DIR" "/proc/$pid/environ"
        run ! sh -c "readlink /proc/$pid/fd/* | grep -F '$BATS_TEST_TMPDIR/marker'"
        [ "$(readlink "/proc/$pid/fd/0")" = /dev/null ]
    done
    # Logs carry the time, because no journal reads along.
    grep -qE '^20[0-9-]*T' "$DIR/log/qsend.log"
}

@test "another user than root brings one up" {
    home=$(mktemp -d /tmp/pombo-user.XXXXXX)
    chmod 755 "$home"
    mkdir "$home/bin" "$home/own"
    cp "$POMBO_BIN"/* "$home/bin"
    chown 65534 "$home/own"
    as_nobody() {
        TMPDIR=$home/own setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
    }
    cd /
    run as_nobody "$home/bin/pombo" up "$home/own/dir" --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0 3>&-
    up_output=$output up_status=$status
    run as_nobody "$home/bin/pombo" user add "$home/own/dir" ann@localhost </dev/null
    add_status=$status
    run as_nobody "$home/bin/pombo" down "$home/own/dir"
    owners=$(find "$home/own/dir" -not -uid 65534)
    rm -rf "$home"
    echo "$up_output"
    [ "$up_status" -eq 0 ]
    [ "$add_status" -eq 0 ]
    [ "$status" -eq 0 ]
    [ -z "$owners" ]
}

@test "wrong usage, names and paths are told" {
    run -100 pombo
    run -100 pombo fly
    run -100 pombo up
    run -100 pombo up "$DIR" --speed 9
    run -100 pombo down
    run -100 pombo down "$DIR" --wait never
    run -100 pombo up "$DIR" --domain not@domain
    [[ $output == *"not a domain"* ]]
    run -100 pombo up "$DIR" --host "a b"
    long=$BATS_TEST_TMPDIR/$(printf '%090d' 0)
    run -100 pombo up "$long"
    [[ $output == *"too long for UNIX sockets"* ]]
    run -111 pombo status "$BATS_TEST_TMPDIR/nowhere"
    mkdir "$BATS_TEST_TMPDIR/empty"
    run -100 pombo status "$BATS_TEST_TMPDIR/empty"
    [[ $output == *"pombo up"* ]]
}
