# Logging in to a host: the ways, and what becomes of the mail where it fails.
# shellcheck disable=SC2034,SC2154 # used by what is loaded; keys of an associative array
load ../tls/remote
bats_require_minimum_version 1.5.0

secret() {
    write_secret relay.example ann@relay.example "${1-pass word}"
    auth=relay.example
}

# start NAME MECHANISMS [RULE]...: a server on loopback.
start() {
    local name=$1 offered=$2
    shift 2
    start_server "$name" "EHLO=AUTH $offered,PIPELINING,DSN" "$@" "AUTH=504 5.5.4 no"
}

# outside: what is started from here on lives in a network where 192.0.2.7 is a host.
outside() {
    unshare --net sleep 600 3>&- &
    pids+=($!)
    wait_until 5 differs "/proc/$!/ns/net" /proc/self/ns/net
    prefix=(nsenter "--net=/proc/$!/ns/net")
    "${prefix[@]}" ip link set lo up
    "${prefix[@]}" ip address add 192.0.2.7/32 dev lo
}
differs() {
    [ "$(readlink "$1")" != "$(readlink "$2")" ]
}
# to POLICY NAME [DANE]: one message to that server there.
to() {
    message m x@far.example
    drive "$(printf 'fields:hosts\x1ft.example\x1f%s\x1f%s\x1f%s.example\x1f192.0.2.7\x1f%s\x1f%s' "$1" "$auth" "$2" "${port[$2]}" "${3:-insecure}")" \
        job:1:m:0 until:1 close
}

taken() {
    got_like "^result|1|0|[KR]|2.0.0|$1.example|250 2.0.0 taken"
}

# waits CODE REGEX: the destination is left alone, no recipient has a result, none bounces.
waits() {
    grep -qE "^unreachable\|.* AUTH: $2\|$1\$" output || return 1
    [ "$(grep -c '^result' output)" -eq 0 ] && got "exit|0"
}

plain=$(printf '\0ann@relay.example\0pass word' | base64 -w0)

@test "PLAIN, with the first response in the line; nothing of it in the log" {
    secret
    start a "LOGIN PLAIN" "AUTH PLAIN ${plain%%=*}=235 2.7.0 welcome"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 job:2:m:0 until:2 close 2>log
    taken a
    got_like "^result|2|0|K"
    saw a 1 "^1 AUTH"
    [ "$(sed -n 's/^1 \([A-Z][A-Z]*\).*/\1/p' a/seen | head -n 4 | xargs)" = "EHLO AUTH MAIL RCPT" ]
    grep -q 'auth host=a.example address="*\[127.0.0.1\]"* mechanism=PLAIN' output
    run ! grep -qE "pass word|${plain%%=*}|$(printf 'pass word' | base64)" output
}

@test "LOGIN where PLAIN is not offered, whatever its questions are" {
    secret
    start a "CRAM-MD5 LOGIN" "AUTH LOGIN=334 VXNlcm5hbWU6" "$(printf ann@relay.example | base64 | tr -d =)=334 cXVl" \
        "$(printf 'pass word' | base64)=235 ok"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 close
    taken a
    seen a "1 $(printf 'pass word' | base64)"
}

@test "SCRAM-SHA-256 goes before PLAIN, and the server has to prove itself" {
    secret
    start a "PLAIN LOGIN SCRAM-SHA-256" "AUTH SCRAM-SHA-256 =|SCRAM"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 close
    taken a
    seen a "1 bound n"
    saw a 1 "AUTH"
}

@test "a server that lies in SCRAM gets no mail, and no password either" {
    secret
    message m x@far.example
    while read -r mode why; do
        start "$mode" "PLAIN LOGIN SCRAM-SHA-256" "AUTH SCRAM-SHA-256 =|SCRAM:$mode" "AUTH PLAIN=235 ok"
        drive "$(hosts "$mode")" job:1:m:0
        waits 4.7.5 "$why"
        saw "$mode" 1 AUTH
        saw "$mode" 0 MAIL
        [ "$mode" = skip ] || [ "$mode" = hasty ] || seen "$mode" "1 cancelled"
        seen "$mode" "1 QUIT"
    done <<'EOF'
lie can't prove that it knows the password \(SCRAM\)
skip took the log-in without a proof of its own \(SCRAM\)
hasty took the log-in without a proof of its own \(SCRAM\)
nonce answered somebody else's message of SCRAM
few asks for too few iterations in SCRAM
many asks for too many iterations in SCRAM
nonsense sent what is no message of SCRAM
base64 sent what is no message of SCRAM
error refused the proof in SCRAM
EOF
}

