# shellcheck disable=SC2154 # set or used by what is loaded
load system

# delivers: qsend still does its work.
delivers() {
    local id
    id=$(submit ann@example.org)
    wait_until 5 logged "done id=$id"
}

# set_aside NAME: it lies in corrupt/, with one line in the log.
set_aside() {
    wait_until 5 logged "corrupt name=$1 "
    [ ! -e "$queue/new/$1" ]
    [ "$(grep -c "corrupt name=$1 " "$log")" -eq 1 ]
}

good=abcdefghijklmnopqrstuvwxyz

@test "torn, damaged, empty and foreign files go to corrupt/" {
    for name in {a,b,c,d}bcdefghijklmnopqrstuvwxyz; do
        submit -n "$name" bob@example.org >/dev/null
    done
    cd "$queue/new"
    truncate -s -10 "a${good#a}"
    sed -i 's/bob@/eve@/' "b${good#a}"
    : >"c${good#a}"
    head -c 100000 /dev/zero >"d${good#a}"
    cd -
    start_qsend
    for name in {a,b,c,d}"${good#a}"; do
        set_aside "$name"
        [ -f "$queue/corrupt/$name" ]
    done
    delivers
    saw 0 bob
}

@test "what a worker finds damaged goes to corrupt/ after the attempt, with no notice" {
    play bob@example.org C
    play nobody@example.org D
    start_qsend
    id=$(submit ann@example.org bob@example.org nobody@example.org)
    set_aside "$id"
    logged "delivered id=$id to=ann@example.org"
    logged "deferred id=$id to=bob@example.org code=4.3.0"
    sed -n '/^$/q; s/^R \(.\) .*/\1/p' "$queue/corrupt/$id" | tr -d '\n' | grep -qx 'D\.\.'
    delivers
    saw 0 bounce
}

@test "FIFOs, folders, symlinks and sockets stop nothing" {
    start_qsend
    mkfifo "$queue/new/a${good#a}"
    mkdir "$queue/new/b${good#a}"
    ln -s /etc/passwd "$queue/new/c${good#a}"
    python3 -c "import socket,sys;socket.socket(socket.AF_UNIX).bind(sys.argv[1])" \
        "$queue/new/d${good#a}"
    ln -s /nowhere "$queue/new/e${good#a}"
    for name in {a,b,c,d,e}"${good#a}"; do
        set_aside "$name"
    done
    delivers
    [ "$(find "$queue/corrupt" -mindepth 1 | wc -l)" -eq 5 ]
}

@test "names that are none of the queue's are set aside" {
    mkdir "$queue/new/.hidden"
    touch "$queue/new/short" "$queue/new/with space" "$queue/new/$good.x1" \
        "$queue/new/$(printf 'line\nbreak')" "$queue/new/$(printf 'a%.0s' {1..255})"
    start_qsend
    wait_until 5 [ -z "$(ls -A "$queue/new")" ]
    delivers
    [ "$(grep -c ' corrupt ' "$log")" -eq 6 ]
    logged 'name="line\\x0abreak"'
    [ "$(find "$queue/corrupt" -mindepth 1 | wc -l)" -eq 6 ]
}

@test "a file with a second name is not touched" {
    id=$(submit ann@example.org)
    ln "$queue/new/$id" "$POMBO_DIR/other"
    start_qsend
    set_aside "$id"
    logged "more than one name"
    delivers
}

@test "a name that is taken already does not replace the message that has it" {
    play bob@example.org hang
    start_qsend
    submit -n "$good" bob@example.org >/dev/null
    wait_until 5 seen "job $good"
    submit -n "$good" ann@example.org >/dev/null
    set_aside "$good"
    logged "a name that is taken"
    grep -q bob@example.org "$queue/cur/$good"
}

