# Setting, removing and checking passwords.
load ../qtable/setup

setup_small() {
    a_small_system
    qtable
}
set_password() { # set_password PASSWORD OPTIONS...
    local password=$1
    shift
    printf '%s\n' "$password" | qpasswd "$@"
}
check_password() {
    printf '%s\n' "$1" | qpasswd -c "$2"
}

@test "a password from standard input is hashed with yescrypt, compiled, and right" {
    setup_small
    set_password "open sesame" ann@example.org
    grep -qE '^ann@example.org  \$y\$[^ ]+$' "$ETC/passwords"
    run ! grep -q sesame -r "$POMBO_DIR"
    [ "$(stat -c %a "$ETC/passwords")" = 600 ]
    hash=$(sed 's/^[^ ]* *//' "$ETC/passwords")
    [ "$(cdb -q "$ETC/passwords.cdb" ann@example.org | tr -d '\0')" = "$hash" ]
    check_password "open sesame" ann@example.org
    run -1 check_password "open sesam" ann@example.org
    run -1 check_password "" ann@example.org
    run -1 check_password "open sesame" bob@example.com
    run -1 check_password "open sesame" nobody@example.com
}

@test "only the first line counts, without its line end" {
    setup_small
    printf 'one\r\ntwo\n' | qpasswd ann@example.org
    printf one | qpasswd -c ann@example.org
}

@test "a new password replaces the old one; other rows and comments stay" {
    setup_small
    set_password first ann@example.org
    set_password other bob@example.com
    { echo "# by hand"; cat "$ETC/passwords"; echo "  # end"; } >"$ETC/new"
    cat "$ETC/new" >"$ETC/passwords"
    bob=$(grep ^bob "$ETC/passwords")
    set_password second '"ANN"@Example.Org'
    check_password second ann@example.org
    run -1 check_password first ann@example.org
    check_password other bob@example.com
    [ "$(wc -l <"$ETC/passwords")" -eq 4 ]
    [ "$(sed -n 1p "$ETC/passwords")" = "# by hand" ]
    [ "$(sed -n 3p "$ETC/passwords")" = "$bob" ]
    [ "$(sed -n 4p "$ETC/passwords")" = "  # end" ]
}

@test "the same password gets another salt each time" {
    setup_small
    set_password same ann@example.org
    cp "$ETC/passwords" "$BATS_TEST_TMPDIR/first"
    set_password same ann@example.org
    run ! cmp "$ETC/passwords" "$BATS_TEST_TMPDIR/first"
}

@test "a row without its line end at the end of the file is kept whole" {
    setup_small
    printf 'bob@example.com  *' >"$ETC/passwords"
    set_password secret ann@example.org
    [ "$(sed -n 1p "$ETC/passwords")" = "bob@example.com  *" ]
    check_password secret ann@example.org
}

@test "other methods and costs" {
    setup_small
    set_password secret -m '$6$' -r 5000 ann@example.org
    grep -q ' \$6\$' "$ETC/passwords"
    check_password secret ann@example.org
    set_password secret -m '$5$' ann@example.org
    grep -q ' \$5\$' "$ETC/passwords"
    check_password secret ann@example.org
    run -100 set_password secret -m '$none$' ann@example.org
    run -100 set_password secret -m '' ann@example.org
    check_password secret ann@example.org
}

@test "-d removes the password" {
    setup_small
    set_password secret ann@example.org
    set_password secret bob@example.com
    qpasswd -d ANN@example.org </dev/null
    run -1 check_password secret ann@example.org
    check_password secret bob@example.com
    run -1 qpasswd -d ann@example.org </dev/null
}

@test "unfit passwords, unknown users and wrong usage change nothing" {
    setup_small
    set_password secret ann@example.org
    cp "$ETC/passwords" "$BATS_TEST_TMPDIR/before"
    run -100 set_password "" ann@example.org
    printf 'a\0b\n' >"$BATS_TEST_TMPDIR/nul"
    run -100 qpasswd ann@example.org <"$BATS_TEST_TMPDIR/nul"
    run -100 set_password "$(printf %0600d 0)" ann@example.org
    run -100 set_password secret nobody@example.org
    [[ $output == *"not in the table users"* ]]
    run -100 set_password secret nobody
    run -100 set_password secret
    run -100 qpasswd -c -d ann@example.org </dev/null
    cmp "$ETC/passwords" "$BATS_TEST_TMPDIR/before"
}

@test "faulty tables take the change back" {
    setup_small
    set_password secret ann@example.org
    rows routes "broken"
    cp "$ETC/passwords" "$BATS_TEST_TMPDIR/before"
    run -102 set_password other ann@example.org
    [[ $output == *"$ETC/routes:1: "* ]]
    cmp "$ETC/passwords" "$BATS_TEST_TMPDIR/before"
    check_password secret ann@example.org
    rm "$ETC/passwords"
    run -102 set_password other ann@example.org
    [ ! -e "$ETC/passwords" ]
}

@test "the password stands neither in arguments nor in the environment" {
    setup_small
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    qpasswd ann@example.org <"$BATS_TEST_TMPDIR/fifo" 3>&- &
    pid=$!
    exec 8>"$BATS_TEST_TMPDIR/fifo"
    printf 'sesame-%s' x >&8
    sleep 0.1
    run ! grep -qa sesame "/proc/$pid/cmdline" "/proc/$pid/environ"
    printf '\n' >&8
    exec 8>&-
    wait "$pid"
    check_password sesame-x ann@example.org
}

@test "on a terminal it asks twice and shows nothing" {
    setup_small
    python3 - "$POMBO_BIN/qpasswd" <<'PY'
import os, pty, sys
def session(arguments, answers):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], ["qpasswd"] + arguments)
    seen = b""
    for answer in answers:
        while not seen.endswith(b": "):
            seen += os.read(fd, 1000)
        os.write(fd, answer + b"\n")
        seen += b"|"
    try:
        while True:
            data = os.read(fd, 1000)
            if not data:
                break
            seen += data
    except OSError:
        pass
    assert b"sesame" not in seen, seen
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
assert session(["ann@example.org"], [b"sesame", b"sesame"]) == 0
assert session(["-c", "ann@example.org"], [b"sesame"]) == 0
assert session(["ann@example.org"], [b"sesame1", b"sesame2"]) == 100
assert session(["-c", "ann@example.org"], [b"sesame"]) == 0
PY
}

@test "many at once all get through" {
    rows domains "example.org local"
    seq 8 | awk '{ print "u" $1 "@example.org u" $1 }' >"$ETC/users"
    qtable
    for n in 1 2 3 4 5 6 7 8; do set_password "p$n" -m '$5$' "u$n@example.org" & done
    for job in $(jobs -p); do wait "$job"; done
    for n in 1 2 3 4 5 6 7 8; do check_password "p$n" "u$n@example.org"; done
}
