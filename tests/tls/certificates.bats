#!/usr/bin/env bats
# Which certificate is shown, and how new ones are taken up.
load common

setup_smtp() {
    set_up
    open_tls
    serve_smtp -t
}

# shows NAME KIND WANTED: for that name of a server, to a client that can do KIND.
shows() {
    local got
    got=$(tls_client certificate "$SMTP" "$1" "$2")
    [ "$got" = "$3" ] || {
        echo "$1 $2: $got"
        return 1
    }
}

@test "the certificate is chosen by SNI: exact names go before wildcards, the rest gets the default" {
    set_up
    make_pair net ec net.example.net '*.example.net'
    make_pair special ec special.example.net
    open_tls
    serve_smtp -t
    shows mail.example.org any "default ec"
    shows net.example.net any "net ec"
    shows other.example.net any "net ec"
    shows SPECIAL.example.net any "special ec"
    shows a.b.example.net any "default ec"
    shows unknown.example any "default ec"
    shows "" any "default ec"
    tls_logged 'tls .*sni=other.example.net'
}

@test "without a folder named default it is the one with host_name's name, or the first" {
    set_up
    rm -r pombo/etc/tls/default
    make_pair aaa ec aaa.example.net
    make_pair bbb ec mail.example.org
    open_tls
    serve_smtp -t
    shows unknown.example any "bbb ec"
    rm -r pombo/etc/tls/bbb
    make_pair ccc ec ccc.example.net
    sleep 1.1
    shows unknown.example any "aaa ec"
    tls_logged 'certificate removed=bbb'
}

@test "RSA and ECDSA side by side: each client gets what it can do" {
    set_up
    make_pair default-rsa rsa mail.example.org
    make_pair net-rsa rsa net.example.net
    make_pair net-ec ec net.example.net
    open_tls
    serve_smtp -t
    shows mail.example.org ec "default ec"
    shows mail.example.org rsa "default-rsa rsa"
    shows "" rsa "default-rsa rsa"
    shows net.example.net ec "net-ec ec"
    shows net.example.net rsa "net-rsa rsa"
}

@test "of pairs for one name a valid one goes before one that is not, and then the one that ends last" {
    set_up
    rm -r pombo/etc/tls/default
    make_pair_from aaa 2021-01-01 2021-04-01 www.example.net
    make_pair_from bbb tomorrow "100 days" www.example.net
    make_pair_from ccc "1 day ago" "10 days" www.example.net
    local end
    end=$(date -d "20 days" +%F)
    make_pair_from ddd "1 day ago" "$end" www.example.net
    make_pair_from eee "1 day ago" "$end" www.example.net
    make_pair rsa rsa www.example.net
    open_tls
    serve_smtp -t
    shows www.example.net ec "ddd ec"
    shows www.example.net rsa "rsa rsa"
    # Neither is an old one shown who names nobody.
    shows "" ec "ddd ec"
    shows unknown.example rsa "rsa rsa"
    rm -r pombo/etc/tls/{ccc,ddd,eee,rsa}
    make_pair fff ec other.example.net
    sleep 1.1
    shows www.example.net ec "bbb ec"
    shows "" ec "fff ec"
    # The one named default goes first, but not before a better one of its own name.
    make_pair_from default 2021-01-01 2021-04-01 www.example.net
    sleep 1.1
    shows other.example.net ec "fff ec"
    shows "" ec "bbb ec"
}

@test "the chain is sent with the certificate, and verifies" {
    set_up
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout root.key -out root.pem \
        -days 30 -subj /CN=root -addext basicConstraints=critical,CA:TRUE 2>/dev/null
    local name
    for name in middle leaf; do
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $name.key -out $name.csr \
            -subj /CN=$name 2>/dev/null
    done
    openssl x509 -req -in middle.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 -out middle.pem \
        -extfile <(echo basicConstraints=critical,CA:TRUE) 2>/dev/null
    openssl x509 -req -in leaf.csr -CA middle.pem -CAkey middle.key -CAcreateserial -days 30 -out leaf.pem \
        -extfile <(echo subjectAltName=DNS:mail.example.org) 2>/dev/null
    cat leaf.pem middle.pem >pombo/etc/tls/default/fullchain.pem
    cat leaf.key >pombo/etc/tls/default/privkey.pem
    open_tls
    serve_smtp -t
    printf 'QUIT\r\n' | s_client "$SMTP" -CAfile root.pem -verify_return_error -verify_hostname mail.example.org >out
    grep -q 'Verify return code: 0 (ok)' out
}

