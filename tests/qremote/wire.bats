# shellcheck disable=SC2154 # keys of an associative array
load setup

# send BODYFILE: as one message through qremote; what the server got is a/message.1.1
send() {
    start_server a EHLO=PIPELINING,8BITMIME,DSN
    message m -F 8 -b "$1" x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 close
    got "result|1|0|K|2.0.0|a.example|250 2.0.0 taken"
}

@test "dots at line starts are doubled, and only there" {
    printf '.\n..\n.a\na.\n.\n\n.' >body
    send body
    printf '..\r\n...\r\n..a\r\na.\r\n..\r\n\r\n..\r\n' | cmp - a/message.1.1
}

@test "a last line without LF gets its line end" {
    printf 'Subject: x\n\nhello' >body
    send body
    printf 'Subject: x\r\n\r\nhello\r\n' | cmp - a/message.1.1
}

@test "an empty message is an empty message" {
    : >body
    send body
    [ -e a/message.1.1 ]
    [ ! -s a/message.1.1 ]
}

@test "bare CR and NUL become blanks: nothing can be smuggled" {
    printf 'Subject: x\n\na\r.\rb\0c\r\n.\r\nMAIL FROM:<evil@example.org>\r\n' >body
    send body
    printf 'Subject: x\r\n\r\na . b c \r\n.. \r\nMAIL FROM:<evil@example.org> \r\n' |
        cmp - a/message.1.1
    saw a 1 "MAIL"
}

@test "long lines and 8-bit bytes stay whole, across all blocks" {
    python3 - >body <<'E2'
import random, sys
random.seed(7)
lines = [b"Subject: x", b""]
for n in range(300):
    lines.append(b"." * random.randrange(3) + bytes(random.choices(
        [b for b in range(1, 256) if b not in (10, 13)], k=random.randrange(3000))))
lines.append(b"y" * 200000)
sys.stdout.buffer.write(b"\n".join(lines) + b"\n")
E2
    send body
    python3 - <<'E2'
sent = open("body", "rb").read()
got = open("a/message.1.1", "rb").read()
want = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n"
                for line in sent.split(b"\n")[:-1])
assert got == want
E2
}

@test "smtp-sink takes it" {
    for _ in $(seq 20); do # it takes no port 0
        port[sink]=$((20000 + RANDOM % 10000))
        /usr/sbin/smtp-sink -u nobody 127.0.0.1:"${port[sink]}" 10 >sink.log 2>&1 3>&- &
        pids+=($!)
        wait_until 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/${port[sink]}" 2>/dev/null && break
    done
    # shellcheck disable=SC2046 # words are wanted
    message m $(seq -f 'r%g@far.example' 1 40)
    drive "$(hosts sink)" "job:1:m:$(seq -s, 0 39)" job:2:m:0 until:41 close
    [ "$(grep -c '|[KR]|2.0.0|sink.example|250 2.0.0 Ok' output)" -eq 41 ]
    got "exit|0"
}
