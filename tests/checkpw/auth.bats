#!/usr/bin/env bats
# checkpw -a: the door run/auth; and wrong passwords counted by address.
load common

# ask FIELD...: one question to checkpw -a, and the fields of its answer, one a line.
ask() {
    python3 - "$@" <<'END'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
question = b"".join(f.encode() + b"\0" for f in sys.argv[1:])
ours.sendall(len(question).to_bytes(2, "big") + question)
ours.shutdown(socket.SHUT_WR)
with open("log", "ab") as log:
    code = subprocess.run(["checkpw", "-a"], stdin=theirs, stdout=theirs, stderr=log).returncode
theirs.close()
answer = ours.recv(9999)
assert not answer or int.from_bytes(answer[:2], "big") == len(answer) - 2, answer
for field in answer[2:].split(b"\0")[:-1]:
    print(field.decode())
sys.exit(code)
END
}

@test "ok with the user's whole address, no for wrong ones" {
    run -0 ask plain 192.0.2.1 PLAIN ann secret
    [ "$output" = $'ok\nann@example.org' ]
    run -0 ask plain - LOGIN Bob@EXAMPLE.org ' two  words '
    [ "$output" = $'ok\nbob@example.org' ]
    for wrong in "ann wrong" "nobody secret" "sales secret" "ann+x secret" "carl *" "dora *"; do
        run -1 ask plain 192.0.2.1 PLAIN "${wrong% *}" "${wrong#* }"
        [ "$output" = no ]
    done
    run -1 ask plain 192.0.2.1 PLAIN ann "$(printf '%0600d' 0)"
    [ "$output" = no ]
}

@test "trouble where the tables can not be read" {
    mv pombo/etc/passwords.cdb away
    run -111 ask plain 192.0.2.1 PLAIN ann secret
    [ "$output" = trouble ]
    mv away pombo/etc/passwords.cdb
    mv pombo/etc/tables.cdb away
    run -111 ask plain 192.0.2.1 PLAIN ann secret
    [ "$output" = trouble ]
}

@test "a question that is none gets no answer" {
    run -2 ask plain 192.0.2.1 PLAIN ann
    [ "$output" = "" ]
    run -2 ask plain 192.0.2.1 PLAIN ann secret more
    [ "$output" = "" ]
    run -2 ask nonsense 192.0.2.1 PLAIN ann secret
    [ "$output" = "" ]
    run -2 ask ''
    [ "$output" = "" ]
}

@test "too many wrong passwords from one address cut it off, right ones too, and no other" {
    write_tables auth_failures 3
    for _ in 1 2 3; do
        run -1 ask plain 192.0.2.1 PLAIN ann wrong
        [ "$output" = no ]
    done
    run -1 ask plain 192.0.2.1 PLAIN ann secret
    [ "$output" = cut-off ]
    logged ' cut-off ip=192.0.2.1 failures=3 seconds=900$'
    logged ' denied user=ann ip=192.0.2.1 reason="too many wrong passwords from this address"'
    run -0 ask plain 192.0.2.2 PLAIN ann secret
    run -0 ask plain - PLAIN ann secret
    # POP3's door counts with it.
    open_door
    python3 - "$PWD/pombo/run/login" <<'END'
import array, socket, sys
with socket.socket(socket.AF_UNIX) as door:
    door.connect(sys.argv[1])
    door.sendmsg([b"ann\0secret\0now\0TCPREMOTEIP=192.0.2.1\0"],
                 [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1]))])
    assert door.recv(9) == b"C"
END
}

@test "an address of IPv6 stands for its /64" {
    write_tables auth_failures 2
    ask plain 2001:db8::1 PLAIN ann wrong || true
    ask plain 2001:db8::2 PLAIN ann wrong || true
    run -1 ask plain 2001:db8::ffff:1 PLAIN ann secret
    [ "$output" = cut-off ]
    run -0 ask plain 2001:db8:0:1::1 PLAIN ann secret
}

@test "a cut-off ends, and counting begins anew" {
    write_tables auth_failures 2 auth_cut_off 2
    ask plain 192.0.2.1 PLAIN ann wrong || true
    ask plain 192.0.2.1 PLAIN ann wrong || true
    run -1 ask plain 192.0.2.1 PLAIN ann secret
    sleep 2.1
    run -1 ask plain 192.0.2.1 PLAIN ann wrong
    [ "$output" = no ]
    run -0 ask plain 192.0.2.1 PLAIN ann secret
}

@test "wrong passwords of another time do not count" {
    write_tables auth_failures 2 auth_failures_time 1
    ask plain 192.0.2.1 PLAIN ann wrong || true
    sleep 1.2
    ask plain 192.0.2.1 PLAIN ann wrong || true
    run -0 ask plain 192.0.2.1 PLAIN ann secret
}

