#!/usr/bin/env bats
# Submission inside TLS, with real clients and by hand.
load ../e2e/system

teardown() {
    system_down
}

@test "swaks, curl and msmtp submit by STARTTLS, and with TLS from the start" {
    system_up --smtps 127.0.0.1:0
    local port option
    smtps=$(pombo status "$DIR" | sed -n 's/^smtps=127.0.0.1://p')
    for option in "--tls --port $SUBMISSION_PORT" "--tls-on-connect --port $smtps"; do
        # shellcheck disable=SC2086
        swaks --silent 2 --server 127.0.0.1 $option --ehlo client.test --auth PLAIN --auth-user ann@pombo.test \
            --auth-password secret-ann --from ann@pombo.test --to bob@pombo.test --h-From ann@pombo.test \
            --h-Subject "by swaks ${option%% *}" </dev/null
    done
    printf 'From: ann@pombo.test\r\nSubject: by curl\r\n\r\nhello\r\n' >"$BATS_TEST_TMPDIR/mail.txt"
    for option in "--ssl-reqd smtp://127.0.0.1:$SUBMISSION_PORT" "smtps://127.0.0.1:$smtps"; do
        # shellcheck disable=SC2086
        curl -sSk $option --user ann@pombo.test:secret-ann --mail-from ann@pombo.test \
            --mail-rcpt bob@pombo.test --upload-file "$BATS_TEST_TMPDIR/mail.txt"
    done
    for port in "$SUBMISSION_PORT on" "$smtps off"; do
        printf 'Subject: by msmtp\n\nhello\n' | msmtp --file=/dev/null --host=127.0.0.1 --port="${port% *}" \
            --auth=plain --user=ann@pombo.test --passwordeval='echo secret-ann' --tls=on \
            --tls-starttls="${port#* }" --tls-trust-file= --tls-certcheck=off --from=ann@pombo.test bob@pombo.test
    done
    wait_until 30 mailbox_has bob 6
    [ "$(grep -rlE '	by mail.pombo.test with ESMTPSA$' "$DIR/mail/pombo.test/bob" | wc -l)" -eq 6 ]
    # Users alone: on 465 as on 587.
    run ! swaks --silent 2 --server 127.0.0.1 --tls-on-connect --port "$smtps" --ehlo client.test \
        --from ann@pombo.test --to bob@pombo.test </dev/null
    [[ $output == *"530 5.7.0"* ]]
}

@test "other machines log in inside TLS alone" {
    system_up
    play() { # play [NAME=VALUE]...: the dialog on standard input
        env TCPREMOTEIP=192.0.2.7 "$@" python3 "$POMBO_ROOT/tests/play.py" smtpd -s
    }
    play <<'END'
<~ 220
-> EHLO x
<~ 250-((?!.*AUTH).*\n)*250-STARTTLS\n((?!.*AUTH).*\n)*250 HELP
-> HELP
<~ 214-2.0.0 HELO EHLO STARTTLS AUTH MAIL
END
    play TLS_PROTOCOL=TLSv1.3 TLS_CIPHER=TLS_AES_128_GCM_SHA256 TLS_BITS=128 <<'END'
<~ 220
-> EHLO x
<~ 250-((?!.*STARTTLS).*\n)*250-AUTH PLAIN LOGIN\n((?!.*STARTTLS).*\n)*250 HELP
-> HELP
<~ 214-2.0.0 HELO EHLO AUTH MAIL
END
}

@test "a log-in before STARTTLS is forgotten, as all that was said" {
    system_up
    cat >"$BATS_TEST_TMPDIR/client.py" <<'END'
import smtplib, ssl, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as client:
    client.ehlo()
    client.login("ann@pombo.test", "secret-ann")
    print(client.docmd("MAIL", "FROM:<ann@pombo.test>")[0])
    client.rset()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client.starttls(context=context)
    client.ehlo()
    print(client.docmd("MAIL", "FROM:<ann@pombo.test>")[0])
    client.login("ann@pombo.test", "secret-ann")
    print(client.docmd("MAIL", "FROM:<ann@pombo.test>")[0])
END
    run -0 python3 "$BATS_TEST_TMPDIR/client.py" "$SUBMISSION_PORT"
    [ "$output" = $'250\n530\n250' ]
}