# What a broken smtpd could do with the name of a message that it has handed in.
@test "nor does it replace one that is deferred: both are delivered" {
    play bob@example.org Z
    play ann@example.org Z
    start_qsend
    submit -n "$good" bob@example.org >/dev/null
    wait_until 5 is_deferred "$good"
    submit -n "$good" ann@example.org >/dev/null
    wait_until 5 logged "deferred id=$good to=ann@example.org"
    : >"$POMBO_DIR/play"
    for _ in 1 2; do
        kill -ALRM "$qsend_pid"
        sleep 1
    done
    both() { logged "delivered id=$good to=bob@example.org" && logged "delivered id=$good to=ann@example.org"; }
    wait_until 20 both
    wait_until 20 queue_is_empty
}

@test "a folder of the wheel that is later than a message may live is due soon" {
    late=$(printf '%010x' $((($(date +%s) + 365 * 86400) / 16)))
    submit -n "$good" bob@example.org >/dev/null
    mkdir "$queue/wheel/$late"
    mv "$queue/new/$good" "$queue/wheel/$late/"
    start_qsend
    wait_until 5 logged "clock folder=wheel/$late becomes=wheel/"
    wait_until 40 logged "done id=$good"
}

@test "a faulty file in cur/ is set aside at the start" {
    id=$(submit ann@example.org)
    mv "$queue/new/$id" "$queue/cur/"
    truncate -s 50 "$queue/cur/$id"
    start_qsend
    wait_until 5 logged "corrupt name=$id"
    [ -f "$queue/corrupt/$id" ]
    delivers
}

@test "old files in tmp/ are removed, young ones stay" {
    touch -d '37 hours ago' "$queue/tmp/old"
    touch -d '35 hours ago' "$queue/tmp/young"
    start_qsend
    wait_until 5 logged "tidied folder=tmp name=old"
    [ ! -e "$queue/tmp/old" ]
    [ -e "$queue/tmp/young" ]
}

@test "old links, FIFOs and folders in tmp/ are removed, and links not followed" {
    echo precious >"$POMBO_DIR/victim"
    ln -s ../../victim "$queue/tmp/link"
    ln -s /nowhere "$queue/tmp/dangling"
    mkfifo "$queue/tmp/fifo"
    mkdir -p "$queue/tmp/empty" "$queue/tmp/full/inner"
    touch -h -d '37 hours ago' "$queue"/tmp/* "$POMBO_DIR/victim"
    start_qsend
    for name in link dangling fifo empty; do
        wait_until 5 logged "tidied folder=tmp name=$name"
    done
    wait_until 5 logged "tidy folder=tmp name=full"
    [ "$(ls "$queue/tmp")" = full ]
    [ "$(cat "$POMBO_DIR/victim")" = precious ]
    delivers
}

@test "addresses with odd bytes can't forge log lines" {
    start_qsend
    id=$(submit '"x y\"z"@far.example')
    wait_until 5 logged "done id=$id"
    logged 'to="\\"x y\\\\\\"z\\"@far.example"'
}

@test "messages that say that they arrived in the future or never are delivered" {
    play bob@example.org Z
    start_qsend
    future=$(submit -t 99999999999 bob@example.org)
    wait_until 5 is_deferred "$future"
    past=$(submit -t 0 bob@example.org)
    wait_until 5 logged "done id=$past.b0"
}

@test "without descriptors qsend waits and goes on when there are some" {
    start_qsend
    submit ann@example.org >/dev/null
    wait_until 5 queue_is_empty
    prlimit --pid "$qsend_pid" --nofile=3:1024
    id=$(submit ann@example.org)
    wait_until 5 logged " pause "
    sleep 1.5
    [ "$(grep -c ' pause ' "$log")" -le 4 ]
    prlimit --pid "$qsend_pid" --nofile=1024:1024
    wait_until 5 logged "done id=$id"
}

@test "unreadable tables defer mail instead of bouncing it" {
    start_qsend
    printf 'not a cdb at all' >"$POMBO_DIR/etc/bad"
    mv "$POMBO_DIR/etc/bad" "$POMBO_DIR/etc/tables.cdb"
    sleep 1.1
    id=$(submit ann@example.org)
    wait_until 5 eval "is_deferred $id || logged 'done id=$id'"
    saw 0 bounce
}