@test "new pairs are taken up under load, without a failed session; bad ones in between are refused" {
    setup_smtp
    tls_client load "$SMTP" 12 >load.out 2>&1 3>&- &
    local load=$!
    for _ in 1 2 3; do
        sleep 1.5
        make_pair default ec mail.example.org
        sleep 1.5
        # A key that does not fit, long enough to be seen and then told of.
        openssl ecparam -genkey -name prime256v1 -noout >pombo/etc/tls/default/privkey.pem
    done
    wait "$load" || { cat load.out tls.log; return 1; }
    cat load.out
    [ "$(sed 's/.*certificates=\([0-9]*\) .*/\1/' load.out)" -ge 3 ]
    [ "$(grep -c 'certificate taken=default' tls.log)" -ge 3 ]
}

# refused FILE PATTERN...: puts standard input in FILE's place; the log names it, and the
# old one stays in force.
refused() {
    local before
    before=$(grep -c 'certificate refused' tls.log || true)
    cat >"pombo/etc/tls/default/$1"
    kill -HUP "$TLSD"
    # One that is young may be half of a new pair.
    wait_until 10 refused_more "$before"
    grep 'certificate refused=default' tls.log | tail -n 1 | grep -E "$2" | grep 'old=stays'
    shows mail.example.org any "default ec"
}
refused_more() {
    kill -HUP "$TLSD"
    sleep 0.2
    [ "$(grep -c 'certificate refused' tls.log)" -gt "$1" ]
}

@test "a bad new pair is refused with the file's name, and the old one stays" {
    setup_smtp
    cp -r pombo/etc/tls/default good
    refused fullchain.pem 'etc/tls/default/fullchain.pem: no certificate' </dev/null
    refused fullchain.pem 'etc/tls/default/fullchain.pem: ' < <(head -c 300 good/fullchain.pem)
    cp good/fullchain.pem pombo/etc/tls/default
    refused privkey.pem 'etc/tls/default/privkey.pem: no private key' <<<nonsense
    refused privkey.pem 'fullchain.pem and privkey.pem: private key mismatch' \
        < <(openssl ecparam -genkey -name prime256v1 -noout)
    refused privkey.pem 'fullchain.pem and privkey.pem: (private key mismatch|different key types)' < <(openssl genrsa 2048 2>/dev/null)
    refused privkey.pem 'passphrase' < <(openssl ec -in good/privkey.pem -aes128 -passout pass:x 2>/dev/null)
    rm pombo/etc/tls/default/privkey.pem
    kill -HUP "$TLSD"
    wait_until 10 tls_logged 'privkey.pem: No such file.* old=stays'
    shows mail.example.org any "default ec"
    # Told once, not with each session; and a good one is taken.
    local told
    told=$(grep -c refused tls.log)
    sleep 1.1
    shows mail.example.org any "default ec"
    [ "$(grep -c refused tls.log)" -eq "$told" ]
    make_pair default rsa mail.example.org
    sleep 1.1
    shows mail.example.org any "default rsa"
}

@test "a weak key and an expired pair are refused where there is a better one" {
    setup_smtp
    mkdir saved
    mv pombo/etc/tls/default saved
    BITS=1024 make_pair weak rsa weak.example.org
    mv saved/default pombo/etc/tls
    sleep 3
    kill -HUP "$TLSD"
    wait_until 5 tls_logged 'refused=weak why=.*(too small|too weak).* old=none'
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out /dev/null \
        -subj /CN=expired 2>/dev/null
    openssl req -new -key key.pem -subj /CN=expired 2>/dev/null |
        openssl x509 -req -signkey key.pem -days -1 -out cert.pem 2>/dev/null
    cp cert.pem pombo/etc/tls/default/fullchain.pem
    cp key.pem pombo/etc/tls/default/privkey.pem
    kill -HUP "$TLSD"
    wait_until 5 tls_logged 'refused=default why="it has expired already" old=stays'
    shows mail.example.org any "default ec"
}