# scram_client: the beginning of a client in Python; "log_in(client, bound)" logs ann in by
# SCRAM-SHA-256-PLUS, with BOUND for the certificate's hash, and returns the last code.
scram_client() {
    cat <<'END'
import base64, hashlib, hmac, os, smtplib, socket, ssl, subprocess, sys, time
def mac(key, text):
    return hmac.new(key, text, "sha256").digest()
def b64(data):
    return base64.b64encode(data).decode()
def log_in(client, bound):
    header = b"p=tls-server-end-point,,"
    bare = b"n=ann@pombo.test,r=" + base64.b64encode(os.urandom(12))
    code, text = client.docmd("AUTH", "SCRAM-SHA-256-PLUS " + b64(header + bare))
    assert code == 334, text
    challenge = base64.b64decode(text)
    of = dict(part.split(b"=", 1) for part in challenge.split(b","))
    unproven = b"c=" + base64.b64encode(header + bound) + b",r=" + of[b"r"]
    salted = hashlib.pbkdf2_hmac("sha256", b"secret-ann", base64.b64decode(of[b"s"]), int(of[b"i"]))
    key = mac(salted, b"Client Key")
    signature = mac(hashlib.sha256(key).digest(), bare + b"," + challenge + b"," + unproven)
    proof = bytes(a ^ b for a, b in zip(key, signature))
    code, text = client.docmd(b64(unproven + b",p=" + base64.b64encode(proof)))
    return client.docmd("")[0] if code == 334 else code
END
}

@test "SCRAM-SHA-256-PLUS binds a log-in to the certificate of the TLS session" {
    CONF=$'auth_scram = yes\nauth_fail_delay = 0' system_up --smtps 127.0.0.1:0
    smtps=$(pombo status "$DIR" | sed -n 's/^smtps=127.0.0.1://p')
    {
        scram_client
        cat <<'END'
context = ssl._create_unverified_context()
with smtplib.SMTP_SSL("127.0.0.1", int(sys.argv[1]), context=context) as client:
    client.ehlo()
    assert "SCRAM-SHA-256-PLUS" in client.esmtp_features["auth"].split()
    end_point = hashlib.sha256(client.sock.getpeercert(binary_form=True)).digest()
    assert log_in(client, hashlib.sha256(b"another's certificate").digest()) == 535
    assert log_in(client, end_point) == 235
END
    } >"$BATS_TEST_TMPDIR/client.py"
    python3 "$BATS_TEST_TMPDIR/client.py" "$smtps"
}

@test "a resumed session is bound to the certificate that was shown when it began" {
    CONF=$'auth_scram = yes\nauth_fail_delay = 0' system_up --smtps 127.0.0.1:0
    smtps=$(pombo status "$DIR" | sed -n 's/^smtps=127.0.0.1://p')
    {
        scram_client
        cat <<'END'
def change_certificate():
    pair = [f"{sys.argv[2]}/etc/tls/default/{name}.pem" for name in ("fullchain", "privkey")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "30", "-subj", "/CN=new", "-addext", "subjectAltName=DNS:mail.pombo.test",
                    "-out", pair[0], "-keyout", pair[1]], check=True, stderr=subprocess.DEVNULL)
    time.sleep(1.1)
class Client(smtplib.SMTP_SSL):
    session = None
    def _get_socket(self, host, port, timeout):
        return self.context.wrap_socket(socket.create_connection((host, port), timeout), session=self.session)
for version in ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2:
    context = ssl._create_unverified_context()
    context.maximum_version = version
    for round in range(4):
        with Client("127.0.0.1", int(sys.argv[1]), context=context) as client:
            client.ehlo()
            assert client.sock.session_reused == (round > 0)
            if round == 0:
                end_point = hashlib.sha256(client.sock.getpeercert(binary_form=True)).digest()
            assert log_in(client, end_point) == 235, (version, round)
            Client.session = client.sock.session
        if round == 1:
            change_certificate()
    Client.session = None
END
    } >"$BATS_TEST_TMPDIR/client.py"
    python3 "$BATS_TEST_TMPDIR/client.py" "$smtps" "$DIR"
}