@test "every refusal makes the mail wait, with the server's words; no other host is asked with a wrong password" {
    secret
    message m x@far.example
    start next PLAIN "AUTH=535 5.7.8 wrong here too"
    while read -r code reply; do
        start "r$code" PLAIN "AUTH=$reply"
        drive "$(hosts "r$code" next)" job:1:m:0
        waits "$code" "PLAIN: $reply"
        saw "r$code" 0 MAIL
        saw next 0 connect
    done <<'EOF'
4.7.8 535 5.7.8 Error: authentication failed
4.7.9 534 5.7.9 mechanism too weak
4.7.0 530 5.7.0 Must issue a STARTTLS command first
4.7.11 538 5.7.11 encryption required
EOF
    start bare PLAIN "AUTH=535 no"
    drive "$(hosts bare)" job:1:m:0
    waits 4.7.8 "PLAIN: 535 no"
}

@test "a server that repeats the password is not quoted" {
    secret
    message m x@far.example
    for how in "500 5.5.1 Unrecognized command AUTH PLAIN $plain" "535 5.7.8 pass word? no" "535 no cGFzcyB3b3Jk either"; do
        start_server "s$((++n))" "EHLO=AUTH PLAIN" "AUTH=$how"
        drive "$(hosts "s$n")" job:1:m:0
        waits "4..*" "PLAIN: ${how%% *}, in words that repeat the password"
        run ! grep -qE "pass word|cGFzcyB3b3Jk|${plain%%=*}" output
    done
}

@test "trouble with one host: the next is tried" {
    secret
    start busy PLAIN "AUTH=454 4.7.0 Temporary authentication failure"
    start going PLAIN "AUTH=421 4.3.2 going down|CLOSE"
    start shut PLAIN "AUTH=CLOSE"
    start drop SCRAM-SHA-256 "AUTH=|DROP"
    start odd PLAIN "AUTH=250 2.0.0 what"
    start more PLAIN "AUTH=334 bW9yZQ==" "\*=501 5.7.0 cancelled"
    start early LOGIN "AUTH=235 come in"
    start garbage PLAIN "AUTH=hello?"
    start_server none EHLO=PIPELINING
    start strange "GSSAPI NTLM"
    start good PLAIN "AUTH=235 ok"
    message m x@far.example
    drive "$(hosts busy going shut drop odd more early garbage none strange good)" job:1:m:0 until:1 close
    taken good
    for name in busy going shut drop odd more early garbage none strange; do
        saw "$name" 0 MAIL
        grep -q "auth-refused host=$name.example" output
    done
    drive "$(hosts none)" job:1:m:0
    waits 4.7.4 "offers no AUTH, and there is a password for it"
    drive "$(hosts strange)" job:1:m:0
    waits 4.7.4 "offers no way to log in that is known here"
    drive "$(hosts shut)" job:1:m:0
    waits 4.4.2 "closed the connection"
    drive "$(hosts busy)" job:1:m:0
    waits 4.7.0 "PLAIN: 454 4.7.0 Temporary authentication failure"
}

@test "a silent server holds for remote_command_timeout and no longer" {
    secret
    write_settings remote_command_timeout=1
    start a PLAIN AUTH=HANG
    message m x@far.example
    drive "$(hosts a)" job:1:m:0
    waits 4.4.2 "did not answer in time"
}

