#!/usr/bin/env bats
# Each program tries what its walls forbid, and is stopped; what it needs still works.
load common

setup_file() {
    make_system
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    queue=$POMBO_DIR/queue mail=$POMBO_DIR/mail etc=$POMBO_DIR/etc
    # O_RDONLY, O_WRONLY, O_RDWR | O_CREAT | O_EXCL; AF_UNIX and AF_INET with SOCK_STREAM
    read=0 write=1 create=0xc2
    unix="1 1 0" inet="2 1 0"
    export TCPREMOTEIP=192.0.2.1 # for smtpd: a client of the network
}

@test "smtpd reaches the queue, and no other file, socket or program" {
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
socket: ENOSYS
openat: EACCES
openat: EACCES
openat: EACCES
mkdirat: EACCES
renameat: EACCES
socket: ENOSYS
bind: ENOSYS
mmap: ENOMEM" openat -100 "@$queue/tmp/made" $create 0600, unlinkat -100 "@$queue/tmp/made" 0, \
        socket $inet, openat -100 "@$etc/passwords" $create 0600, openat -100 @/etc/passwd $read, \
        openat -100 "@$mail/ann/new" 0x10000, mkdirat -100 "@$mail/ann/more" 0700, \
        renameat -100 "@$etc/users" -100 "@$queue/tmp/users", socket $unix, bind 0 0 0, \
        mmap 0 0x40000000 3 0x22 -1 0 -- smtpd
    can_start_nothing smtpd
    has_limits "data size=536870912" "open files=64" "processes=0" "file size=18253611008"
    # Where rows of access name hosts it asks name servers.
    echo "host:bad.example.net refuse" >"$etc/access"
    qtable
    # shellcheck disable=SC2086
    tries "socket: done
socket: EAFNOSUPPORT
openat: done
openat: EACCES
bind: ENOSYS" socket $inet, socket $unix, openat -100 @/etc/resolv.conf $read, \
        openat -100 @/etc/passwd $read, bind 0 0 0 -- smtpd
    rm "$etc/access"
    qtable
    # For a local user it may speak to qmqpd.
    unset TCPREMOTEIP
    # shellcheck disable=SC2086
    tries "socket: done
openat: EACCES
bind: ENOSYS" socket $unix, openat -100 @/etc/passwd $read, bind 0 0 0 -- smtpd
}

@test "a session of a template has its walls, and can make no process" {
    local name
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
socket: EAFNOSUPPORT
openat: EACCES
openat: EACCES
mkdirat: EACCES
bind: ENOSYS" -t openat -100 "@$queue/tmp/made" $create 0600, \
        unlinkat -100 "@$queue/tmp/made" 0, socket $inet, openat -100 @/etc/passwd $read, \
        openat -100 "@$mail/ann/new" 0x10000, mkdirat -100 "@$mail/ann/more" 0700, \
        bind 0 0 0 -- smtpd
    for name in smtpd popup; do
        tries "clone: SIGSYS" -t clone 0x11 0 -- "$name"
        tries "clone: SIGSYS" -t clone 0x8011 0 -- "$name"
        tries "prlimit64: SIGSYS" -t prlimit64 0 0 0 0 -- "$name"
        tries "seccomp: SIGSYS" -t seccomp 1 0 0 -- "$name"
        tries "execve: SIGSYS" -t execve @/bin/true 0 0 -- "$name"
        tries "fork: SIGSYS" -t fork -- "$name"
        tries "setuid: ENOSYS
kill: ENOSYS" -t setuid 0, kill 1 0 -- "$name"
        has_limits "open files=64" "processes=0"
    done
}

@test "a session of a template that is not root's can make no process either" {
    local name
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/{file,test} "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
    chmod -R a+rX "$POMBO_DIR"
    cp "$INJECT" "$BATS_TEST_TMPDIR/inject"
    printf '#!/bin/sh\nexec setpriv --reuid 65534 --regid 65534 --clear-groups %s "$@"\n' \
        "$BATS_TEST_TMPDIR/inject" >"$BATS_TEST_TMPDIR/as_nobody"
    chmod 755 "$BATS_TEST_TMPDIR"/{inject,as_nobody}
    install -m 666 /dev/null "$BATS_TEST_TMPDIR/list"
    INJECT=$BATS_TEST_TMPDIR/as_nobody
    for name in smtpd popup; do
        tries "clone: EAGAIN" -t clone 0x8011 0 -- "$name" # a sibling
        has_limits "open files=64" "processes=0"
        tries "clone: SIGSYS" -t clone 0x11 0 -- "$name"
        tries "clone: SIGSYS" -t clone 0x10008011 0 -- "$name" # with a user namespace
        tries "prlimit64: EPERM
prlimit64: done" -t prlimit64 1 7 0 0, prlimit64 0 7 0 0 -- "$name"
        # Without a string: others of its user can write none into its memory.
        tries "execve: SIGSYS" -t execve 0 0 0 -- "$name"
        tries "fork: SIGSYS" -t fork -- "$name"
    done
}

