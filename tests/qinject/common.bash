# Loaded by the tests of qinject: a queue made by hand, and what lies in it.
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export POMBO_DIR=$PWD/pombo PYTHONDONTWRITEBYTECODE=1 TZ=UTC
    export PYTHONPATH=$POMBO_ROOT/tests/qsend
    unset JOURNAL_STREAM RELAYCLIENT TMPDIR
    export LOGNAME=root USER=root
    mkdir -p pombo/{etc,run,log} pombo/queue/{tmp,new,cur,wheel,corrupt}
    settings 'host_name = mail.pombo.test' 'default_domain = pombo.test'
}

teardown() {
    stop_door
}

# settings LINE...: compiled; qtable adds what lacks.
settings() {
    printf '%s\n' "$@" >pombo/etc/pombo.conf
    qtable
}

# queued: how many messages are in new/; nothing may be left in tmp/.
queued() {
    [ -z "$(ls pombo/queue/tmp)" ] || { ls pombo/queue/tmp; return 1; }
    find pombo/queue/new -type f | wc -l
}

# envelope [KEY]: the envelope's lines of the one message in new/, or those of KEY.
envelope() {
    [ "$(queued)" = 1 ] || return 1
    sed '1d;/^$/,$d' pombo/queue/new/* | grep "^${1:-.}"
}

recipients() {
    envelope R | cut -d' ' -f6-
}

# message: the message in new/, as bytes.
message() {
    [ "$(queued)" = 1 ] || return 1
    python3 -c '
import glob, sys
data = open(glob.glob("pombo/queue/new/*")[0], "rb").read()
from queuefile import crc32c
body = data[data.index(b"\n\n") + 2:-30]
assert data[-30:] == b"END %016x %08x\n" % (len(body), crc32c(body))
sys.stdout.buffer.write(body)'
}

# body: what follows the header section; field NAME: the values of a field, unfolded.
body() {
    message | sed '1,/^$/d'
}

field() {
    message | sed '/^$/,$d' | sed ':a;N;$!ba;s/\n\([ \t]\)/\1/g' | sed -n "s/^$1: *//Ip"
}

# header_lacks PATTERN: no line of the header section matches, in any case.
header_lacks() {
    message | sed '/^$/q' >header.txt
    [ -s header.txt ] && run -1 grep -i "$1" header.txt
}

# traced ARGS...: strace; a build with sanitizers can't look for leaks under it.
traced() {
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -qq "$@"
}

# open_door: qmqpd behind run/qmqp.
open_door() {
    qlisten "unix:$POMBO_DIR/run/qmqp,mode=0666" -- "$POMBO_BIN/qmqpd" \
        >/dev/null 2>pombo/log/qmqpd 3>&- &
    echo $! >door.pid
    wait_until 5 test -S pombo/run/qmqp
}

stop_door() {
    [ -e door.pid ] || return 0
    kill "$(cat door.pid)" && wait "$(cat door.pid)" || true
    rm -f door.pid
}

# as_nobody COMMAND...: as a user without rights on the queue.
as_nobody() {
    local folder=$PWD
    chmod 700 pombo/queue
    while [ "$folder" != / ]; do # the way to run/ is open, as on a server
        case $folder in "${BATS_RUN_TMPDIR%/*}") break ;; esac
        chmod a+x "$folder"
        folder=${folder%/*}
    done
    env -u LOGNAME -u USER setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# speak: python with what a test of QMQP needs, the script on standard input.
speak() {
    {
        cat <<'END'
import glob, os, socket, sys, time
def netstring(data):
    return b"%d:%s," % (len(data), data)
def request(message=b"Subject: x\n\nhello\n", sender=b"ann@pombo.test",
            recipients=(b"bob@pombo.test",)):
    return netstring(netstring(message) + netstring(sender) +
                     b"".join(netstring(r) for r in recipients))
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(120)
    s.connect("pombo/run/qmqp")
    return s
def answer(s):
    data = b""
    while True:
        try:
            got = s.recv(4096)
        except ConnectionResetError:
            got = b""
        if not got:
            return data
        data += got
def ask(data, ends=False):
    s = connect()
    try:
        s.sendall(data)
        if ends:
            s.shutdown(socket.SHUT_WR)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return answer(s)
def queued():
    assert os.listdir("pombo/queue/tmp") == []
    return [open(p, "rb").read() for p in sorted(glob.glob("pombo/queue/new/*"))]
END
        cat
    } >speak.py
    timeout 300 python3 speak.py
}
