#!/usr/bin/env bats
# SCRAM-SHA-256 (RFC 5802, RFC 7677) in the submission service.
load common

# with_keys [LINE]...: SCRAM is offered, and ann has keys.
with_keys() {
    configure "auth_scram = yes" "$@"
    echo secret | qpasswd ann@example.org
}

# scram PYTHON: a session of smtpd -s with a client of our own; "step(message)" sends a
# message in base64 and returns the code and what came with it, decoded; "log_in(user,
# password)" is the whole exchange.
scram() {
    python3 - <<END 2>log
import base64, hashlib, hmac, os, socket, subprocess, sys
ours, theirs = socket.socketpair()
server = subprocess.Popen(["smtpd", "-s"], stdin=theirs, stdout=theirs)
theirs.close()
ours.settimeout(60)
lines = ours.makefile("rb")
def reply():
    while (line := lines.readline())[3:4] == b"-":
        pass
    return line.decode().rstrip("\r\n")
def command(text):
    ours.sendall(text.encode() + b"\r\n")
    return reply()
def decoded(line):
    return int(line[:3]), base64.b64decode(line[4:]) if line.startswith("334") else line[4:]
def start(message, mechanism="SCRAM-SHA-256"):
    return decoded(command("AUTH " + mechanism + " " + base64.b64encode(message.encode()).decode()))
def step(message):
    return decoded(command(base64.b64encode(message.encode()).decode()))
def mac(key, text):
    return hmac.new(key, text.encode() if isinstance(text, str) else text, "sha256").digest()
def fields(text):
    return dict(part.split("=", 1) for part in text.decode().split(","))
def proof(password, bare, challenge, unproven):
    of = fields(challenge)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(of["s"]), int(of["i"]))
    key = mac(salted, "Client Key")
    transcript = bare + "," + challenge.decode() + "," + unproven
    signature = mac(hashlib.sha256(key).digest(), transcript)
    server = mac(mac(salted, "Server Key"), transcript)
    return base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode(), \
        "v=" + base64.b64encode(server).decode()
def log_in(user, password, header="n,,", binding=None, mechanism="SCRAM-SHA-256"):
    bare = f"n={user},r={base64.b64encode(os.urandom(12)).decode()}"
    code, challenge = start(header + bare, mechanism)
    if code != 334:
        return code, challenge
    bound = base64.b64encode(binding or header.encode()).decode()
    unproven = f"c={bound},r={fields(challenge)['r']}"
    shown, expected = proof(password, bare, challenge, unproven)
    code, last = step(unproven + ",p=" + shown)
    if code != 334:
        return code, last
    assert last.decode() == expected, last
    return decoded(command(""))
assert reply().startswith("220 ")
command("EHLO client.example.net")
$1
try:
    command("QUIT")
except OSError: # cut off
    pass
ours.close()
assert server.wait() == 0
END
}

@test "it is offered and known only where auth_scram is set" {
    submit <<'END'
-> AUTH SCRAM-SHA-256
<~ 504 5.5.4
END
    with_keys
    submit <<'END'
-> EHLO again.example.net
<~ 250-mail.example.org\n(.*\n)*250-AUTH SCRAM-SHA-256 PLAIN LOGIN\n
-> AUTH SCRAM-SHA-256
<- 334 
-> *
<~ 501 5.7.0
-> AUTH SCRAM-SHA-256-PLUS
<~ 504 5.5.4
END
}

@test "keys are kept beside the hash where auth_scram is set, or for qpasswd -S" {
    configure
    echo secret | qpasswd ann@example.org
    run ! grep -q SCRAM pombo/etc/passwords
    echo secret | qpasswd -S ann@example.org
    grep -qE '^ann@example.org  \$y\$[^ ]+ SCRAM-SHA-256\$15000:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' \
        pombo/etc/passwords
    echo secret | qpasswd -c ann@example.org
    run -1 qpasswd -c ann@example.org <<<other
    with_keys
    grep -q 'SCRAM-SHA-256\$' pombo/etc/passwords
    # Clients prepare other characters in ways of their own.
    run -100 qpasswd -S ann@example.org <<<pässword
    run -0 qpasswd ann@example.org <<<pässword
    [[ $output == *"no keys for SCRAM"* ]]
    run ! grep -q SCRAM pombo/etc/passwords
    echo "bob@example.org $HASH SCRAM-SHA-256\$nonsense" >>pombo/etc/passwords
    run -102 qtable
    [[ $output == *"no keys of SCRAM-SHA-256"* ]]
}