@test "smtpd -s reaches the queue and doors, and no other file or program" {
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
socket: EAFNOSUPPORT
socket: done
openat: EACCES
openat: EACCES
openat: EACCES
openat: EACCES
bind: ENOSYS" openat -100 "@$queue/tmp/made" $create 0600, unlinkat -100 "@$queue/tmp/made" 0, \
        socket $inet, socket $unix, openat -100 "@$POMBO_DIR/run/failures" $create 0600, \
        openat -100 "@$etc/passwords.cdb" $read, openat -100 @/etc/passwd $read, \
        openat -100 "@$mail/ann/new" 0x10000, bind 0 0 0 -- smtpd -s
    can_start_nothing smtpd -s
    has_limits "data size=536870912" "open files=64" "processes=0" "file size=18253611008"
}

@test "checkpw behind run/auth reaches the tables and its counters, and connects to nobody" {
    # shellcheck disable=SC2086
    tries "openat: done
openat: done
unlinkat: done
openat: EACCES
openat: EACCES
openat: EACCES
openat: EACCES
socket: ENOSYS" openat -100 "@$etc/passwords.cdb" $read, openat -100 "@$POMBO_DIR/run/made" $create 0600, \
        unlinkat -100 "@$POMBO_DIR/run/made" 0, openat -100 "@$etc/made" $create 0600, \
        openat -100 "@$queue/tmp/made" $create 0600, openat -100 "@$mail/ann/new" 0x10000, \
        openat -100 @/etc/passwd $read, socket $unix -- checkpw -a
    can_start_nothing checkpw -a
    has_limits "data size=1073741824" "open files=64" "processes=0" "file size=16777216"
}

@test "no program of the kind may do what only an intruder would" {
    local call
    for call in bpf mount keyctl io_uring_setup x32_getpid; do
        tries "getpid: done
$call: SIGSYS" getpid, $call 0 0 -- smtpd
    done
    # memory that was written is never run, where the kernel knows that wall (6.3)
    tries "mmap: EACCES" mmap 0 4096 7 0x22 -1 0 -- smtpd ||
        tries "mmap: done" mmap 0 4096 7 0x22 -1 0 -- smtpd
    tries "openat: EACCES" openat -100 @/dev/null $write -- smtpd
}

@test "qmqpd reaches the queue and its spool, and connects to nobody" {
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
openat: done
openat: EACCES
openat: EACCES
socket: ENOSYS" openat -100 "@$queue/tmp/made" $create 0600, unlinkat -100 "@$queue/tmp/made" 0, \
        openat -100 "@$TMPDIR" 0x410002 0600, openat -100 "@$etc/users" $read, \
        openat -100 "@$mail/ann/new" 0x10000, socket $inet -- qmqpd
    can_start_nothing qmqpd
    has_limits "data size=536870912" "open files=64" "processes=0" "file size=18253611008"
}

@test "qinject reaches the queue, its spool and the QMQP socket" {
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
socket: done
openat: EACCES
openat: EACCES
socket: EAFNOSUPPORT" openat -100 "@$queue/tmp/made" $create 0600, unlinkat -100 "@$queue/tmp/made" 0, \
        socket $unix, openat -100 @/etc/passwd $read, openat -100 "@$etc/users" $read, \
        socket $inet -- qinject -f bob@example.org ann@example.org
    ls "$queue/new/"* # it did its work after all that
    rm "$queue/new/"*
    can_start_nothing qinject -f bob@example.org ann@example.org
    has_limits "data size=536870912" "open files=64" "processes=0"
    rm -f "$queue/new/"*
}

# Four FIFOs stand for the spawners.
qsend_alone() {
    mkfifo 4 5 6 7 2>/dev/null || true
    exec qsend 4<>./4 5<>./5 6<>./6 7<>./7
}
export -f qsend_alone

