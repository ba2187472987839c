#!/usr/bin/env bats
# The whole system with real clients: swaks, curl, msmtp and Python's smtplib.
load ../e2e/system

teardown() {
    system_down
}

# by_swaks MECHANISM [OPTION]...: as ann.
by_swaks() {
    swaks --silent 2 --server 127.0.0.1 --port "$SUBMISSION_PORT" --ehlo client.test --auth "$1" \
        --auth-user ann@pombo.test --from ann@pombo.test --to bob@pombo.test \
        --header "From: ann@pombo.test" "${@:2}" </dev/null
}

@test "swaks logs in by PLAIN and LOGIN, and its mail is delivered" {
    system_up
    by_swaks PLAIN --auth-password secret-ann --header 'Subject: by plain'
    by_swaks LOGIN --auth-password secret-ann --header 'Subject: by login'
    wait_until 30 mailbox_matches bob '^Subject: by plain'
    wait_until 30 mailbox_matches bob '^Subject: by login'
    mailbox_matches bob '	by mail.pombo.test with ESMTPA id '
    run ! by_swaks PLAIN --auth-password Wr0ng
    [[ $output == *"535 5.7.8"* ]]
    run ! by_swaks PLAIN --auth-password secret-ann --from bob@pombo.test
    [[ $output == *"553 5.7.1"* ]]
    run ! by_swaks PLAIN --auth-password secret-ann --h-From bob@pombo.test
    [[ $output == *"550 5.7.1"* ]]
}

@test "curl logs in and its mail is delivered" {
    system_up
    printf 'From: Ann <ann@pombo.test>\r\nTo: bob@pombo.test\r\nBcc: carl@pombo.test\r\nSubject: by curl\r\n\r\nhello\r\n' >"$BATS_TEST_TMPDIR/mail.txt"
    for option in AUTH=PLAIN AUTH=LOGIN; do
        curl -sS --url "smtp://127.0.0.1:$SUBMISSION_PORT" --login-options "$option" --user ann@pombo.test:secret-ann \
            --mail-from ann@pombo.test --mail-rcpt bob@pombo.test --upload-file "$BATS_TEST_TMPDIR/mail.txt"
    done
    wait_until 30 mailbox_has bob 2
    mailbox_matches bob '^Subject: by curl'
    mailbox_matches bob '^Message-ID: <[a-z2-7]*@mail.pombo.test>'
    run ! mailbox_matches bob '^Bcc'
    run -67 curl -sS --url "smtp://127.0.0.1:$SUBMISSION_PORT" --user ann@pombo.test:Wr0ng \
        --mail-from ann@pombo.test --mail-rcpt bob@pombo.test --upload-file "$BATS_TEST_TMPDIR/mail.txt"
}

@test "msmtp logs in and its mail is delivered" {
    system_up
    for method in plain login; do
        printf 'Subject: by %s\n\nhello\n' "$method" | msmtp --file=/dev/null --host=127.0.0.1 \
            --port="$SUBMISSION_PORT" --auth="$method" --user=ann@pombo.test \
            --passwordeval='echo secret-ann' --tls=off --from=ann@pombo.test bob@pombo.test
        wait_until 30 mailbox_matches bob "^Subject: by $method"
    done
}

@test "smtplib logs in by each way that it has and its mail is delivered" {
    system_up
    python3 - "$SUBMISSION_PORT" <<'END'
import smtplib, sys
from email.message import EmailMessage
for number, method in enumerate(("auth_plain", "auth_login")):
    with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=30) as client:
        client.ehlo("client.test")
        client.user, client.password = "ann@pombo.test", "secret-ann"
        assert client.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
        for initial in (False,) if number else (True,):
            code, text = client.auth(method[5:].upper(), getattr(client, method), initial_response_ok=initial)
            assert code == 235, text
        mail = EmailMessage()
        mail["From"] = "Ann Smith <ann@pombo.test>"
        mail["To"] = "bob@pombo.test"
        mail["Bcc"] = "carl@far.test"
        mail["Subject"] = method
        mail.set_content("hello")
        client.send_message(mail)
    with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=30) as client:
        try:
            client.login("ann@pombo.test", "Wr0ng")
            sys.exit("logged in")
        except smtplib.SMTPAuthenticationError as error:
            assert error.smtp_code == 535
END
    wait_until 30 mailbox_matches bob '^Subject: auth_plain'
    wait_until 30 mailbox_matches bob '^Subject: auth_login'
}

@test "a user logs in with a new password at once, and not after the removal" {
    CONF='auth_fail_delay = 0' system_up
    by_swaks PLAIN --auth-password secret-ann
    echo another | pombo user passwd "$DIR" ann@pombo.test
    run ! by_swaks PLAIN --auth-password secret-ann
    by_swaks PLAIN --auth-password another
    pombo user remove "$DIR" ann@pombo.test
    run ! by_swaks PLAIN --auth-password another
}

# has_secret PID: it stands in what others can see of the process.
has_secret() {
    local file
    for file in cmdline environ; do
        ! tr '\0' '\n' <"/proc/$1/$file" 2>/dev/null | grep -qF S3cret-of-ann || return 0
    done
    return 1
}

@test "a password stands in no argument, environment, log or file, and not in smtpd afterwards" {
    CONF=$'auth_fail_delay = 0\nauth_tries = 99' system_up
    echo S3cret-of-ann | pombo user passwd "$DIR" ann@pombo.test
    wrong=$(printf '\0ann@pombo.test\0S3cret-of-annX' | base64 -w 0)
    right=$(printf '\0ann@pombo.test\0S3cret-of-ann' | base64 -w 0)
    exec 9<>"/dev/tcp/127.0.0.1/$SUBMISSION_PORT"
    say() {
        printf '%s\r\n' "$1" >&9
        while IFS= read -r -t 30 -u 9 line && [[ $line == ???-* ]]; do :; done
        [[ $line == "$2"* ]]
    }
    IFS= read -r -t 30 -u 9 line
    say 'EHLO client.test' 250
    say "AUTH PLAIN $wrong" 535
    say "AUTH LOGIN" 334
    say "$(printf ann | base64 -w 0)" 334
    say "$(printf S3cret-of-annX | base64 -w 0)" 535
    for _ in 1 2 3 4; do # while passwords are checked
        printf 'AUTH PLAIN %s\r\n' "$wrong" >&9
        for pid in $(pgrep -f "$POMBO_BIN/"); do
            ! has_secret "$pid" || return 1
        done
        IFS= read -r -t 30 -u 9 line
        [[ $line == 535* ]]
    done
    say "AUTH PLAIN $right" 235
    # The newest child of the listener: the oldest is its template, and other tests have
    # sessions, too.
    pid=$(pgrep -n -P "$(pombo status "$DIR" | sed -n 's/^pid_submission=//p')")
    # A sanitizer's own memory is far too large to be looked through.
    grep -qa __asan_init "$POMBO_BIN/smtpd" || python3 - "$pid" "$right" <<'END'
import re, sys
needles = [b"S3cret-of-ann", sys.argv[2].encode()[10:]]
found, size = [], 0
with open(f"/proc/{sys.argv[1]}/maps") as maps, open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as mem:
    for line in maps:
        first, last, rights = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
        if rights[0] != "r" or "[v" in line:
            continue
        mem.seek(int(first, 16))
        data = mem.read(int(last, 16) - int(first, 16))
        size += len(data)
        found += [(line, n) for n in needles if n in data]
assert size > 100000
assert not found, found
END
    say QUIT 221
    exec 9>&-
    run ! grep -raF S3cret-of-ann "$DIR"
}