@test "who knows the password is let in, and sees that the server knows it too" {
    with_keys
    scram '
assert log_in("ann", "secret") == (235, "2.7.0 welcome")
assert command("MAIL FROM:<ann@example.org>").startswith("250 ")'
    logged ' authenticated .*user=ann@example.org method=SCRAM-SHA-256$'
    scram 'assert log_in("ANN@Example.ORG", "secret")[0] == 235'
    scram 'assert log_in("ann", "secret", "y,,")[0] == 235'
    scram 'assert log_in("ann", "secret", "n,a=ann,")[0] == 235'
    scram 'assert log_in("ann", "secret", "n,a=ANN,")[0] == 235'
    # PLAIN goes on as before.
    submit_as ann </dev/null
}

@test "who does not is told no, as is who is unknown or has no keys" {
    with_keys "auth_tries = 9"
    scram '
assert log_in("ann", "Wr0ng") == (535, "5.7.8 wrong user or password")
assert log_in("nobody", "secret") == (535, "5.7.8 wrong user or password")
assert log_in("bob", "secret") == (535, "5.7.8 wrong user or password")
assert log_in("@@", "secret") == (535, "5.7.8 wrong user or password")
assert log_in("ann", "secret", "n,,", b"y,,")[0] == 535
assert log_in("ann", "secret", "n,a=bob,")[0] == 535
assert log_in("ann", "secret", "p=tls-exporter,,")[0] == 535
assert start("nonsense")[0] == 535
assert log_in("ann", "secret")[0] == 235'
    grep -q ' denied user=ann ip=127.0.0.1 reason="wrong proof"' door.log
}

# For scram: the salt that a user is told.
SALT='
def salt(user):
    code, challenge = start(f"n,,n={user},r=abc")
    assert code == 334
    assert command("*").startswith("501 5.7.0")
    of = fields(challenge)
    assert of["r"].startswith("abc") and len(of["r"]) == 27 and of["i"] == "15000"
    assert len(base64.b64decode(of["s"])) == 16
    return of["s"]
'

# salts USER...: one a line.
salts() {
    scram "$SALT
for user in '$*'.split():
    print('salt', salt(user), file=sys.stderr)"
    sed -n 's/^salt //p' log
}

@test "the salt of who is unknown stays, and tells nothing" {
    with_keys "auth_tries = 9"
    scram "$SALT"'
for user in "ann", "bob", "nobody":
    salts = {salt(user), salt(user.upper()), salt(user + "@example.org")}
    assert len(salts) == 1, (user, salts)
assert len({salt("ann"), salt("bob"), salt("nobody"), salt("nobodz")}) == 4'
}

@test "the salt of who is unknown stays also when others get new passwords or go" {
    with_keys "auth_tries = 9"
    before=$(salts bob nobody)
    [ "$(wc -l <<<"$before")" -eq 2 ]
    echo other | qpasswd ann@example.org
    [ "$(salts bob nobody)" = "$before" ]
    qpasswd -d ann@example.org
    [ "$(salts bob nobody)" = "$before" ]
    : >pombo/etc/passwords
    qtable
    [ "$(salts bob nobody)" = "$before" ]
    rm pombo/etc/passwords.cdb
    qtable
    [ "$(salts bob nobody)" != "$before" ]
}

@test "hashes that were compiled without a secret for salts serve on" {
    with_keys "auth_tries = 9"
    cdb -q pombo/etc/passwords.cdb '#salt-secret' >secret
    cdb -d pombo/etc/passwords.cdb | grep -av '^+[0-9,]*:#salt-secret' >rows
    cdb -c pombo/etc/passwords.cdb <rows
    run ! cdb -q pombo/etc/passwords.cdb '#salt-secret'
    scram 'assert log_in("ann", "secret")[0] == 235'
    before=$(salts nobody)
    [ "$(salts nobody)" = "$before" ]
    qtable
    cdb -q pombo/etc/passwords.cdb '#salt-secret' >new
    run ! cmp -s secret new
    scram 'assert log_in("ann", "secret")[0] == 235'
}

