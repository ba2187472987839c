#!/usr/bin/env bats
# Who gets the message: arguments, and the header with -t.
load common

@test "arguments are recipients, one or several in each" {
    printf 'To: x@elsewhere.example\n\nhi\n' | qinject a@one.example 'b@two.example, Carl <c@three.example>'
    [ "$(recipients)" = $'a@one.example\nb@two.example\nc@three.example' ]
}

@test "without -t the header names nobody" {
    run -64 qinject <<<'To: ann@pombo.test'
    [[ "$output" == *"no recipients"* ]]
    [ "$(queued)" = 0 ]
}

@test "-t takes To, Cc and Bcc, folded and with phrases, comments and groups" {
    qinject -t <<'END'
To: Ann Smith <ann@one.example>, "Smith, Bob" <bob@two.example>,
	carl@three.example (Carl, the third)
Cc: Team: dora@four.example,
 <@relay.example:eve@five.example>;
BCC: fay@six.example
Bcc: "g h"@seven.example
To: ivy@[IPv6:2001:DB8::1]
Subject: -t

hello
END
    diff <(recipients) - <<'END'
ann@one.example
bob@two.example
carl@three.example
dora@four.example
eve@five.example
fay@six.example
"g h"@seven.example
ivy@[IPv6:2001:db8::1]
END
}

@test "Bcc is taken out, all else stays as it was" {
    printf 'Received: old\nTo: ann@pombo.test\nBcc: bob@pombo.test,\n carl@pombo.test\nX-Odd:   a  \n\tb\nResent-Bcc: dora@pombo.test\nSubject: s\n\nBcc: in the body\n' |
        qinject -t -f ann@pombo.test
    [ "$(recipients)" = dora@pombo.test ] # Resent- fields speak of the newest sending
    header_lacks 'bcc\|bob\|carl\|dora'
    message | grep -A1 '^X-Odd:   a  $' | grep -q $'^\tb$'
    [ "$(body)" = 'Bcc: in the body' ]
}

@test "without -t Bcc is taken out too, and who stands there gets nothing" {
    printf 'To: ann@pombo.test\nBcc: bob@pombo.test,\n carl@pombo.test\nSubject: s\nbcc: dora@pombo.test\n\nBcc: in the body\n' |
        qinject ann@pombo.test
    [ "$(recipients)" = ann@pombo.test ]
    header_lacks 'bcc\|bob\|carl\|dora'
    [ "$(field to) $(field subject)" = 'ann@pombo.test s' ]
    [ "$(body)" = 'Bcc: in the body' ]
}

@test "with Resent- fields those name the recipients, and Resent-Bcc goes" {
    printf 'To: old@pombo.test\nBcc: secret@pombo.test\nResent-From: me@pombo.test\nResent-To: new@pombo.test\nResent-Cc: two@pombo.test\nResent-Bcc: three@pombo.test\n\nx\n' |
        qinject -t
    [ "$(recipients)" = $'new@pombo.test\ntwo@pombo.test\nthree@pombo.test' ]
    header_lacks bcc
    [ "$(field to)" = old@pombo.test ]
}

@test "-t and arguments: both get it, each once" {
    printf 'To: ann@pombo.test, Ann <ann@POMBO.TEST>\n\nx\n' | qinject -t bob@pombo.test ann@pombo.test
    [ "$(recipients)" = $'ann@pombo.test\nbob@pombo.test' ]
}

@test "an address without a domain gets the default one" {
    printf 'To: ann, "b c"\n\nx\n' | qinject -t root
    [ "$(recipients)" = $'ann@pombo.test\n"b c"@pombo.test\nroot@pombo.test' ]
}

@test "no address at all, or a group that is empty: nothing is queued" {
    run -64 qinject -t <<<$'Subject: s\n\nto nobody'
    [[ "$output" == *"no recipients in the header"* ]]
    run -64 qinject -t <<<$'To: undisclosed-recipients:;\n\nx'
    run -64 qinject -t </dev/null
    [ "$(queued)" = 0 ]
}

@test "one wrong address refuses the message" {
    for wrong in 'ann@' '@pombo.test' 'a b@pombo.test' 'ann@x..y' 'Ann Smith' 'ann@pombo.test (no end'; do
        run -65 qinject -t <<<"To: good@pombo.test, $wrong"$'\n\nx'
        [[ "$output" == *"not an address: "* ]]
    done
    run -65 qinject good@pombo.test 'bad@' <<<x
    run -65 qinject -f 'bad@' good@pombo.test <<<x
    run -65 qinject -f 'a@b.example, c@d.example' good@pombo.test <<<x
    [ "$(queued)" = 0 ]
}

@test "a complaint shows no control bytes" {
    run -65 qinject -t <<<$'To: \x1b[31mred@\n\nx'
    [[ "$output" == *'?[31mred@'* && "$output" != *$'\x1b'* ]]
}

@test "more recipients than the limit are refused" {
    settings 'default_domain = pombo.test' 'recipients_limit = 100'
    mapfile -t many < <(seq -f 'r%g@far.example' 101)
    qinject "${many[@]:0:100}" <<<x
    [ "$(recipients | wc -l)" = 100 ]
    qinject "${many[@]:0:100}" "${many[@]:0:100}" <<<x # the same ones twice
    run -69 qinject "${many[@]}" <<<x
    [[ "$output" == *"more recipients than the limit of 100"* ]]
    [ "$(queued)" = 2 ]
}

@test "UTF-8 addresses ask for SMTPUTF8" {
    printf 'To: J <j\xc3\xbcrgen@b\xc3\xbccher.example>\n\nx\n' | qinject -t
    [ "$(recipients)" = $'j\xc3\xbcrgen@b\xc3\xbccher.example' ]
    [ "$(envelope F)" = 'F 8u' ]
    run -65 qinject $'j\xff@pombo.test' <<<x
}
