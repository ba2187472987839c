#!/usr/bin/env bats
# Planted symbolic and hard links, FIFOs and folders, as they led other systems astray:
# in the drop-box's tmp/ under names that can be guessed, and in Maildirs. (In new/ and
# cur/, and tidying: tests/qsend/hostile.bats; for adopted notices: tests/qnotify/crash.bats.)
load common

setup_victim() {
    echo secret >"$BATS_TEST_TMPDIR/victim"
    chmod 600 "$BATS_TEST_TMPDIR/victim"
}

victim_is_untouched() {
    [ "$(cat "$BATS_TEST_TMPDIR/victim")" = secret ]
    [ "$(stat -c '%a %F' "$BATS_TEST_TMPDIR/victim")" = "600 regular file" ]
}

@test "what is planted in tmp/ under a notice's name neither stops nor leads it" {
    setup_victim
    python3 - <<'END'
import shutil
from hostile import *
from queuefile import build
tmp = os.environ["POMBO_DIR"] + "/queue/tmp/"
name = "abcdefghijklmnopqrstuvwxy"
def plant_full(path):
    os.mkdir(path)
    os.mkdir(path + "/inner")
plants = [lambda p: os.symlink("../../../victim", p), lambda p: os.link("victim", p), os.mkfifo, os.mkdir, plant_full,
          lambda p: os.symlink("/nowhere", p)]
for i, plant in enumerate(plants):
    parent = name + "abcdef"[i]
    plant(tmp + parent + ".b0")
    with open("message", "wb") as file:
        file.write(build([("ann@far.example", "", "")]))
    message = os.open("message", os.O_RDWR)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(60)
    process = subprocess.Popen([BIN + "/qnotify"], stdin=theirs)
    theirs.close()
    fields = [b"bounce", b"1", parent.encode(), b"0", b"failed", b"5.1.1", b"mx", b"550 no", b""]
    socket.send_fds(ours, [b"\0".join(fields)], [message])
    answer = ours.recv(65536).split(b"\0")
    assert answer[3] == b"K", (i, answer)
    ours.close()
    process.wait(60)
    os.close(message)
    path = os.environ["POMBO_DIR"] + "/queue/new/" + parent + ".b0"
    assert os.path.isfile(path) and not os.path.islink(path) and os.stat(path).st_nlink == 1
END
    victim_is_untouched
    [ "$(queued)" -eq 6 ]
}

@test "pop3d serves, and removes, none of what is planted in a Maildir" {
    setup_victim
    mailbox=$POMBO_DIR/mail/example.org/ann
    echo hello >"$mailbox/new/1700000000.M1P1.host"
    for folder in new cur; do
        ln -s "$BATS_TEST_TMPDIR/victim" "$mailbox/$folder/1700000001.link"
        ln -s /nowhere "$mailbox/$folder/1700000002.dangling"
        ln -s . "$mailbox/$folder/1700000003.loop"
        mkfifo "$mailbox/$folder/1700000004.fifo"
        mkdir "$mailbox/$folder/1700000005.folder"
    done
    python3 - <<'END'
from hostile import *
p = Program("pop3d", "example.org/ann")
assert p.line() == b"+OK 1 messages, 7 octets\r\n"
p.say(b"UIDL\r\nRETR 1\r\nRETR 2\r\nDELE 1\r\nQUIT\r\n")
assert p.file.read() == (b"+OK 1 messages\r\n1 1700000000.M1P1.host\r\n.\r\n+OK 7 octets\r\nhello\r\n.\r\n"
                         b"-ERR no such message\r\n+OK marked as deleted\r\n+OK bye\r\n")
assert p.end() == 0
END
    [ "$(find "$mailbox" -mindepth 2 | wc -l)" -eq 10 ]
    victim_is_untouched
}

@test "a delivery is not led astray by what lies in a Maildir's tmp/ and new/" {
    setup_victim
    mailbox=$POMBO_DIR/mail/example.org/ann
    for folder in tmp new; do
        for name in 1 2 3; do
            ln -s "$BATS_TEST_TMPDIR/victim" "$mailbox/$folder/$(date +%s).M${name}P1.host"
        done
        mkfifo "$mailbox/$folder/fifo"
    done
    touch -h -d '40 hours ago' "$mailbox"/tmp/*
    python3 - <<'END'
from hostile import *
from queuefile import build
with open("message", "wb") as file:
    file.write(build([("ann@example.org", "", "")]))
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
ours.settimeout(60)
process = subprocess.Popen([BIN + "/qlocal"], stdin=theirs)
theirs.close()
with open("message", "rb") as file:
    socket.send_fds(ours, [b"job\0001\0name\0000\0example.org/ann\0\0000\0000\0"], [file.fileno()])
assert ours.recv(65536).split(b"\0")[3] == b"K"
ours.close()
process.wait(60)
END
    [ "$(find "$mailbox/new" -type f | wc -l)" -eq 1 ]
    grep -q '^Subject: test' "$(find "$mailbox/new" -type f)"
    victim_is_untouched
}
