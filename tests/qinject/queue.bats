#!/usr/bin/env bats
# The way into the queue: synced before exit 0, and nothing left where it fails.
load common

@test "the file is written, named, synced, and its name synced, before exit 0" {
    traced -y -e trace=openat,fsync,renameat2,link,exit_group -o trace qinject ann@pombo.test <<<x
    steps=$(grep -o '^fsync([0-9]*<[^>]*queue/[a-z]*\|^renameat2\|^exit_group(0' trace | sed 's|fsync.*/|fsync |')
    [ "$steps" = $'renameat2\nfsync new\nfsync new\nexit_group(0' ]
    [ "$(stat -c %a pombo/queue/new/*)" = 660 ]
}

@test "the umask does not shut the queue's runner out" {
    (umask 077 && qinject ann@pombo.test <<<x)
    [ "$(stat -c %a pombo/queue/new/*)" = 660 ]
}

@test "a submitter who may not read new/ syncs the file when it has its name" {
    chmod 3733 pombo/queue/tmp pombo/queue/new
    chmod 777 pombo/etc
    folder=$PWD
    while [ "$folder" != "${BATS_RUN_TMPDIR%/*}" ]; do chmod a+x "$folder"; folder=${folder%/*}; done
    cp "$POMBO_BIN/qinject" pombo/q
    ASAN_OPTIONS=detect_leaks=0 setpriv --reuid=65534 --regid=65534 --clear-groups \
        strace -qq -y -e trace=fsync,renameat2,exit_group -o pombo/etc/trace pombo/q ann@pombo.test <<<x
    [ "$(queued)" = 1 ]
    steps=$(grep -o '^fsync([0-9]*<[^>]*queue/[a-z]*/\|^renameat2\|^exit_group(0' pombo/etc/trace | sed 's|fsync.*/\(.*\)/|fsync \1|')
    [ "$steps" = $'renameat2\nfsync new\nexit_group(0' ]
}

@test "a failing system call is 75, and queues nothing" {
    for fault in write:ENOSPC:when=1 fsync:EIO:when=1 renameat2:EIO fchmod:EIO getrandom:ENOSYS; do
        run -75 traced -o /dev/null -e "trace=${fault%%:*}" \
            -e "inject=${fault%%:*}:error=${fault#*:}" qinject ann@pombo.test <<<x
        [[ "$output" == "qinject: "* ]]
        [ "$(queued)" = 0 ]
    done
}

@test "a folder's failing sync is 75, and the name goes again" {
    run -75 traced -o /dev/null -e trace=fsync -e inject=fsync:error=EIO:when=2 qinject ann@pombo.test <<<x
    [[ "$output" == *"cannot make the message safe"* ]]
    [ "$(queued)" = 0 ]
}

@test "where renameat2 does not know its flag, a look and a rename do" {
    traced -o /dev/null -e trace=renameat2 -e inject=renameat2:error=EINVAL qinject ann@pombo.test <<<x
    [ "$(recipients)" = ann@pombo.test ]
    [ "$(stat -c %h pombo/queue/new/*)" = 1 ]
}

@test "no queue is 75" {
    rm -r pombo/queue
    run -75 qinject ann@pombo.test <<<x
    [[ "$output" == "qinject: "*"queue"* ]]
}

@test "a disk without room but the reserve is 75" {
    settings 'free_space = 1024G'
    run -75 qinject ann@pombo.test <<<x
    [[ "$output" == *"disk is full"* ]]
    [ "$(queued)" = 0 ]
}

@test "killed at any moment it leaves nothing in new/ that is not whole" {
    python3 -c 'print("Subject: s\n"); print("x" * 100 + "\n", end="")
for i in range(20000): print("x" * 100)' >in
    for delay in 0.001 0.002 0.004 0.006 0.01 0.02; do
        timeout -s KILL "$delay" qinject ann@pombo.test <in || true
    done
    for file in pombo/queue/new/*; do
        [ -e "$file" ] || continue
        tail -c 30 "$file" | grep -q '^END '
    done
}
