# An empty configuration in a POMBO_DIR of its own.
bats_require_minimum_version 1.5.0
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

setup() {
    export POMBO_DIR=$BATS_TEST_TMPDIR/dir
    ETC=$POMBO_DIR/etc
    mkdir -p "$ETC"
    export TMPDIR=$BATS_TEST_TMPDIR
}

# rows FILE LINE...: writes etc/FILE.
rows() {
    local file=$1
    shift
    printf '%s\n' "$@" >"$ETC/$file"
}
# a_small_system: two domains, two users, an alias.
a_small_system() {
    rows domains "example.org local" "Example.COM   local   # another"
    rows users "ann@example.org  example.org/ann" "bob@example.com example.com/bob quota=10M count=7"
    rows aliases "sales@example.org ann@example.org, bob@example.com"
}
# faults LINE...: qtable must exit with 102 and print exactly these faults.
faults() {
    local expected
    expected=$(printf "$ETC/%s\n" "$@")
    run -102 qtable
    # shellcheck disable=SC2154 # output is set by run
    [ "$output" = "$expected" ] || {
        printf 'expected:\n%s\ngot:\n%s\n' "$expected" "$output"
        return 1
    }
    run -102 qtable check
    [ "$output" = "$expected" ]
}
# value TABLE KEY EXPECTED: qtable get must print it.
value() {
    run -0 qtable get "$1" "$2"
    [ "$output" = "$3" ] || {
        printf '%s %s is "%s", expected "%s"\n' "$1" "$2" "$output" "$3"
        return 1
    }
}