@test "a refused way gives place to a weaker one where that may help" {
    secret
    message m x@far.example
    start keyless "SCRAM-SHA-256 PLAIN" "AUTH SCRAM=535 5.7.8 no keys" "AUTH PLAIN=235 ok"
    drive "$(hosts keyless)" job:1:m:0 until:1 close
    taken keyless
    start transit "SCRAM-SHA-256 PLAIN" "AUTH SCRAM=432 4.7.12 A password transition is needed" "AUTH PLAIN=235 ok"
    drive "$(hosts transit)" job:1:m:0 until:1 close
    taken transit
    start unknown "SCRAM-SHA-256 PLAIN LOGIN" "AUTH LOGIN=334 eA==" "YW5u=334 eA==" "cGFzcyB3b3Jk=235 ok"
    drive "$(hosts unknown)" job:1:m:0 until:1 close
    taken unknown
    saw unknown 3 "AUTH"
    # A wrong password is not said in a third way.
    start wrong "SCRAM-SHA-256 PLAIN LOGIN" "AUTH=535 5.7.8 wrong"
    drive "$(hosts wrong)" job:1:m:0
    waits 4.7.8 "PLAIN: 535 5.7.8 wrong"
    saw wrong 2 AUTH
}

@test "a password with any bytes; one that is not ASCII is not for SCRAM" {
    secret $'p\xc3\xa4ss"\\\r\nQUIT\r\n'
    start a "SCRAM-SHA-256 PLAIN" "AUTH=235 ok"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 close
    taken a
    [ "$(sed -n 's/^1 AUTH PLAIN //p' a/seen | base64 -d | tr '\0' '|')" = "|ann@relay.example|"$'p\xc3\xa4ss"\\\r\nQUIT\r' ] ||
        [ "$(sed -n 's/^1 AUTH PLAIN //p' a/seen | base64 -d | tail -c 17 | od -An -c | tr -d ' \n')" = 'p303244ss"\\\r\nQUIT\r\n' ]
    saw a 1 QUIT
}

@test "a long password goes in a line of its own, behind an empty challenge" {
    secret "$(printf 'x%.0s' {1..900})"
    start a PLAIN "AUTH PLAIN\$=334 " "[A-Za-z0-9]{1000,}=235 ok"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 until:1 close
    taken a
    seen a "1 AUTH PLAIN"
}

@test "without a secret nothing is said of AUTH; with one that can't be read the mail waits" {
    secret
    start a PLAIN "AUTH=235 ok"
    message m x@far.example
    auth='' drive "$(auth='' hosts a)" job:1:m:0 until:1 close
    taken a
    saw a 0 AUTH
    auth=other.example
    drive "$(hosts a)" job:1:m:0
    got "unreachable|AUTH: the password for other.example can't be read|4.3.5"
    saw a 1 connect
    auth=relay.example
    for damage in "rm" "truncate -s 100" "truncate -s 2048" "dd if=/dev/urandom bs=4096 count=1 conv=notrunc status=none of="; do
        secret
        case $damage in
        *of=) ${damage}"$POMBO_DIR/etc/relay_passwords.cdb" ;;
        *) $damage "$POMBO_DIR/etc/relay_passwords.cdb" ;;
        esac
        drive "$(hosts a)" job:1:m:0
        got "unreachable|AUTH: the password for relay.example can't be read|4.3.5"
    done
    saw a 1 connect
}

@test "a closed session logs in anew" {
    secret
    start a PLAIN "AUTH=235 ok" "1*BODY=250 2.0.0 taken|CLOSE"
    message m x@far.example
    drive "$(hosts a)" job:1:m:0 job:2:m:0 until:2 close
    got_like "^result|2|0|K"
    saw a 2 AUTH
}

@test "a challenge of several lines is none" {
    secret
    message m x@far.example
    start lines PLAIN 'AUTH=334-more\n334 bW9yZQ==' "\*=501 no"
    drive "$(hosts lines)" job:1:m:0
    waits 4.7.5 "asks for more than there is to say"
    saw lines 0 MAIL
}

