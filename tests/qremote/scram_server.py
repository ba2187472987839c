"""The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), true or false."""
import base64
import hashlib
import hmac
import os

USER, PASSWORD = b"ann@relay.example", b"pass word"
ITERATIONS = {"few": 4095, "many": 1000001}


def mac(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def encode(data):
    return base64.b64encode(data).decode()


def run(connection, first, mode):
    """FIRST is the client's first message; what is said goes through the connection's
    say and line. MODE is how it lies, if it does."""
    if mode == "hasty":
        connection.say("235 2.7.0 in you come")
        return
    bare = first.split(b",", 2)[2]
    user, nonce = bare.split(b",")
    assert user == b"n=" + USER, user
    nonce = nonce[2:] + b"server"
    if mode == "nonce":
        nonce = b"x" + nonce
    salt, iterations = os.urandom(16), ITERATIONS.get(mode, 4096)
    challenge = b"r=%s,s=%s,i=%d" % (nonce, base64.b64encode(salt), iterations)
    if mode == "nonsense":
        challenge = b"r=%s" % nonce
    connection.say("334 " + ("%%%" if mode == "base64" else encode(challenge)))
    answer = connection.line()
    if answer == "*":
        connection.note("cancelled")
        connection.say("501 5.7.0 cancelled")
        return
    final = base64.b64decode(answer)
    unproven, proof = final.rsplit(b",p=", 1)
    bound = unproven.split(b",")[0][2:]
    connection.note("bound %s" % base64.b64decode(bound).split(b",")[0].decode())
    if mode == "skip":
        connection.say("235 2.7.0 in you come")
        return
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD, salt, iterations)
    text = b",".join([bare, challenge, unproven])
    key = mac(salted, b"Client Key")
    signature = mac(hashlib.sha256(key).digest(), text)
    if bytes(a ^ b for a, b in zip(key, signature)) != base64.b64decode(proof):
        connection.say("535 5.7.8 wrong")
        return
    last = b"v=" + base64.b64encode(mac(mac(salted, b"Server Key"), text))
    if mode == "lie":
        last = b"v=" + base64.b64encode(bytes(32))
    elif mode == "error":
        last = b"e=other-error"
    connection.say("334 " + encode(last))
    answer = connection.line()
    if answer == "*":
        connection.note("cancelled")
        connection.say("501 5.7.0 cancelled")
    else:
        assert answer == "", answer
        connection.say("235 2.7.0 welcome")
