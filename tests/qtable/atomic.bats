# Modes, locks, leftovers, readers during a rebuild, size.
load setup

@test "tables.cdb is for all, passwords.cdb for its owner and the group that it had" {
    umask 077
    a_small_system
    rows passwords "ann@example.org \$y\$x"
    qtable
    [ "$(stat -c %a "$ETC/tables.cdb")" = 644 ]
    if group=$(getent group pombo-auth | cut -d: -f3) && [ -n "$group" ]; then
        [ "$(stat -c '%a %g' "$ETC/passwords.cdb")" = "640 $group" ]
    else
        [ "$(stat -c %a "$ETC/passwords.cdb")" = 600 ]
    fi
    chgrp 12 "$ETC/passwords.cdb"
    chmod 640 "$ETC/passwords.cdb"
    umask 000
    qtable
    [ "$(stat -c '%a %g' "$ETC/passwords.cdb")" = "640 12" ]
    chmod 600 "$ETC/passwords.cdb"
    qtable
    [ "$(stat -c '%a %g' "$ETC/passwords.cdb")" = "600 12" ]
    # Whoever runs the programs goes on to read what root has compiled.
    chown 65534:65534 "$ETC/passwords.cdb"
    qtable
    [ "$(stat -c '%a %u %g' "$ETC/passwords.cdb")" = "600 65534 65534" ]
}

@test "the hashes are in passwords.cdb alone" {
    a_small_system
    rows passwords 'ANN@example.org  $y$j9T$abc$def'
    qtable
    [ "$(cdb -q "$ETC/passwords.cdb" ann@example.org | tr -d '\0')" = '$y$j9T$abc$def' ]
    run ! grep -q j9T "$ETC/tables.cdb"
}

@test "the result is a plain cdb that tinycdb reads" {
    a_small_system
    qtable
    [ "$(cdb -q "$ETC/tables.cdb" users:ann@example.org | tr -d '\0')" = "example.org/ann 0 0" ]
    [ "$(cdb -d "$ETC/tables.cdb" | grep -ac '^+')" -eq 5 ]
}

@test "check changes nothing and leaves nothing" {
    a_small_system
    before=$(find "$BATS_TEST_TMPDIR" | sort)
    run -0 qtable check
    [ "$(find "$BATS_TEST_TMPDIR" | sort)" = "$before" ]
}

@test "leftovers of a killed one are replaced" {
    a_small_system
    echo junk >"$ETC/.tables.cdb.tmp"
    ln -s /etc/hostname "$ETC/.passwords.cdb.tmp"
    qtable
    [ "$(ls -A "$ETC")" = "$(printf '%s\n' .lock aliases domains passwords.cdb relay_passwords.cdb tables.cdb users)" ]
    [ ! -L "$ETC/passwords.cdb" ]
}

@test "a failing cdb command leaves the old tables in force" {
    a_small_system
    qtable
    cp "$ETC/tables.cdb" "$BATS_TEST_TMPDIR/old"
    rows aliases
    mkdir "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\nexit 3\n' >"$BATS_TEST_TMPDIR/bin/cdb"
    chmod +x "$BATS_TEST_TMPDIR/bin/cdb"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH run -111 qtable
    [[ $output == *"the command cdb failed"* ]]
    # One that succeeds without doing its work is noticed too.
    printf '#!/bin/sh\ncat >/dev/null; for f; do :; done; printf "\\n" | %s -c -t - "$f"\n' "$(type -P cdb)" \
        >"$BATS_TEST_TMPDIR/bin/cdb"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH run -111 qtable
    [[ $output == *incomplete* ]]
    PATH=$BATS_TEST_TMPDIR/empty run -111 "$POMBO_BIN/qtable"
    [[ $output == *tinycdb* ]]
    cmp "$ETC/tables.cdb" "$BATS_TEST_TMPDIR/old"
}

@test "a damaged table is an error, never an absence" {
    a_small_system
    qtable
    truncate -s 2060 "$ETC/tables.cdb"
    run -111 qtable get users ann@example.org
    run -111 qtable route ann@example.org
    truncate -s 10 "$ETC/tables.cdb"
    run -111 qtable get users ann@example.org
    rm "$ETC/tables.cdb"
    run -111 qtable get conf size_limit
}

@test "two at once wait for each other" {
    a_small_system
    for _ in 1 2 3 4 5 6; do qtable & done
    for job in $(jobs -p); do wait "$job"; done
    value users ann@example.org "example.org/ann 0 0"
    flock "$ETC/.lock" true
}

@test "a rebuild under load never shows a reader half a table" {
    a_small_system
    seq 3000 | awk '{ print "u" $1 "@example.org x/u" $1 }' >>"$ETC/users"
    qtable
    (
        while [ ! -e "$BATS_TEST_TMPDIR/done" ]; do
            qtable get users u2999@example.org && qtable get domains example.org || echo FAILED
        done
    ) >"$BATS_TEST_TMPDIR/read" 2>&1 3>&- &
    reader=$!
    for _ in $(seq 40); do qtable; done
    touch "$BATS_TEST_TMPDIR/done"
    wait "$reader"
    [ "$(sort -u "$BATS_TEST_TMPDIR/read")" = "$(printf '%s\n' local "x/u2999 0 0")" ]
    [ "$(wc -l <"$BATS_TEST_TMPDIR/read")" -gt 40 ]
}

@test "100000 users compile in seconds" {
    rows domains "example.org local"
    seq 100000 | awk '{ print "user" $1 "@example.org example.org/user" $1 " quota=1G" }' >"$ETC/users"
    begin=$SECONDS
    qtable
    [ $((SECONDS - begin)) -le 5 ]
    value users user100000@example.org "example.org/user100000 1073741824 0"
}

@test "a file that can't be read is an error of the system" {
    mkdir "$ETC/aliases"
    run -111 qtable
    [[ $output == "$ETC/aliases: "* ]]
}
