#!/usr/bin/env bats
# The commands after the log-in.
load common

@test "STAT and LIST tell counts and exact octets" {
    printf 'A: 1\n\nx\n' | put 1
    printf 'A: 1\n\nno end' | put 2
    printf '' | put 3
    printf '.\n..\n\n' | put 4
    serve_by_door
    play_as_ann <<'END'
-> STAT
<- [+]OK 4 36
-> LIST
<- [+]OK .*
<- 1 11
<- 2 16
<- 3 0
<- 4 9
<- [.]
-> LIST 2
<- [+]OK 2 16
-> LIST 5
<- -ERR .*
-> LIST 0
<- -ERR .*
-> LIST x
<- -ERR .*
END
}

@test "a file with CRLF line ends is counted and sent as it is" {
    printf 'A: 1\r\n\r\none\r\ntwo\r\n' | put 1
    serve_by_door
    play_as_ann <<'END'
-> LIST 1
<- [+]OK 1 18
-> RETR 1
<- [+]OK 18 octets
<- A: 1
<- 
<- one
<- two
<- [.]
-> TOP 1 0
<- [+]OK.*
<- A: 1
<- 
<- [.]
END
}

@test "RETR sends CRLF line ends, doubled dots and a last line end" {
    printf 'A: 1\n\n.\n..two\nno end' | put 1
    serve_by_door
    play_as_ann <<'END'
-> RETR 1
<- [+]OK \d+ octets
<- A: 1
<- 
<- [.][.]
<- [.][.][.]two
<- no end
<- [.]
-> RETR 2
<- -ERR .*
-> RETR
<- -ERR .*
-> RETR 1 1
<- -ERR .*
END
}

@test "TOP sends the header and so many lines" {
    printf 'A: 1\nB: 2\n\none\n.two\nthree\n' | put 1
    printf 'A: header alone\n' | put 2
    serve_by_door
    play_as_ann <<'END'
-> TOP 1 0
<- [+]OK.*
<- A: 1
<- B: 2
<- 
<- [.]
-> TOP 1 2
<- [+]OK.*
<. 5
-> TOP 1 1000000
<- [+]OK.*
<. 6
-> TOP 2 3
<- [+]OK.*
<. 1
-> TOP 1
<- -ERR .*
-> TOP 3 0
<- -ERR .*
-> TOP 1 -1
<- -ERR .*
END
}

@test "sizes are what RETR sends, for messages of all kinds" {
    python3 - <<'END'
import random
random.seed(1)
for i in range(40):
    size = random.choice([0, 1, 100, 4095, 4096, 65535, 65536, 65537, 300000])
    text = bytes(random.choice(b"ab.\n\n") for _ in range(size))
    name = f"pombo/mail/example.org/ann/new/{1700000000 + i}.M{i}P1.host"
    open(name, "wb").write(text)
END
    serve_by_door
    python3 - "$PORT" <<'END'
import glob, poplib, sys
p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
p.user("ann"); p.pass_("secret")
total = 0
files = sorted(glob.glob("pombo/mail/example.org/ann/*/*"), key=lambda n: n.split("/")[-1])
sizes = [int(line.split()[1]) for line in p.list()[1]]
assert len(sizes) == 40
for number, (size, name) in enumerate(zip(sizes, files), 1):
    lines = p.retr(number)[1]
    got = b"".join(line + b"\r\n" for line in lines)
    text = open(name, "rb").read()
    if text and not text.endswith(b"\n"):
        text += b"\n"
    assert got == text.replace(b"\n", b"\r\n"), number
    assert len(got) == size, (number, len(got), size)
    total += size
assert p.stat() == (40, total)
p.quit()
END
}

@test "UIDL is the same in each session, whatever was deleted" {
    put_some 3
    serve_by_door
    python3 - "$PORT" <<'END'
import poplib, re, sys
def session():
    p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
    p.user("ann"); p.pass_("secret")
    return p
def ids(p):
    return [line.split()[1] for line in p.uidl()[1]]
p = session()
first = ids(p)
assert len(set(first)) == 3
assert all(re.fullmatch(rb"[\x21-\x7e]{1,70}", i) for i in first)
assert p.uidl(2) == b"+OK 2 " + first[1]
p.dele(1)
assert ids(p) == first[1:]
assert p.uidl()[1][0].startswith(b"2 ")
p.retr(2)
p.quit()
p = session()
assert ids(p) == first[1:]
try:
    p.uidl(3)
    raise SystemExit("UIDL 3 answered")
except poplib.error_proto:
    p.quit()
END
}

# uidl USER PASSWORD: what UIDL lists.
uidl() {
    python3 - "$PORT" "$1" "$2" <<'END'
import poplib, sys
p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
p.user(sys.argv[2]); p.pass_(sys.argv[3])
print(*(line.decode() for line in p.uidl()[1]), sep="\n")
p.quit()
END
}

