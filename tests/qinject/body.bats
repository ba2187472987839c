#!/usr/bin/env bats
# The body: dots, sizes, bytes, and what happens where it can't be read or kept.
load common

@test "a dot alone ends the input, but not with -i, -oi or -t -i in one word" {
    printf 'Subject: s\n\none\n.\ntwo\n' >in
    qinject ann@pombo.test <in
    [ "$(body)" = one ]
    for flags in -i -oi '-o i' '-OIgnoreDots=true' '-ti'; do
        rm pombo/queue/new/*
        # shellcheck disable=SC2086
        qinject $flags ann@pombo.test <in
        [ "$(body)" = $'one\n.\ntwo' ]
    done
}

@test "other dots stay" {
    printf '\n..\n. \n.x\nx.\n' >in
    qinject ann@pombo.test <in
    diff <(message | sed '1,/^$/d') <(sed 1d in)
}

@test "a dot ends the header too" {
    printf 'Subject: s\n.\nTo: ann@pombo.test\n\nlost\n' | qinject ann@pombo.test
    [ "$(field subject)" = s ]
    [ -z "$(body)" ]
}

@test "a last line without its end gets one" {
    printf 'Subject: s\n\nend' | qinject ann@pombo.test
    [ "$(message | tail -c 5 | xxd -p)" = "$(printf '\nend\n' | xxd -p)" ]
    rm pombo/queue/new/*
    printf 'Subject: end' | qinject ann@pombo.test
    [ "$(field subject)" = end ]
}

@test "all bytes pass" {
    python3 -c '
import sys
sys.stdout.buffer.write(b"Subject: s\n\n" + bytes(i for i in range(256) if i != 13) * 3 + b"\ra\rb\n")' >in
    qinject -i ann@pombo.test <in
    message | sed '1,/^$/d' >out
    sed '1,/^$/d' in | cmp - out
    [[ "$(envelope F)" == 'F 8' ]]
}

@test "lines of any length pass, CRLF at any place of the buffer" {
    python3 - <<'END' >in
import sys
out = b"Subject: s\r\n\r\n"
for length in (65535, 65536, 65534, 200000, 131071, 65521, 65522):
    out += b"x" * length + b"\r\n" + b".\r" + b"y" * 3 + b"\r\n"
sys.stdout.buffer.write(out)
END
    qinject ann@pombo.test <in
    cmp <(sed '1,2d;s/\r$//' in) <(message | sed '1,/^$/d')
}

@test "a long line that has a dot where the buffer ends does not end there" {
    for length in 65535 65536 131072; do
        rm -f pombo/queue/new/*
        python3 -c "print('\n' + 'x' * $length + '.\nmore')" | qinject ann@pombo.test
        [ "$(body | tail -n 1)" = more ]
    done
}

@test "sixty megabytes pass in bounded memory" {
    python3 - <<'END'
import resource, subprocess
line = b"%01023d\n" % 7
child = subprocess.Popen(["qinject", "-i", "ann@pombo.test"], stdin=subprocess.PIPE)
child.stdin.write(b"Subject: big\n\n")
for _ in range(60):
    child.stdin.write(line * 1024)
child.stdin.close()
assert child.wait() == 0
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
assert used < 50 * 1024, used
END
    [ "$(body | wc -c)" = $((60 * 1024 * 1024)) ]
}

@test "a message over the size limit is refused, and leaves nothing" {
    settings 'size_limit = 100K'
    head -c 90000 /dev/zero | tr '\0' 'x' >in
    qinject ann@pombo.test <in
    [ "$(queued)" = 1 ]
    head -c 110000 /dev/zero | tr '\0' 'x' >in
    run -69 qinject ann@pombo.test <in
    [[ "$output" == *"larger than the limit of 102400 bytes"* ]]
    { for _ in {1..1200}; do printf 'X-Field: %090d\n' 0; done; printf '\nx\n'; } >in
    run -69 qinject ann@pombo.test <in
    [ "$(queued)" = 1 ]
}

@test "input that can't be read queues nothing" {
    mkdir folder
    run -75 qinject ann@pombo.test <folder
    [[ "$output" == *"cannot read the message"* ]]
    for _ in {1..3000}; do printf '\n%0100d' 1; done >in
    # The first read takes 64 KiB, the second fails.
    run -75 traced -o /dev/null -P "$PWD/in" -e trace=read -e inject=read:error=EIO:when=2 \
        qinject ann@pombo.test <in
    [[ "$output" == *"cannot read the message"* ]]
    [ "$(queued)" = 0 ]
}

@test "-B7BIT, -R, -N and -V go into the envelope" {
    qinject -B7BIT -R hdrs -N success,DELAY -V 'id + 1' ann@pombo.test <<<x
    [ "$(envelope F)" = 'F h' ]
    [ "$(envelope E)" = 'E id+20+2B+201' ]
    [ "$(envelope R)" = 'R . sd - - ann@pombo.test' ]
    rm pombo/queue/new/*
    qinject -B 8BITMIME -Rfull -Nnever ann@pombo.test <<<x
    [ "$(envelope F)" = 'F 8f' ]
    [ "$(envelope R)" = 'R . n - - ann@pombo.test' ]
}
