# For the tests of qremote: servers that do as they are told, and qsend's part.
# shellcheck disable=SC2120,SC2154 # set by bats; used by the tests
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$TESTS/../helpers.bash"

setup() {
    export POMBO_DIR=$BATS_TEST_TMPDIR/pombo
    mkdir -p "$POMBO_DIR/etc"
    cd "$BATS_TEST_TMPDIR" || return 1
    pids=()
    write_settings
}

teardown() {
    local pid
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# write_settings [SETTING=VALUE]...
write_settings() {
    local setting key value
    for setting in host_name=mail.example.org "$@"; do
        key=conf:${setting%%=*} value=${setting#*=}
        printf '+%d,%d:%s->%s\0\n' ${#key} $((${#value} + 1)) "$key" "$value"
    done >rows
    echo >>rows
    cdb -c -t etc.new "$POMBO_DIR/etc/tables.cdb" <rows
}

# start_server NAME [RULE]...: its folder is NAME; ${port[NAME]} is its port.
# ${prefix[@]} goes before the commands of servers and of qremote.
declare -gA port
declare -ga prefix=()
start_server() {
    local name=$1
    shift
    mkdir -p "$name"
    : >"$name/seen"
    "${prefix[@]}" "$TESTS/fake_smtp.py" "$name" "$@" 3>&- &
    pids+=($!)
    wait_until 5 test -e "$name/port"
    port[$name]=$(cat "$name/port")
}

# hosts NAME...: the packet for servers started so, with the password of $auth.
hosts() {
    local name packet=hosts,test.example,${policy:-may},${auth:-}
    for name; do
        packet+=",$name.example,127.0.0.1,${port[$name]},insecure"
    done
    echo "$packet"
}

# write_secret KEY USER PASSWORD: the one row of relay_passwords.cdb; a hosts packet with
# auth=KEY logs in with it.
write_secret() {
    local value
    value="$(printf %s "$2" | base64 -w0) $(printf %s "$3" | base64 -w0)"
    printf '+%d,%d:%s->%s\0\n\n' ${#1} $((${#value} + 1)) "$1" "$value" |
        cdb -c -t etc.new "$POMBO_DIR/etc/relay_passwords.cdb"
}

message() {
    python3 "$TESTS/message.py" "$@"
}

# drive STEP...: runs qremote; its packets are in $output and in the file output.
drive() {
    run timeout 200 "${prefix[@]}" "$TESTS/drive.py" "$POMBO_BIN/qremote" "$@"
    echo "$output"
    printf '%s\n' "$output" >output
    [ "$status" -eq 0 ]
}

# got LINE: one line that qremote said, or that ended it.
got() {
    grep -qFx -- "$*" output
}

got_like() {
    grep -q -- "$*" output
}

# seen SERVER TEXT: a line, whole.
seen() {
    local name=$1
    shift
    grep -qFx -- "$*" "$name/seen"
}

# saw SERVER NUMBER REGEX: so many lines match.
saw() {
    [ "$(grep -c -- "$3" "$1/seen")" -eq "$2" ]
}