@test "qsend reaches the queue and the tables, and connects to nobody" {
    # The last call kills it, as it would work on.
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
openat: done
openat: EACCES
openat: EACCES
socket: ENOSYS
kill: ENOSYS
setuid: ENOSYS
execve: SIGSYS" openat -100 "@$queue/wheel/made" $create 0600, unlinkat -100 "@$queue/wheel/made" 0, \
        openat -100 "@$etc/tables.cdb" $read, openat -100 "@$etc/tables.cdb" $write, \
        openat -100 "@$mail/ann/new" 0x10000, socket $inet, kill 1 0, setuid 0, \
        execve @/bin/true 0 0 -- bash -c qsend_alone
    for call in fork ptrace unshare; do
        tries "$call: SIGSYS" $call 0 0 -- bash -c qsend_alone
    done
    has_limits "data size=8589934592" "processes=0" "file size=18253611008"
}

@test "qmx reads the policies that are kept, and no other file" {
    touch "$POMBO_DIR/sts/far.example"
    # shellcheck disable=SC2086
    tries "socket: done
socket: done
socket: done
openat: done
openat: EACCES
openat: EACCES
openat: EACCES
unlinkat: ENOSYS" socket $inet, socket 16 3 0, socket $unix, openat -100 "@$POMBO_DIR/sts/far.example" $read, \
        openat -100 "@$POMBO_DIR/sts/made" $create 0600, openat -100 "@$etc/tables.cdb" $read, \
        openat -100 @/etc/passwd $read, unlinkat -100 "@$POMBO_DIR/sts/far.example" 0 -- qmx
    can_start_nothing qmx
    has_limits "data size=134217728" "open files=64" "processes=0" "file size=0"
}

@test "qremote opens no file" {
    # shellcheck disable=SC2086
    tries "socket: done
socket: done
openat: ENOSYS
socket: EAFNOSUPPORT
bind: ENOSYS" socket $inet, socket $unix, openat -100 "@$etc/tables.cdb" $read, socket 16 3 0, bind 0 0 0 -- qremote
    can_start_nothing qremote
    has_limits "data size=1073741824" "open files=1024" "processes=0" "file size=0"
}

@test "tlsc reads certificates of CAs, and no other file, and connects to nobody" {
    # The last call kills it, as it would work on.
    # shellcheck disable=SC2086
    tries "openat: done
openat: EACCES
openat: EACCES
openat: EACCES
socket: ENOSYS
bind: ENOSYS
setuid: ENOSYS
execve: SIGSYS" openat -100 @/etc/ssl/certs 0x10000, openat -100 @/etc/ssl/certs/made $create 0600, \
        openat -100 "@$etc/tables.cdb" $read, openat -100 "@$mail/ann/new" 0x10000, socket $inet, bind 0 0 0, \
        setuid 0, execve @/bin/true 0 0 -- tlsc -l "$POMBO_DIR/run/tlsc"
    for call in ptrace unshare bpf; do
        tries "$call: SIGSYS" $call 0 0 -- tlsc -l "$POMBO_DIR/run/tlsc"
    done
    has_limits "data size=1073741824" "open files=256" "file size=0"
}

@test "stsd writes the policies that are kept, reads certificates of CAs, and reaches no other file" {
    # The last call kills it, as it would work on.
    # shellcheck disable=SC2086
    tries "openat: done
openat: done
unlinkat: done
openat: EACCES
openat: EACCES
openat: EACCES
openat: EACCES
socket: done
socket: EAFNOSUPPORT
bind: ENOSYS
setuid: ENOSYS
execve: SIGSYS" openat -100 @/etc/ssl/certs 0x10000, openat -100 "@$POMBO_DIR/sts/made" $create 0600, \
        unlinkat -100 "@$POMBO_DIR/sts/made" 0, openat -100 @/etc/ssl/certs/made $create 0600, \
        openat -100 "@$etc/tables.cdb" $read, openat -100 "@$mail/ann/new" 0x10000, openat -100 @/etc/passwd $read, \
        socket $inet, socket $unix, bind 0 0 0, setuid 0, execve @/bin/true 0 0 -- stsd -l "$POMBO_DIR/run/sts"
    for call in ptrace unshare bpf; do
        tries "$call: SIGSYS" $call 0 0 -- stsd -l "$POMBO_DIR/run/sts"
    done
    has_limits "data size=1073741824" "open files=256" "file size=1048576"
}

