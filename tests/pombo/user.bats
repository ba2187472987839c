# Mailboxes: adding, removing, listing, passwords. Nothing has to run for it.
load setup

setup_etc() {
    mkdir -p "$DIR/etc" "$DIR/run"
    echo "example.org  local" >"$DIR/etc/domains"
    export POMBO_DIR=$DIR
    qtable
}
add() { # add PASSWORD ADDRESS OPTIONS...
    local password=$1 address=$2
    shift 2
    printf '%s\n' "$password" | pombo user add "$@" "$DIR" "$address"
}
check_password() {
    printf '%s\n' "$1" | qpasswd -c "$2"
}

@test "add reads the password, adds the rows and compiles" {
    setup_etc
    run -0 add "open sesame" Ann@Example.org
    [ "$output" = "$(printf '%s\n' user=Ann@example.org mailbox=example.org/ann)" ]
    check_password "open sesame" ann@example.org
    [ "$(qtable route ann@example.org)" = "mailbox example.org/ann 0 0" ]
    run ! grep -r sesame "$DIR"
}

@test "add without a password makes a good one and prints it" {
    setup_etc
    run -0 pombo user add "$DIR" ann@example.org </dev/null
    first=${lines[2]#password=}
    [ "${#first}" -ge 20 ]
    check_password "$first" ann@example.org
    # A closed standard input is an empty one.
    run -0 sh -c 'exec "$@" <&-' sh pombo user add "$DIR" bob@example.org
    [ "${lines[2]#password=}" != "$first" ]
    check_password "${lines[2]#password=}" bob@example.org
}

@test "an address that is there, bad or of another domain is refused with the remedy" {
    setup_etc
    add secret ann@example.org
    run -100 add secret ANN@example.org
    [[ $output == *"pombo user passwd"* ]]
    run -100 add secret bob@example.net
    [[ $output == *"pombo user add --domain"* ]]
    run -100 add secret bob
    run -100 add secret "bo b@example.org"
    [ "$(pombo user list "$DIR")" = "ann@example.org example.org/ann" ]
}

@test "--domain adds the domain too" {
    setup_etc
    add secret bob@Example.net --domain
    [ "$(qtable get domains example.net)" = local ]
    [ "$(qtable route bob@example.net)" = "mailbox example.net/bob 0 0" ]
}

@test "no two addresses get one mailbox by accident" {
    setup_etc
    for address in '"a/b"@example.org' 'a_b@example.org' '"a b"@example.org' 'a%2Fb@example.org' '"../x"@example.org' \
        '".a"@example.org' 'jürgen@example.org'; do
        add secret "$address"
    done
    [ "$(pombo user list "$DIR" | awk '{ print $NF }' | sort -u | wc -l)" -eq 7 ]
    [ "$(pombo user list "$DIR" | awk '{ print $NF }' | grep -cE '(^|/)\.')" -eq 0 ]
    pombo user list "$DIR" | grep -qxF 'jürgen@example.org example.org/jürgen'
}

@test "list prints addresses and mailboxes" {
    setup_etc
    [ -z "$(pombo user list "$DIR")" ]
    add x ann@example.org
    add x bob@example.org
    [ "$(pombo user list "$DIR")" = "$(printf '%s\n' "ann@example.org example.org/ann" "bob@example.org example.org/bob")" ]
}

@test "passwd sets another password" {
    setup_etc
    add first ann@example.org
    run -0 pombo user passwd "$DIR" ann@example.org <<<"second"
    [ -z "$output" ]
    check_password second ann@example.org
    run -1 check_password first ann@example.org
    run -0 pombo user passwd "$DIR" ann@example.org </dev/null
    check_password "$(sed -n 's/^password=//p' <<<"$output")" ann@example.org
    run -1 pombo user passwd "$DIR" bob@example.org <<<"x"
}

@test "remove takes user and password away and leaves mail and others" {
    setup_etc
    add x ann@example.org
    add y bob@example.org
    mkdir -p "$DIR/mail/example.org/ann/new"
    pombo user remove "$DIR" ANN@example.org
    run -1 qtable route ann@example.org
    run ! grep -q ann "$DIR/etc/users" "$DIR/etc/passwords"
    check_password y bob@example.org
    [ -d "$DIR/mail/example.org/ann/new" ]
    run -1 pombo user remove "$DIR" ann@example.org
    [[ $output == *"is no user"* ]]
}

@test "a user that an alias needs is not removed, and the alias is named" {
    setup_etc
    add x ann@example.org
    echo "sales@example.org ann@example.org" >"$DIR/etc/aliases"
    run -102 pombo user remove "$DIR" ann@example.org
    [[ $output == *"$DIR/etc/aliases:1: target"* ]]
    [ "$(pombo user list "$DIR")" = "ann@example.org example.org/ann" ]
    check_password x ann@example.org
}

@test "faults elsewhere take an addition back" {
    setup_etc
    echo "broken" >"$DIR/etc/routes"
    before=$(cat "$DIR/etc/domains")
    run -102 add secret bob@example.net --domain
    [[ $output == *"$DIR/etc/routes:1: "* ]]
    [ "$(cat "$DIR/etc/domains")" = "$before" ]
    [ ! -e "$DIR/etc/users" ]
    [ ! -e "$DIR/etc/passwords" ]
}

@test "rows and comments of others stay as they are" {
    setup_etc
    printf '# people\nann@example.org  elsewhere/ann  quota=5M # first\n\n' >"$DIR/etc/users"
    add secret bob@example.org
    [ "$(head -n 3 "$DIR/etc/users")" = "$(printf '# people\nann@example.org  elsewhere/ann  quota=5M # first\n')" ]
    pombo user remove "$DIR" bob@example.org
    [ "$(cat "$DIR/etc/users")" = "$(printf '# people\nann@example.org  elsewhere/ann  quota=5M # first\n')" ]
}

@test "without DIR the folder of POMBO_DIR is meant" {
    setup_etc
    printf 'secret\n' | pombo user add ann@example.org
    [ "$(pombo user list)" = "ann@example.org example.org/ann" ]
    pombo user remove ann@example.org
    [ -z "$(pombo user list)" ]
}

@test "many at once all get through" {
    setup_etc
    for n in 1 2 3 4 5 6; do add "p$n" "u$n@example.org" & done
    for job in $(jobs -p); do wait "$job"; done
    [ "$(pombo user list "$DIR" | wc -l)" -eq 6 ]
    for n in 1 2 3 4 5 6; do check_password "p$n" "u$n@example.org"; done
}

@test "of those who add one address at once, one does" {
    local n winners
    setup_etc
    for n in 1 2 3 4 5 6; do
        { add "p$n" ann@example.org >/dev/null && echo "p$n" >>"$BATS_TEST_TMPDIR/winners"; } &
    done
    for job in $(jobs -p); do wait "$job" || true; done
    winners=$(cat "$BATS_TEST_TMPDIR/winners")
    [ "$(wc -l <<<"$winners")" -eq 1 ]
    check_password "$winners" ann@example.org
}

@test "wrong usage is told" {
    setup_etc
    run -100 pombo user
    run -100 pombo user add
    run -100 pombo user fly "$DIR" ann@example.org
    run -100 pombo user add "$DIR" ann@example.org more
    run -100 pombo user list "$DIR" more
}