@test "outside the machine PLAIN and LOGIN are kept back where the policy does not demand TLS" {
    make_authority ca
    trust ca
    certify ca tls relay.example
    cp tls/*.pem .
    secret
    outside
    open_tlsc
    start_server bare 192.0.2.7 "EHLO=AUTH PLAIN LOGIN" "AUTH=235 ok"
    start_server tls 192.0.2.7 "EHLO=STARTTLS,AUTH PLAIN LOGIN" "STARTTLS=220 go|TLS" "AUTH=235 ok"
    start_server scram 192.0.2.7 "EHLO=AUTH PLAIN SCRAM-SHA-256" "AUTH SCRAM-SHA-256 =|SCRAM" "AUTH=235 ok"
    why="wants the password itself, which is told within TLS alone that the policy demands"
    for policy in none may dane; do
        to "$policy" bare
        waits 4.7.11 "$why"
        to "$policy" tls
        waits 4.7.11 "$why"
        # Who needs not hear it may be asked.
        to "$policy" scram
        taken scram
    done
    saw bare 0 AUTH
    saw tls 0 AUTH
    saw scram 3 AUTH
    # Records none of which is of use verify nobody.
    to dane tls "relay.example 3 9 1 00"
    waits 4.7.11 "$why"
    saw tls 0 AUTH
    to dane tls "relay.example 3 0 1 $(cert_digest tls/cert.pem)"
    taken tls
    for policy in encrypt "verify relay.example" "fingerprint $(cert_digest tls/cert.pem)"; do
        to "$policy" tls
        taken tls
    done
    # After a refused proof, an unknown host is not told the password.
    start_server liar 192.0.2.7 "EHLO=STARTTLS,AUTH PLAIN SCRAM-SHA-256" "STARTTLS=220 go|TLS" "AUTH SCRAM=535 5.7.8 no" "AUTH=235 ok"
    cp tls/*.pem liar
    to encrypt liar
    waits 4.7.8 "SCRAM-SHA-256: 535 5.7.8 no"
    to "verify relay.example" liar
    taken liar
}

@test "a host of another name gets neither password nor mail" {
    make_authority ca
    trust ca
    certify ca a other.example
    secret
    open_tlsc
    start_server a "EHLO=STARTTLS,AUTH PLAIN" "STARTTLS=220 go|TLS" "AUTH=235 ok"
    deliver "verify relay.example" insecure a
    refused 4.7.5 "hostname mismatch"
    saw a 0 AUTH
}

@test "while a server is spoken to the other passwords are out of reach, and none is in arguments or environment" {
    secret
    local value pid driver
    value="$(printf bob | base64) $(printf 'another secret' | base64 -w0)"
    { cdb -d "$POMBO_DIR/etc/relay_passwords.cdb" | grep -av '^$'
      printf '+%d,%d:%s->%s\0\n\n' 13 $((${#value} + 1)) other.example "$value"; } >rows
    cdb -c -t etc.new "$POMBO_DIR/etc/relay_passwords.cdb" <rows
    cdb -q "$POMBO_DIR/etc/relay_passwords.cdb" other.example >/dev/null
    start a PLAIN "AUTH=235 ok" MAIL=HANG
    message m x@far.example
    "$TESTS/drive.py" "$POMBO_BIN/qremote" "$(hosts a)" job:1:m:0 until:1 >drive.out 2>&1 3>&- &
    driver=$!
    pids+=("$driver")
    wait_until 5 grep -q MAIL a/seen
    pid=$(pgrep -P "$driver")
    run ls -l "/proc/$pid/fd"
    [[ $output != *relay_passwords* ]]
    grep -q . "/proc/$pid/maps"
    run ! grep -q relay_passwords "/proc/$pid/maps"
    run ! grep -qa 'pass word' "/proc/$pid/cmdline" "/proc/$pid/environ"
    [ "$(stat -c %u "/proc/$pid/maps")" = 0 ] # not dumpable: nobody else may look
    # A sanitizer's own memory is far too large to be looked through.
    grep -qa __asan_init "$POMBO_BIN/qremote" || python3 - "$pid" <<'END'
import re, sys
found, own = [], 0
with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as mem:
    for line in maps:
        first, last, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
        if rights[0] != "r" or "[v" in line:
            continue
        mem.seek(int(first, 16))
        data = mem.read(int(last, 16) - int(first, 16))
        own += data.count(b"pass word")
        found += [n for n in (b"another secret", b"YW5vdGhlciBzZWNyZXQ", b"AHBhc3Mgd29yZA", b"cGFzcyB3b3Jk") if n in data]
assert own == 1, own
assert not found, found
END
    kill "$pid"
}
