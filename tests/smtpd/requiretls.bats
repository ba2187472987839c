#!/usr/bin/env bats
# REQUIRETLS (RFC 8689) as smtpd takes it, and the header's TLS-Required.
load common

# within_tls: as a program in front that has done TLS tells it (lib/tls_door.h).
within_tls() {
    export TLS_PROTOCOL=TLSv1.3 TLS_CIPHER=TLS_AES_128_GCM_SHA256 TLS_BITS=128 TLS_SNI=--
}

# flags: of the message in the queue, as its file has them, and "n" for TLS-Required: No.
flags() {
    sed -n '/^$/q; s/^F //p' pombo/queue/new/* | tr -d '\n'
    tail -n 1 pombo/queue/new/* | sed -n 's/^END\(.\).*/\1/p' | tr -d ' \n'
    rm pombo/queue/new/*
}

@test "EHLO offers it inside TLS, and nowhere else" {
    play <<'END'
<~ 220
-> EHLO client.example.net
<~ 250-mail(?!(.*\n)*250.REQUIRETLS)
-> QUIT
<~ 221
END
    within_tls
    play <<'END'
<~ 220
-> EHLO client.example.net
<~ 250-mail(.*\n)*250-REQUIRETLS\n
-> QUIT
<~ 221
END
}

@test "MAIL with it inside TLS is taken, and the queue keeps it" {
    within_tls
    play_to hello <<'END'
-> MAIL FROM:<eve@example.net> requireTLS BODY=8BITMIME
<~ 250 2.1.0
-> RCPT TO:<ann@example.org>
<~ 250 2.1.5
-> DATA
<~ 354
=> Subject: x
-> .
<~ 250 2.0.0
-> MAIL FROM:<> REQUIRETLS=yes
<~ 501 5.5.4
-> MAIL FROM:<> REQUIRETLS REQUIRETLS
<~ 501 5.5.4
-> MAIL FROM:<eve@example.net>
<~ 250 2.1.0
-> RCPT TO:<ann@example.org> REQUIRETLS
<~ 555 5.5.4
END
    [ "$(flags)" = 8q ]
    grep -q 'accepted .* requiretls=yes' log
}

@test "MAIL with it outside TLS is refused, from this machine too" {
    for ip in 198.51.100.7 127.0.0.1; do
        TCPREMOTEIP=$ip play_to hello <<'END'
-> MAIL FROM:<eve@example.net> REQUIRETLS
<~ 530 5.7.10 REQUIRETLS
-> MAIL FROM:<eve@example.net> REQUIRETLS=yes
<~ 501 5.5.4
-> RCPT TO:<ann@example.org>
<~ 503 5.5.1
-> MAIL FROM:<eve@example.net>
<~ 250 2.1.0
END
    done
}

# header FLAGS COMMAND-PARAMETER LINE...: a message with these lines ends in the queue with
# these flags, whether it comes in one write or line by line. Behind the header is another
# such line, which is none.
header() {
    local want=$1 parameter=$2 way got
    shift 2
    for way in "=>" "->"; do
        {
            printf '%s\n' "-> MAIL FROM:<eve@example.net> $parameter" '<~ 250' '-> RCPT TO:<ann@example.org>' '<~ 250' \
                '-> DATA' '<~ 354'
            printf -- "$way %s\n" "$@" '' 'TLS-Required: No'
            printf '%s\n' '-> .' '<~ 250' '-> QUIT' '<~ 221'
        } | play_to hello
        got=$(flags)
        [ "$got" = "$want" ] || { echo "$got in place of $want for: $*"; return 1; }
    done
}

@test "TLS-Required: No is known by its name, its value, and that it comes once" {
    header n "" "Subject: x" "TLS-Required: No" "From: eve@example.net"
    header n "" "tls-required:nO"
    header n "" "TLS-REQUIRED :" "\x20 NO\x20" "Received: x"
    header "" "" "Subject: x"
    header "" "" "TLS-Required: Yes"
    header "" "" "TLS-Required: Not"
    header "" "" "TLS-Required: N" "\x20o"
    header "" "" "TLS-Required: No" "\x20way"
    header "" "" "TLS-Required: No" "TLS-Required: No"
    header "" "" "TLS-Required: No" "TLS-Required: Yes"
    header "" "" "X-TLS-Required: No"
    header n "" "TLS-Required" "TLS-Required: No" # the first is no field
    header "" "" "Subject: x" "\x20TLS-Required: No"
}

@test "REQUIRETLS goes before TLS-Required: No, which stays in the message" {
    within_tls
    header q REQUIRETLS "TLS-Required: No"
    header 8n BODY=8BITMIME "TLS-Required: No"
    play_to data <<'END'
=> TLS-Required: No
=> 
-> .
<~ 250
END
    grep -q '^TLS-Required: No$' pombo/queue/new/*
}

@test "TLS-Required: No is found in chunks, however they part it" {
    play_to rcpt <<'END'
>> BDAT 13\r\nTLS-Required:
<~ 250 2.0.0
>> BDAT 2\r\n N
<~ 250 2.0.0
>> BDAT 5 LAST\r\no\r\n\r\n
<~ 250 2.0.0
END
    [ "$(flags)" = n ]
}

@test "TLS-Required: No is found in a message that fills many buffers" {
    {
        printf '%s\n' '-> DATA' '<~ 354' '=> TLS-Required: No'
        printf '=> X-Long: %s\n' "$(printf 'x%.0s' {1..900})"
        for _ in {1..300}; do printf '=> %s\n' "$(printf 'y%.0s' {1..900})"; done
        printf '%s\n' '-> .' '<~ 250 2.0.0'
    } | play_to rcpt
    [ "$(flags)" = n ]
}
