# check, reload and queue.
load setup

@test "check of a fresh system says nothing" {
    up --domain example.org
    run -0 pombo check "$DIR"
    [ -z "$output" ]
}

@test "check names file and line of every fault and changes nothing" {
    up --domain example.org
    printf 'carl@example.org\nann@example.net x\n' >>"$DIR/etc/users"
    n=$(wc -l <"$DIR/etc/users")
    before=$(cksum "$DIR/etc/tables.cdb")
    run -102 pombo check "$DIR"
    [[ $output == *"$DIR/etc/users:$((n - 1)): no mailbox"* ]]
    [[ $output == *"$DIR/etc/users:$n: ann@example.net: its domain"* ]]
    [ "$(cksum "$DIR/etc/tables.cdb")" = "$before" ]
}

@test "check tells of hashes that others may read" {
    up
    chmod 644 "$DIR/etc/passwords"
    run -102 pombo check "$DIR"
    [[ $output == *"$DIR/etc/passwords: mode 0644"* ]]
    chmod 600 "$DIR/etc/passwords"
    chmod 644 "$DIR/etc/passwords.cdb"
    run -102 pombo check "$DIR"
    [[ $output == *"passwords.cdb: mode 0644"* ]]
    chmod 600 "$DIR/etc/passwords.cdb"
    run -0 pombo check "$DIR"
    chmod 640 "$DIR/etc/relay_passwords"
    chmod 644 "$DIR/etc/relay_passwords.cdb"
    run -102 pombo check "$DIR"
    [[ $output == *"$DIR/etc/relay_passwords: mode 0640 lets others at the passwords; it should be 0600"* ]]
    [[ $output == *"$DIR/etc/relay_passwords.cdb: mode 0644 lets others at the passwords; it should be 0640"* ]]
}

@test "check tells of missing folders" {
    up
    pombo down "$DIR"
    rmdir "$DIR/queue/corrupt"
    rm -r "$DIR/mail"
    touch "$DIR/mail"
    run -102 pombo check "$DIR"
    [[ $output == *"$DIR/queue/corrupt: "* ]]
    [[ $output == *"$DIR/mail: not a folder"* ]]
}

@test "check warns of a domain without postmaster and of tables not compiled" {
    up
    echo "example.net local" >>"$DIR/etc/domains"
    pombo reload "$DIR"
    run -0 pombo check "$DIR"
    [ -z "$output" ] # its postmaster is that of default_domain
    sed -i 's/^default_domain.*/default_domain = elsewhere.example/' "$DIR/etc/pombo.conf"
    pombo reload "$DIR"
    run -0 pombo check "$DIR"
    [[ $output == *"domains: warning: example.net has no postmaster"* ]]
    echo "# later" >>"$DIR/etc/routes"
    touch -d '+5 seconds' "$DIR/etc/routes"
    run -0 pombo check "$DIR"
    [[ $output == *"routes: warning: changed since"* ]]
}

@test "reload compiles and qsend takes it up" {
    up
    before=$(grep -c ' tables' "$DIR/log/qsend.log" || true)
    echo "remote.example [192.0.2.1]:25" >>"$DIR/etc/routes"
    pombo reload "$DIR"
    [ "$(POMBO_DIR=$DIR qtable get routes remote.example)" = "[192.0.2.1] 25" ]
    took_up() { [ "$(grep -c ' tables' "$DIR/log/qsend.log")" -gt "$before" ]; }
    wait_until 5 took_up
    run -0 pombo status "$DIR"
}

@test "reload of faulty tables leaves the old ones in force" {
    up
    echo "remote.example" >>"$DIR/etc/routes"
    run -102 pombo reload "$DIR"
    [[ $output == *"$DIR/etc/routes:"*": no host"* ]]
    [[ $output == *"the old tables stay in force"* ]]
    run -1 env POMBO_DIR="$DIR" qtable get routes remote.example
}

@test "reload works while nothing runs, and without DIR" {
    up
    pombo down "$DIR"
    echo "remote.example relay.example" >>"$DIR/etc/routes"
    POMBO_DIR=$DIR pombo reload
    [ "$(POMBO_DIR=$DIR qtable get routes remote.example)" = "relay.example 0" ]
}

@test "queue lists what waits: id, sender and recipients" {
    up
    run -0 pombo queue "$DIR"
    [ -z "$output" ]
    echo "far.example [127.0.0.1]:1" >>"$DIR/etc/routes"
    pombo reload "$DIR"
    POMBO_DIR=$DIR qinject -f ann@near.example bob@far.example carl@far.example <<<"Subject: waits"
    is_deferred() { [ -n "$(find "$DIR/queue/wheel" -type f)" ]; }
    wait_until 10 is_deferred
    id=$(basename "$(find "$DIR/queue/wheel" -type f)")
    [ ${#id} -eq 26 ]
    run -0 pombo queue "$DIR"
    [[ ${lines[0]} =~ ^"$id size="[0-9]+" age="[0-9]+"s next="[0-9]+[sm]" from=<ann@near.example>"$ ]]
    [ "${lines[1]}" = "    waiting  <bob@far.example>" ]
    [ "${lines[2]}" = "    waiting  <carl@far.example>" ]
    [ ${#lines[@]} -eq 3 ]
    run -0 env POMBO_DIR="$DIR" pombo queue
    run -100 pombo queue "$DIR" more
}
