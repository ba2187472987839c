# TLS of a system in a folder of its own, and what the administrator sees of it.
load setup

starts_tls() { # starts_tls ADDRESS PROTOCOL
    printf 'QUIT\r\n' | timeout 60 openssl s_client -connect "$1" -starttls "$2" -quiet -ign_eof 2>&1
}
begins_with_tls() { # begins_with_tls ADDRESS
    { sleep 0.5; printf 'QUIT\r\n'; } | timeout 60 openssl s_client -connect "$1" -quiet -ign_eof 2>&1
}
# pair DAYS [HOST]: in place of the one in force.
pair() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$1" -subj /CN=own \
        -addext "subjectAltName=DNS:${2:-mail.example.org}" -keyout "$DIR/etc/tls/default/privkey.pem" \
        -out "$DIR/etc/tls/default/fullchain.pem" 2>/dev/null
}

@test "up makes a pair signed by itself, and offers TLS on every port" {
    run -0 up --host mail.example.org --smtps 127.0.0.1:0 --pop3s 127.0.0.1:0
    [[ ${lines[1]} =~ ^submission=127\.0\.0\.1:[1-9][0-9]*$ ]]
    [[ ${lines[3]} =~ ^smtps=127\.0\.0\.1:[1-9][0-9]*$ ]]
    [[ ${lines[4]} =~ ^pop3s=127\.0\.0\.1:[1-9][0-9]*$ ]]
    [ "$(stat -c %a "$DIR/etc/tls" "$DIR/etc/tls/default/privkey.pem" "$DIR/run/tls" | xargs)" = "700 600 600" ]
    [[ $(starts_tls "${lines[0]#smtp=}" smtp) == *"221 2.0.0"* ]]
    [[ $(starts_tls "${lines[1]#submission=}" smtp) == *"221 2.0.0"* ]]
    [[ $(starts_tls "${lines[2]#pop3=}" pop3) == *"+OK bye"* ]]
    [[ $(begins_with_tls "${lines[3]#smtps=}") == *"220 mail.example.org"*"221 2.0.0"* ]]
    [[ $(begins_with_tls "${lines[4]#pop3s=}") == *"+OK mail.example.org"*"+OK bye"* ]]
    for name in tls smtps pop3s; do
        kill -0 "$(status_value pid_$name)"
    done
    openssl x509 -noout -checkhost mail.example.org -in "$DIR/etc/tls/default/fullchain.pem" | grep 'does match'
    # It stays the same, and what is not the same is not touched.
    local before
    before=$(cat "$DIR"/etc/tls/default/*)
    pombo down "$DIR"
    up
    [ "$(cat "$DIR"/etc/tls/default/*)" = "$before" ]
    run -0 pombo status "$DIR"
    [[ $output != *smtps* ]]
    [[ $output == *running=yes ]]
    pombo down "$DIR"
    mv "$DIR/etc/tls/default" "$DIR/etc/tls/mine"
    up
    [ "$(ls "$DIR/etc/tls")" = mine ]
}

@test "without the command openssl there is no TLS, and the rest works" {
    mkdir "$BATS_TEST_TMPDIR/path"
    ln -s "$(command -v cdb)" "$BATS_TEST_TMPDIR/path"
    PATH=$BATS_TEST_TMPDIR/path run -0 "$POMBO_BIN/pombo" up "$DIR" --smtp 127.0.0.1:0 --pop3 127.0.0.1:0 \
        --smtps 127.0.0.1:0 3>&-
    [[ $output == *"no TLS: the command openssl (package openssl): No such file"* ]]
    [[ $output != *smtps=* ]]
    [ ! -e "$DIR/run/tls" ]
    run -0 pombo status "$DIR"
    [[ $output != *pid_tls=* ]]
    [[ $output == *running=yes ]]
    [[ $(greeting "$(status_value smtp)") == "220 "* ]]
    # Up again is no change; with openssl a down and up bring it.
    run -0 up
    [[ $output == *"is up already"* ]]
    pombo down "$DIR"
    up
    pombo cert "$DIR"
}

@test "cert shows what is in force, with names and last day" {
    up --host mail.example.org
    run -0 pombo cert "$DIR"
    [[ $output =~ ^certificate=default\ key=EC-256\ first_day=[0-9-]*\ last_day=20[0-9-]*\ days=(3649|3650)\ names=mail.example.org,localhost$ ]]
    pair 100 other.example.org
    sleep 1.1
    run -0 pombo cert "$DIR"
    [[ $output == *"last_day=$(date -u -d '+100 days' +%F) days="*" names=other.example.org" ]]
    # What is refused is not in force.
    echo nonsense >"$DIR/etc/tls/default/privkey.pem"
    sleep 1.1
    run -0 pombo cert "$DIR"
    [[ $output == *" names=other.example.org" ]]
    pombo down "$DIR"
    run -1 pombo cert "$DIR"
    [[ $output == *"the TLS service does not run" ]]
    run -100 pombo cert "$DIR" more
}

@test "check warns 21 days before the end, and of keys that others may read" {
    up
    run -0 pombo check "$DIR"
    [ -z "$output" ]
    pair 22
    sleep 1.1
    run -0 pombo check "$DIR"
    [ -z "$output" ]
    pair 20
    sleep 1.1
    run -0 pombo check "$DIR"
    [[ $output == "$DIR/etc/tls/default: warning: the certificate ends in "[12][09]" days" ]]
    chmod 644 "$DIR/etc/tls/default/privkey.pem"
    run -102 pombo check "$DIR"
    [[ $output == *"privkey.pem: mode 0644 lets others at the key; it should be 0640"* ]]
}

@test "check warns of a pair that tlsd does not use, and of one that is not valid yet" {
    up
    cp -r "$DIR/etc/tls/default" "$BATS_TEST_TMPDIR/good"
    echo nonsense >"$DIR/etc/tls/default/privkey.pem"
    sleep 3.1 # until then it may be half of a pair
    pombo cert "$DIR"
    run -0 pombo check "$DIR"
    [ "$output" = "$DIR/etc/tls/default: warning: the pair is not used: $DIR/etc/tls/default/privkey.pem: no private key in PEM form, or one under a passphrase; the one before is, until tlsd starts anew" ]
    mkdir "$DIR/etc/tls/soon"
    begin=$(date -u -d tomorrow +%Y%m%d%H%M%SZ)
    cd "$BATS_TEST_TMPDIR"
    : >issued
    printf '%s\n' '[ca]' database=issued rand_serial=yes new_certs_dir=. default_md=sha256 policy=names '[names]' \
        commonName=supplied >ca.conf
    openssl req -new -key good/privkey.pem -subj /CN=soon -out request
    openssl ca -batch -config ca.conf -name ca -selfsign -notext -keyfile good/privkey.pem -in request \
        -startdate "$begin" -days 90 -out "$DIR/etc/tls/soon/fullchain.pem" 2>/dev/null
    cp good/privkey.pem "$DIR/etc/tls/soon"
    cp good/privkey.pem "$DIR/etc/tls/default"
    sleep 1.1
    run -0 pombo check "$DIR"
    [ "$output" = "$DIR/etc/tls/soon: warning: the certificate is not valid yet" ]
    run -0 pombo cert "$DIR"
    [[ $output == *"certificate=soon "*"first_day=$(date -u -d tomorrow +%F)"* ]]
}

@test "a start that was cut off while the pair was made is taken up" {
    mkdir -p "$DIR/etc/tls/.new"
    echo half >"$DIR/etc/tls/.new/privkey.pem"
    up
    [ "$(ls -A "$DIR/etc/tls")" = default ]
    pombo cert "$DIR"
}

@test "tlsd that is killed is found out, and brought back" {
    up
    pid=$(status_value pid_tls)
    kill -KILL "$pid"
    wait_until 5 is_gone "$pid"
    run -1 pombo status "$DIR"
    run -0 up
    [[ $output == *"1 of 10 services"* ]]
    [[ $(starts_tls "$(status_value smtp)" smtp) == *"221 2.0.0"* ]]
}