@test "a fetch of stsd has closer walls than stsd itself" {
    forks_behind_closer_walls "$POMBO_DIR/run/sts" stsd
}

@test "a session of tlsc has closer walls than tlsc itself" {
    forks_behind_closer_walls "$POMBO_DIR/run/tlsc" tlsc
}

@test "qnotify reaches the queue and the tables, and no mailbox" {
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
openat: done
openat: EACCES
openat: EACCES
socket: ENOSYS" openat -100 "@$queue/tmp/made" $create 0600, unlinkat -100 "@$queue/tmp/made" 0, \
        openat -100 "@$etc/tables.cdb" $read, openat -100 "@$etc/made" $create 0600, \
        openat -100 "@$mail/ann/new" 0x10000, socket $inet -- qnotify
    can_start_nothing qnotify
    has_limits "data size=1073741824" "open files=256" "processes=0"
}

@test "qtlsreport reaches the queue alone; with -n it changes nothing" {
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
openat: EACCES
openat: EACCES
socket: ENOSYS
socket: ENOSYS" openat -100 "@$queue/tmp/made" $create 0600, unlinkat -100 "@$queue/tmp/made" 0, \
        openat -100 "@$etc/tables.cdb" $read, openat -100 "@$mail/ann/new" 0x10000, socket $inet, \
        socket $unix -- qtlsreport
    can_start_nothing qtlsreport
    has_limits "data size=2147483648" "open files=64" "processes=0" "file size=1073741824"
    # shellcheck disable=SC2086
    tries "openat: done
openat: EACCES
openat: EACCES
unlinkat: ENOSYS
socket: ENOSYS" openat -100 "@$queue/cur" 0x10000, openat -100 "@$queue/tmp/made" $create 0600, \
        openat -100 "@$etc/tables.cdb" $read, unlinkat -100 "@$queue/lock" 0, socket $unix -- qtlsreport -n
    can_start_nothing qtlsreport -n
    has_limits "data size=2147483648" "open files=64" "processes=0"
}

@test "qlocal reaches mailboxes, and nothing else" {
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
openat: EACCES
openat: EACCES
socket: ENOSYS" openat -100 "@$mail/bob/tmp/made" $create 0600, unlinkat -100 "@$mail/bob/tmp/made" 0, \
        openat -100 "@$queue/cur" 0x10000, openat -100 "@$etc/users" $read, socket $unix -- qlocal
    can_start_nothing qlocal
    has_limits "data size=2147483648" "open files=4096" "processes=0"
}

@test "smtpd may knock at UNIX sockets where TLS is offered, and there alone" {
    # shellcheck disable=SC2086
    tries "socket: EAFNOSUPPORT" socket $unix -- smtpd || tries "socket: ENOSYS" socket $unix -- smtpd
    touch "$POMBO_DIR/run/tls"
    # shellcheck disable=SC2086
    tries "socket: done
socket: EAFNOSUPPORT
openat: EACCES" socket $unix, socket $inet, openat -100 @/etc/passwd $read -- smtpd
    rm "$POMBO_DIR/run/tls"
    can_start_nothing smtpd
}

@test "tlsd reads its folder and starts no program; its sessions have their sockets alone" {
    # Each of them ends with the tries.
    # shellcheck disable=SC2086
    tries "openat: done
openat: EACCES
openat: EACCES
openat: EACCES
socket: ENOSYS
bind: ENOSYS
unlinkat: ENOSYS
mmap: EACCES" openat -100 "@$etc/users" $read, openat -100 "@$etc/users" $write, \
        openat -100 "@$queue/new" 0x10000, openat -100 @/etc/passwd $read, socket $unix, \
        bind 0 0 0, unlinkat -100 "@$etc/users" 0, mmap 0 4096 7 0x22 -1 0, exit_group 0 \
        -- tlsd -d -l "$BATS_TEST_TMPDIR/door"
    has_limits "data size=1073741824" "open files=256" "file size=0"
    local call
    for call in "execve @/bin/true 0 0" fork "ptrace 16 1 0 0" "unshare 0"; do
        # shellcheck disable=SC2086
        tries "${call%% *}: SIGSYS" $call, exit_group 0 -- tlsd -d -l "$BATS_TEST_TMPDIR/door"
    done
    mkdir -p "$etc/tls/own"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$etc/tls/own/privkey.pem" \
        -out "$etc/tls/own/fullchain.pem" -subj /CN=own 2>/dev/null
    # shellcheck disable=SC2086
    tries "openat: ENOSYS
socket: ENOSYS
bind: ENOSYS" openat -100 "@$etc/tls/own/privkey.pem" $read, socket $unix, bind 0 0 0 -- tlsd true
    has_limits "data size=1073741824" "open files=256" "processes=0" "file size=0"
    can_start_nothing tlsd true
    rm -r "$etc/tls"
}