@test "a pair that is not valid yet waits for its day, and the valid one stays until then" {
    set_up
    make_pair_from default "1 day ago" "10 days" mail.example.org
    open_tls
    serve_smtp -t
    make_pair_from later "10 seconds" "90 days" mail.example.org
    cp pombo/etc/tls/later/* pombo/etc/tls/default
    rm -r pombo/etc/tls/later
    sleep 1.1
    shows mail.example.org any "default ec"
    tls_logged 'refused=default why="it is not valid yet" old=stays'
    tls_client ask pombo/run/tls refused >out
    [ "$(cat out)" = "default stays it is not valid yet" ]
    later_is_shown() { shows mail.example.org any "later ec" >/dev/null; }
    wait_until 15 later_is_shown
    tls_logged 'certificate taken=default '
    [ -z "$(tls_client ask pombo/run/tls refused)" ]
    # At the start it is better than none.
    make_pair_from default tomorrow "90 days" mail.example.org
    kill "$TLSD"
    wait "$TLSD" || true
    open_tls
    shows mail.example.org any "default ec"
    # And so it is where the old one has expired.
    make_pair_from default 2021-01-01 2021-04-01 mail.example.org
    sleep 1.1
    shows mail.example.org any "default ec"
}

@test "the door tells of what was refused as long as it is there" {
    set_up
    mkdir pombo/etc/tls/bad
    echo nonsense | tee pombo/etc/tls/bad/fullchain.pem >pombo/etc/tls/bad/privkey.pem
    cp -a pombo/etc/tls/default saved
    sleep 3
    open_tls
    [ "$(tls_client ask pombo/run/tls refused)" = \
        "bad none $PWD/pombo/etc/tls/bad/fullchain.pem: no certificate in PEM form" ]
    rm pombo/etc/tls/default/privkey.pem
    rm -r pombo/etc/tls/bad
    sleep 3
    [ "$(tls_client ask pombo/run/tls refused)" = \
        "default stays $PWD/pombo/etc/tls/default/privkey.pem: No such file or directory" ]
    cp saved/privkey.pem pombo/etc/tls/default
    sleep 1.1
    [ -z "$(tls_client ask pombo/run/tls refused)" ]
}

@test "the door lists what is in force" {
    set_up
    make_pair net rsa net.example.net '*.example.net'
    open_tls
    tls_client ask pombo/run/tls list >out
    [ "$(wc -l <out)" -eq 2 ]
    grep -qE '^default EC-256 [0-9]+ [0-9]+ mail.example.org$' out
    grep -qE '^net RSA-2048 [0-9]+ [0-9]+ net.example.net \*.example.net$' out
    local until
    until=$(awk '$1 == "net" { print $4 }' out)
    [ "$until" -gt $(($(date +%s) + 29 * 86400)) ] && [ "$until" -le $(($(date +%s) + 30 * 86400)) ]
}

@test "no other process of the user can read tlsd's memory, and it dumps no core" {
    setup_smtp
    # The limit is one of the walls, which a sanitizer's build has none of.
    grep -qa __asan_init "$POMBO_BIN/tlsd" ||
        [ "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$TLSD/limits")" = "0 0" ]
    # /proc of a process that can't be dumped is root's, whoever runs it.
    local own
    own=$(mktemp -d /tmp/pombo-own.XXXXXX)
    chmod 777 "$own"
    run setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "
        POMBO_DIR=$own $POMBO_BIN/tlsd -d -l $own/door 2>$own/log &
        sleep 1
        cat /proc/self/environ >/dev/null && cat /proc/\$!/environ >/dev/null 2>&1 && echo open || echo shut
        kill \$!"
    cat "$own/log"
    rm -r "$own"
    [ "$output" = shut ]
}
