# shellcheck disable=SC2034,SC2154 # set or used by what is loaded
load system

# Other users reach the programs: bats' folders are private.
open_way() {
    local folder
    for folder in "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_TEST_TMPDIR"{/..,,/bin}; do
        chmod a+x "$folder"
    done
    cp "$TESTS"/{worker,queuefile}.py "$bin"
    export WORKER_LIB=$bin
}

# Becomes "$@" where the users of the design exist, in a mount namespace of its own.
with_users() {
    cp /etc/passwd "$BATS_TEST_TMPDIR/passwd"
    cp /etc/group "$BATS_TEST_TMPDIR/group"
    local id=64100 name
    for name in pombo-q pombo-out pombo-mail pombo-submit; do
        echo "$name:x:$((++id)):" >>"$BATS_TEST_TMPDIR/group"
        echo "$name:x:$id:$id::/nonexistent:/usr/sbin/nologin" >>"$BATS_TEST_TMPDIR/passwd"
    done
    open_way
    chmod 777 "$POMBO_DIR"
    chmod 666 "$POMBO_DIR"/{seen,play}
    chown -R 64101:64101 "$queue"
    # shellcheck disable=SC2016
    exec unshare -m sh -c 'mount --bind "$1/passwd" /etc/passwd &&
        mount --bind "$1/group" /etc/group && shift && exec "$@"' \
        sh "$BATS_TEST_TMPDIR" "$@"
}

# ids_of PATTERN: uid, gid and groups of the process.
ids_of() {
    local pid
    pid=$(pgrep -f "$1")
    awk '/^Uid|^Gid/ { print $2, $3, $4, $5 } /^Groups/ { $1 = ""; print }' \
        "/proc/$pid/status" | tr -s '\n ' ' '
}

@test "started by root, each spawner runs as its user and qsend as the queue's" {
    with_users "$bin/qstart" 2>>"$log" 3>&- &
    qsend_pid=$!
    wait_until 5 logged ' start'
    [ "$(ids_of "qspawn $bin/qlocal")" = "64103 64103 64103 64103 64103 64103 64103 64103 64103 " ]
    [ "$(ids_of "qspawn $bin/qremote")" = "64102 64102 64102 64102 64102 64102 64102 64102 64102 " ]
    [ "$(ids_of "qspawn $bin/qmx")" = "64102 64102 64102 64102 64102 64102 64102 64102 64102 " ]
    [ "$(ids_of "qspawn $bin/qnotify")" = "64101 64101 64101 64101 64101 64101 64101 64101 64101 64104 " ]
    [ "$(ids_of "$bin/qsend\$")" = "64101 64101 64101 64101 64101 64101 64101 64101 64101 64104 " ]
}

@test "a message's way with all the users" {
    with_users "$bin/qstart" 2>>"$log" 3>&- &
    qsend_pid=$!
    wait_until 5 logged ' start'
    id=$(setpriv --reuid=64101 --regid=64101 --clear-groups \
        python3 "$bin/queuefile.py" ann@example.org sales@example.org x@far.example)
    wait_until 20 logged "done id=$id"
}

@test "without the users of the design, root is refused where it should not stay" {
    chown -R nobody "$queue"
    run "$bin/qstart" 3>&-
    [ "$status" -eq 102 ]
    [[ $output == *pombo-* ]]
}

@test "started by another user, all runs as that one" {
    open_way
    chmod -R a+rX "$POMBO_DIR"
    chmod 666 "$POMBO_DIR"/{seen,play}
    chown -R 65534:65534 "$queue"
    setpriv --reuid=65534 --regid=65534 --clear-groups "$bin/qstart" 2>>"$log" 3>&- &
    qsend_pid=$!
    wait_until 5 logged ' start'
    [[ $(ids_of "qspawn $bin/qlocal") == "65534 65534 65534 65534 65534"* ]]
}

@test "wrong usage, and a queue that is not there" {
    run "$bin/qstart" now
    [ "$status" -eq 100 ]
    rm -r "$queue"
    run "$bin/qstart" 3>&-
    [ "$status" -eq 102 ]
}

@test "programs started by hand say what is wrong" {
    run "$bin/qsend" 3>&-
    [ "$status" -eq 100 ]
    run "$bin/qspawn"
    [ "$status" -eq 100 ]
}
