#!/usr/bin/env bats
# What is given up before another program runs.
load common

# As root: the mail root belongs to user and group 65534.
setup_server() {
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
    chmod -R go+rX pombo
    chown -R 65534:65534 pombo/mail
    chown 0:54321 pombo/etc/passwords.cdb
    chmod 640 pombo/etc/passwords.cdb
}
as_mail() {
    setpriv --reuid=65534 --regid=65534 --groups=54321 "$@"
}
state='grep -E "^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb)):" /proc/self/status | tr -s "\t " " "'

@test "root becomes the owner of the mail root, with nothing left" {
    setup_server
    run -0 check ann secret sh -c "$state"
    [ "${lines[0]}" = "Uid: 65534 65534 65534 65534" ]
    [ "${lines[1]}" = "Gid: 65534 65534 65534 65534" ]
    [ "${lines[2]}" = "Groups: " ]
    [ "$(grep -c 'Cap.*: 0000000000000000' <<<"$output")" -eq 4 ]
    run -1 check ann secret cat "$POMBO_DIR/etc/passwords.cdb"
}

@test "with CAP_SETGID the group that reads hashes is dropped, and the capability too" {
    setup_server
    with_cap() {
        as_mail --inh-caps=+setgid --ambient-caps=+setgid -- \
            checkpw "$@" 3< <(printf 'ann\0secret\0now\0')
    }
    run -0 with_cap sh -c "$state"
    [ "${lines[1]}" = "Gid: 65534 65534 65534 65534" ]
    [ "${lines[2]}" = "Groups: " ]
    [ "$(grep -c 'Cap.*: 0000000000000000' <<<"$output")" -eq 4 ]
    run -1 with_cap cat "$POMBO_DIR/etc/passwords.cdb"
}

@test "the same where it is the first group, as in the systemd unit" {
    setup_server
    run -0 setpriv --reuid=65534 --regid=54321 --clear-groups --inh-caps=+setgid \
        --ambient-caps=+setgid checkpw sh -c "$state" 3< <(printf 'ann\0secret\0now\0')
    [ "${lines[1]}" = "Gid: 65534 65534 65534 65534" ]
    [ "${lines[2]}" = "Groups: " ]
    [ "$(grep -c 'Cap.*: 0000000000000000' <<<"$output")" -eq 4 ]
}

@test "an ordinary user goes on with its groups" {
    setup_server
    without_cap() {
        as_mail checkpw "$@" 3< <(printf 'ann\0secret\0now\0')
    }
    run -0 without_cap id -G
    [ "$output" = "65534 54321" ]
}

@test "root's own system in one directory stays root's" {
    run -0 check ann secret id -u
    [ "$output" = 0 ]
}

@test "a user who may not read the hashes gets a temporary error" {
    setup_server
    run -111 setpriv --reuid=65534 --regid=65534 --clear-groups \
        checkpw true 3< <(printf 'ann\0secret\0now\0')
}
