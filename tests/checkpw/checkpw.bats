#!/usr/bin/env bats
# checkpw as a checkpassword program.
load common

@test "the right password runs the program in the mail root with the user's environment" {
    run -0 check ANN secret sh -c 'pwd; echo "$USER $HOME $SHELL $MAILBOX"'
    [ "${lines[0]}" = "$POMBO_DIR/mail" ]
    [ "${lines[1]}" = "ann@example.org $POMBO_DIR/mail /bin/sh example.org/ann" ]
}

@test "the program gets the caller's descriptors, and not the credentials" {
    run -0 check ann secret sh -c 'cat; [ -e /proc/$$/fd/3 ] || echo closed' \
        < <(echo from the client)
    [ "$output" = $'from the client\nclosed' ]
    run -0 check ann secret cat /proc/self/environ
    run ! grep -q secret <<<"$output"
}

@test "the program's exit status is checkpw's" {
    run -42 check ann secret sh -c 'exit 42'
    run -0 check ann secret true
}

@test "wrong user or password is exit 1" {
    run -1 check ann wrong
    run -1 check ann ''
    run -1 check ann 'secret '
    run -1 check nobody secret
    run -1 check carl ''
    run -1 check carl '*0'
    run -1 check dora '*'
    run -1 check sales secret
    run -1 check ann+x secret
    run -1 check '' ''
    run -1 check ann@example.net secret
}

@test "hashes of all methods work" {
    {
        record ann@example.org "$YESCRYPT"
        record bob@example.org "$(openssl passwd -6 secret)"
        record carl@example.org "$(openssl passwd -5 secret)"
        printf '+%d,%d:%s->%s\n' 16 "$(hash_of secret | tr -d '\n' | wc -c)" \
            dora@example.org "$(hash_of secret)"
        echo
    } | cdb -c pombo/etc/passwords.cdb
    for user in ann bob carl dora; do
        run -0 check "$user" secret
        run -1 check "$user" Secret
    done
}

@test "misuse is exit 2" {
    run -2 checkpw true 3>&-
    run -2 checkpw true 3</dev/null
    run -2 checkpw true 3< <(printf 'ann\0secret')
    run -2 checkpw true 3< <(printf 'ann\0secret\0')
    run -2 checkpw true 3< <(printf 'ann\0secret\0now')
    run -2 checkpw true 3< <(printf 'ann\0secret\0'; head -c 600 /dev/zero)
    run -2 checkpw
    run -2 checkpw -d
    run -2 checkpw -x true
}

@test "512 bytes are taken, and more data after the timestamp" {
    run -0 checkpw true 3< <(printf 'ann\0secret\0now\0'; head -c 496 /dev/zero)
    run -2 checkpw true 3< <(printf 'ann\0secret\0now\0'; head -c 498 /dev/zero)
}

@test "credentials may come in pieces" {
    run -0 checkpw true 3< <(printf 'an'; sleep 0.1; printf 'n\0sec'; sleep 0.1; printf 'ret\0\0')
}

@test "what can't be read is exit 111" {
    run -111 check ann secret /nothing/there
    run -111 check ann secret no-such-program
    mv pombo/etc/passwords.cdb away
    run -111 check ann secret
    run -111 check nobody secret
    head -c 100 away >pombo/etc/passwords.cdb
    run -111 check ann secret
    : >pombo/etc/passwords.cdb
    run -111 check ann secret
    mv away pombo/etc/passwords.cdb
    rm pombo/etc/tables.cdb
    run -111 check ann@example.org secret
    { record users:ann@example.org 'no numbers'; echo; } | cdb -c pombo/etc/tables.cdb
    run -111 check ann@example.org secret
    { record users:ann@example.org '../ann 0 0'; echo; } | cdb -c pombo/etc/tables.cdb
    run -111 check ann@example.org secret
}

@test "reasons are in the log, passwords are not" {
    check ann Wr0ng 2>>log || true
    check nobody Wr0ng 2>>log || true
    logged ' denied user=ann ip=- reason="wrong password"'
    logged ' denied user=nobody ip=- reason="no such user"'
    run ! logged Wr0ng
}

@test "an unknown user takes as long as a wrong password" {
    { record ann@example.org "$YESCRYPT"; echo; } | cdb -c pombo/etc/passwords.cdb
    python3 - <<'END'
import os, resource, subprocess
def spent():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
def once(user): # by the processor's time: a busy machine delays one more than another
    r, w = os.pipe()
    os.write(w, user + b"\0wrong\0now\0")
    os.close(w)
    begin = spent()
    code = subprocess.run(["bash", "-c", "exec checkpw true 3<&%d" % r], pass_fds=[r],
                          stderr=subprocess.DEVNULL).returncode
    os.close(r)
    assert code == 1
    return spent() - begin
users = [b"ann", b"nobody", b"carl", b"@@"]
least = {u: min(once(u) for _ in range(6)) for u in users}
print(least)
nothing = min(least.values())
assert nothing > 0.6 * least[b"ann"], least
END
}

@test "other users' hashes do not open a mailbox" {
    run -1 check ann ' two  words '
    run -0 check bob ' two  words '
}