@test "popup opens no file and reaches UNIX sockets alone" {
    # shellcheck disable=SC2086
    tries "socket: done
openat: ENOSYS
socket: EAFNOSUPPORT" socket $unix, openat -100 "@$etc/tables.cdb" $read, socket $inet -- popup
    can_start_nothing popup
    has_limits "data size=67108864" "open files=64" "processes=0" "file size=0"
}

@test "pop3d reaches the one mailbox of its user" {
    # shellcheck disable=SC2086
    tries "openat: done
unlinkat: done
openat: done
openat: EACCES
openat: EACCES
openat: EACCES
socket: ENOSYS" openat -100 "@$mail/ann/tmp/made" $create 0600, unlinkat -100 "@$mail/ann/tmp/made" 0, \
        openat -100 "@$mail/ann/new" 0x10000, openat -100 "@$mail/bob/new" 0x10000, \
        openat -100 "@$mail" 0x10000, openat -100 "@$etc/tables.cdb" $read, socket $unix -- pop3d ann
    can_start_nothing pop3d ann
    has_limits "data size=2147483648" "open files=64" "processes=0" "file size=0"
}

@test "qctl reads the queue and changes nothing" {
    # shellcheck disable=SC2086
    tries "openat: done
openat: EACCES
unlinkat: ENOSYS
socket: ENOSYS
execve: SIGSYS" openat -100 "@$queue/cur" 0x10000, openat -100 "@$queue/tmp/made" $create 0600, \
        unlinkat -100 "@$queue/lock" 0, socket $unix, execve @/bin/true 0 0 -- qctl stat
    for call in fork ptrace unshare; do
        tries "$call: SIGSYS" $call 0 0 -- qctl stat
    done
    has_limits "data size=1073741824" "open files=64" "processes=0"
}

@test "qtable and qpasswd write the tables alone" {
    local program
    for program in "qtable" "qpasswd -c ann@example.org"; do
        # shellcheck disable=SC2086
        tries "openat: done
unlinkat: done
openat: EACCES
openat: EACCES" openat -100 "@$etc/made" $create 0600, unlinkat -100 "@$etc/made" 0, \
            openat -100 "@$mail/ann/new/made" $create 0600, openat -100 "@$queue/new/made" $create 0600 \
            -- $program
        # shellcheck disable=SC2086
        cannot_break_out $program
        has_limits "data size=8589934592"
    done
}

@test "a starter that another starter started has its walls from it" {
    export TCPREMOTEIP=127.0.0.1 # whose password popup takes without TLS
    [ -n "$WALLS" ] || return 0
    cat >"$BATS_TEST_TMPDIR/filters" <<'END'
#!/bin/sh
sed -n 's/^Seccomp_filters:[^0-9]*//p' /proc/self/status
END
    chmod +x "$BATS_TEST_TMPDIR/filters"
    local before
    before=$("$BATS_TEST_TMPDIR/filters")
    popup host "$BATS_TEST_TMPDIR/filters" < <(printf 'USER a\r\nPASS b\r\n') >out 2>err || true
    grep -qx $((before + 1)) out
    popup host popup host "$BATS_TEST_TMPDIR/filters" \
        < <(printf 'USER a\r\nPASS b\r\nUSER a\r\nPASS b\r\n') >out 2>err || true
    grep -qx $((before + 1)) out
    POMBO_WALLS='' popup host sh -c "POMBO_WALLS= exec popup host $BATS_TEST_TMPDIR/filters" \
        < <(printf 'USER a\r\nPASS b\r\nUSER a\r\nPASS b\r\n') >out 2>err || true
    grep -qx $((before + 2)) out
}

@test "programs that start others let none of them break out" {
    local program programs=("qlisten nonsense -- true" "popup host true" "checkpw -d true"
        "checkpw true" "qspawn true" "pombo status /nonexistent" "qstart")
    for program in "${programs[@]}"; do
        # shellcheck disable=SC2086
        POMBO_DIR=/nonexistent cannot_break_out $program
        has_limits "data size=8589934592"
    done
}