@test "an end that is none, a stolen nonce and a cancelled exchange let nobody in" {
    with_keys "auth_tries = 9"
    scram '
bare = "n=ann,r=abc"
code, challenge = start("n,," + bare)
unproven = "c=biws,r=" + fields(challenge)["r"]
shown, expected = proof("secret", bare, challenge, unproven)
assert step(unproven + ",p=" + shown)[0] == 334
assert command("*").startswith("501 5.7.0")
assert command("MAIL FROM:<ann@example.org>").startswith("530 5.7.0")
# The same messages once more: the nonce is another.
assert start("n,," + bare)[0] == 334
assert step(unproven + ",p=" + shown)[0] == 535
code, challenge = start("n,," + bare)
unproven = "c=biws,r=" + fields(challenge)["r"]
shown, expected = proof("secret", bare, challenge, unproven)
assert step(unproven + ",p=" + shown)[0] == 334
assert command("AAAA").startswith("501 5.5.2")
assert command("MAIL FROM:<ann@example.org>").startswith("530 5.7.0")
assert start("n,," + bare)[0] == 334
assert command("?").startswith("501 5.5.2")
assert command("MAIL FROM:<ann@example.org>").startswith("530 5.7.0")'
}

@test "inside TLS it can be bound to the session, and no other way is taken for that" {
    with_keys "auth_tries = 9"
    export TLS_PROTOCOL=TLSv1.3 TLS_CIPHER=TLS_AES_128_GCM_SHA256 TLS_BITS=128 \
        TLS_EXPORTER=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f TLS_END_POINT=ff00
    submit <<'END'
-> EHLO again.example.net
<~ 250-mail.example.org\n(.*\n)*250-AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN\n
END
    scram '
plus = "SCRAM-SHA-256-PLUS"
exporter, end_point = "p=tls-exporter,,", "p=tls-server-end-point,,"
data = {exporter: bytes(range(32)), end_point: b"\xff\x00"}
# No binding, another one, other data, one that is not to be had: no.
assert log_in("ann", "secret", "n,,", None, plus)[0] == 535
assert log_in("ann", "secret", exporter, None, plus)[0] == 535
assert log_in("ann", "secret", exporter, exporter.encode() + data[end_point], plus)[0] == 535
assert log_in("ann", "secret", "p=tls-unique,,", b"p=tls-unique,,x", plus)[0] == 535
# Whoever thinks that it is not offered was told so by somebody in between.
assert log_in("ann", "secret", "y,,")[0] == 535
assert log_in("ann", "Wr0ng", exporter, exporter.encode() + data[exporter], plus)[0] == 535
assert log_in("ann", "secret", exporter, exporter.encode() + data[exporter], plus)[0] == 235'
    logged ' method=SCRAM-SHA-256-PLUS$'
    scram '
header = "p=tls-server-end-point,,"
assert log_in("ann", "secret", header, header.encode() + b"\xff\x00", "SCRAM-SHA-256-PLUS")[0] == 235'
    scram 'assert log_in("ann", "secret")[0] == 235'
}

@test "wrong proofs are counted, and cut an address off" {
    with_keys "auth_tries = 9" "auth_failures = 2"
    scram '
assert log_in("ann", "Wr0ng")[0] == 535
assert log_in("nobody", "Wr0ng")[0] == 535
assert log_in("ann", "secret")[0] == 421'
}

@test "without the door the answer is temporary" {
    with_keys
    close_door
    scram 'assert log_in("ann", "secret")[0] == 454'
}

@test "smtpd sees neither key nor hash, and the log has none" {
    with_keys
    scram 'assert log_in("ann", "secret")[0] == 235'
    for secret in secret "$(sed -n 's/.*SCRAM-SHA-256\$[0-9]*:[^$]*\$\([^:]*\):.*/\1/p' pombo/etc/passwords)"; do
        [ -n "$secret" ]
        run ! grep -qF -- "$secret" log door.log
    done
}

@test "msmtp logs in by it, with GNU SASL's own code" {
    with_keys
    qlisten -r port 127.0.0.1:0 -- smtpd -s 2>>log 3>&- &
    STARTED+=($!)
    wait_until 5 test -s port
    unset TCPREMOTEIP TCPLOCALIP
    send_by_msmtp() { # PASSWORD
        printf 'Subject: by scram\n\nhello\n' | msmtp --file=/dev/null --host=127.0.0.1 \
            --port="$(sed 's/.*://' port)" --auth=scram-sha-256 --user=ann@example.org \
            --passwordeval="echo $1" --tls=off --from=ann@example.org bob@example.org
    }
    send_by_msmtp secret
    [ "$(queued)" -eq 1 ]
    run ! send_by_msmtp Wr0ng
    [ "$(queued)" -eq 1 ]
    grep -q ' authenticated .* method=SCRAM-SHA-256$' log
}