@test "exempt networks and a limit of 0 count nothing" {
    write_tables auth_failures 1 auth_failures_exempt "192.0.2.0/24 ::1 ::ffff:203.0.113.0/120"
    for ip in 192.0.2.1 203.0.113.1; do
        ask plain "$ip" PLAIN ann wrong || true
        run -0 ask plain "$ip" PLAIN ann secret
    done
    ask plain 198.51.100.1 PLAIN ann wrong || true
    run -1 ask plain 198.51.100.1 PLAIN ann secret
    write_tables auth_failures 0
    run -0 ask plain 198.51.100.1 PLAIN ann secret
}

@test "guesses made at the same time are worth no more than the limit" {
    write_tables auth_failures 3
    { record ann@example.org "$YESCRYPT"; echo; } | cdb -c pombo/etc/passwords.cdb
    for i in $(seq 12); do
        { ask plain 192.0.2.1 PLAIN ann "guess$i" || true; } >"answer.$i" &
    done
    wait
    [ "$(cat answer.* | grep -c '^no$')" -eq 3 ]
    [ "$(cat answer.* | grep -c '^cut-off$')" -eq 9 ]
    run -1 ask plain 192.0.2.1 PLAIN ann secret
    [ "$output" = cut-off ]
}

# scram_keys PASSWORD: what passwords.cdb has behind the hash.
scram_keys() {
    python3 - "$1" <<'END'
import base64, hashlib, hmac, sys
salted = hashlib.pbkdf2_hmac("sha256", sys.argv[1].encode(), b"0123456789abcdef", 15000)
key, server = (hmac.digest(salted, name, "sha256") for name in (b"Client Key", b"Server Key"))
salt, stored, server = (base64.b64encode(part).decode()
                        for part in (b"0123456789abcdef", hashlib.sha256(key).digest(), server))
print(f"SCRAM-SHA-256$15000:{salt}${stored}:{server}")
END
}

@test "a guess that was under way at the cut-off does not tell that it was right" {
    write_tables auth_failures 3
    { record ann@example.org "$(hash_of secret) $(scram_keys secret)"; echo; } | cdb -c pombo/etc/passwords.cdb
    hold 1024
    python3 - "$HOLDER" 2>>log <<'END'
import base64, hashlib, hmac, os, signal, socket, subprocess, sys, time

def send(door, *fields):
    message = b"".join(field.encode() + b"\0" for field in fields)
    door.sendall(len(message).to_bytes(2, "big") + message)

def receive(door):
    size = int.from_bytes(door.recv(2, socket.MSG_WAITALL), "big")
    return [field.decode() for field in door.recv(size, socket.MSG_WAITALL).split(b"\0")[:-1]]

def start(*question):
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    subprocess.Popen(["checkpw", "-a"], stdin=theirs, stdout=theirs)
    theirs.close()
    send(ours, *question)
    return ours

def start_scram():
    door = start("scram", "192.0.2.1", "SCRAM-SHA-256", "n,,n=ann,r=abc")
    word, challenge = receive(door)
    assert word == "challenge"
    return door, challenge

def prove(exchange, password):
    door, challenge = exchange
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b"0123456789abcdef", 15000)
    key = hmac.digest(salted, b"Client Key", "sha256")
    unproven = "c=biws," + challenge.split(",")[0]
    signature = hmac.digest(hashlib.sha256(key).digest(),
        f"n=ann,r=abc,{challenge},{unproven}".encode(), "sha256")
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
    send(door, "response", unproven + ",p=" + proof)
    return receive(door)

def plain(password):
    return start("plain", "192.0.2.1", "PLAIN", "ann", password)

assert prove(start_scram(), "secret")[0] == "ok"
hashing = [plain("wrong"), plain("secret")]  # they wait for a slot
exchanges = [start_scram() for _ in range(5)]
time.sleep(1)
for exchange in exchanges[:3]:
    assert prove(exchange, "wrong") == ["no"]
assert [prove(exchanges[3], "wrong"), prove(exchanges[4], "secret")] == [["cut-off"], ["cut-off"]]
os.kill(int(sys.argv[1]), signal.SIGTERM)
answers = [receive(door) for door in hashing]
assert answers == [["cut-off"], ["cut-off"]], answers
END
    logged ' denied user=ann ip=192.0.2.1 reason="wrong proof"'
}

@test "without leave to write the counters log-ins go on, and the log tells" {
    ln -s /nowhere pombo/run/failures
    run -1 ask plain 192.0.2.1 PLAIN ann wrong
    [ "$output" = no ]
    run -0 ask plain 192.0.2.1 PLAIN ann secret
    logged ' trouble with=.*/run/failures '
}

@test "neither the log nor the counters hold a password" {
    ask plain 192.0.2.1 PLAIN ann Wr0ngSecret || true
    run ! grep -raF Wr0ngSecret log pombo/run
}