@test "UIDL is the same where the mailbox was moved to another machine and read there" {
    put_some 3
    # A size within the name, and names that can't be ids as they are.
    printf 'A: 4\n\nx\n' >"pombo/mail/example.org/ann/new/1700000004.M4P1.host,S=8"
    printf 'A: 5\n\nx\n' >"pombo/mail/example.org/ann/new/1700000005.M5P1.a host"
    printf 'A: 6\n\nx\n' >"pombo/mail/example.org/ann/new/1700000006.$(printf 'x%.0s' {1..100})"
    serve_by_door
    uidl ann secret >before
    [ "$(cut -d' ' -f2 before | sort -u | wc -l)" -eq 6 ]
    maildir bob
    tar -C pombo/mail/example.org/ann -c . | tar -C pombo/mail/example.org/bob -x --touch
    for file in pombo/mail/example.org/bob/new/*; do
        mv "$file" "pombo/mail/example.org/bob/cur/${file##*/}:2,S"
    done
    uidl bob ' two  words ' | diff before -
}

@test "an id never passes to another message whose name differs in the sizes alone" {
    local base=pombo/mail/example.org/ann/new/1700000000.M000001P2Q3R0000000a.h
    printf 'A: 1\n\nx\ny\n' >"$base,S=10,W=14"
    serve_by_door
    uidl ann secret >alone
    printf 'A: 1\n\nx\ny\nzz\n' >"$base,S=13,W=18"
    uidl ann secret >both
    [ "$(head -n 1 both)" = "$(cat alone)" ]
    rm "$base,S=10,W=14"
    [ "$(uidl ann secret)" = "$(sed -n 's/^2/1/p' both)" ]
    [ "$(uidl ann secret)" != "$(cat alone)" ]
}

@test "DELE hides a message from every command, RSET brings it back" {
    put_some 2
    serve_by_door
    play_as_ann <<'END'
-> DELE 1
<- [+]OK .*
-> DELE 1
<- -ERR .*
-> RETR 1
<- -ERR .*
-> TOP 1 0
<- -ERR .*
-> LIST 1
<- -ERR .*
-> UIDL 1
<- -ERR .*
-> STAT
<- [+]OK 1 \d+
-> LIST
<- [+]OK .*
<- 2 \d+
<- [.]
-> NOOP
<- [+]OK .*
-> RSET
<- [+]OK .*
-> STAT
<- [+]OK 2 \d+
-> RETR 1
<- [+]OK .*
<. 3
-> QUIT
<- [+]OK .*
END
    [ "$(messages)" -eq 2 ]
}

@test "case does not matter in commands; unknown ones and log-in are refused" {
    serve_by_door
    play_as_ann <<'END'
-> stat
<- [+]OK 0 0
-> uIdL
<- [+]OK .*
<. 0
-> USER bob
<- -ERR .*
-> AUTH PLAIN
<- -ERR .*
-> LAST
<- -ERR .*
-> NOOP 1
<- -ERR .*
->  STAT
<- -ERR .*
-> a\x00b
<- -ERR .*
-> STAT\nSTAT
<- -ERR .*
-> QUIT
<- [+]OK .*
<$
END
}

@test "retrieved messages that stay are marked as read at QUIT" {
    put_some 2
    serve_by_door
    play_as_ann <<'END'
-> RETR 1
<- [+]OK .*
<. 3
-> QUIT
<- [+]OK .*
<$
END
    [ "$(find pombo/mail/example.org/ann/cur -name '*:2,*S*' | wc -l)" -eq 1 ]
    [ "$(messages)" -eq 2 ]
}

@test "UTF-8 in a header is sent as it is" {
    printf 'Subject: Gr\xc3\xbc\xc3\x9fe\n\n\xff\n' | put 1
    serve_by_door
    python3 - "$PORT" <<'END'
import poplib, sys
p = poplib.POP3("127.0.0.1", int(sys.argv[1]))
p.user("ann"); p.pass_("secret")
assert p.retr(1)[1] == ["Subject: Grüße".encode(), b"", b"\xff"]
p.quit()
END
}

@test "pop3d without a mailbox refuses" {
    run -100 pop3d </dev/null
    [[ $output == *"-ERR [SYS/PERM]"* ]]
    run -100 pop3d ../ann </dev/null
    run -100 pop3d /etc </dev/null
    run -100 pop3d example.org/ann another </dev/null
}

@test "pop3d works on pipes" {
    put_some 1
    run -0 --separate-stderr pop3d example.org/ann < <(printf 'STAT\r\nDELE 1\r\nQUIT\r\n')
    [ "${#lines[@]}" -eq 4 ]
    [ "$(messages)" -eq 0 ]
}
