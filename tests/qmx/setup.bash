# For the tests of qmx: a real name server with zones of the test.
# shellcheck disable=SC2034,SC2154 # set or used by bats and dns.bash
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$TESTS/../helpers.bash"
. "$TESTS/../dns.bash"

setup() {
    export POMBO_DIR=$BATS_TEST_TMPDIR/pombo
    mkdir -p "$POMBO_DIR/etc"
    cd "$BATS_TEST_TMPDIR" || return 1
    dns_pid=
}

teardown() {
    stop_dns
}

# write_settings [SETTING=VALUE]...
write_settings() {
    local setting key value
    for setting in host_name=mail.self.example "$@"; do
        key=conf:${setting%%=*} value=${setting#*=}
        printf '+%d,%d:%s->%s\0\n' ${#key} $((${#value} + 1)) "$key" "$value"
    done >rows
    echo >>rows
    cdb -c -t etc.new "$POMBO_DIR/etc/tables.cdb" <rows
}

# zone NAME: a zone whose records come on standard input.
zone() {
    {
        printf '$ORIGIN %s.\n$TTL 3600\n' "$1"
        printf '@ SOA ns root 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n'
        cat
    } >"$1.zone"
}

# serve [ZONE]...: starts the name server, and tells qmx of it.
serve() {
    start_dns dns "${@/%/.zone}"
    write_settings "dns_server=$dns_server"
}

# ask VERB NAME [PORT]: qmx's answer is in $output and in $answer, its fields parted by "|".
ask() {
    run timeout 200 "$TESTS/../qremote/drive.py" "$POMBO_BIN/qmx" "$1,1,$2${3:+,$3}" packet close
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = "exit|0" ]
    answer=${lines[-2]}
}

# hosts: PREFERENCE NAME IP of the last answer, a line each.
hosts() {
    cut -d'|' -f8- <<<"$answer" | tr '|' '\n' | paste -d'|' - - - - | cut -d'|' -f1-3 | tr '|' ' ' | sed '/^ *$/d'
}

# danes: what DANE says of the hosts of the last answer, a line each.
danes() {
    cut -d'|' -f8- <<<"$answer" | tr '|' '\n' | paste -d'|' - - - - | cut -d'|' -f4
}

# ttl: of the last answer.
ttl() {
    cut -d'|' -f6 <<<"$answer"
}

# says STATUS ENHANCED
says() {
    [ "$(cut -d'|' -f3,4 <<<"$answer")" = "$1|$2" ]
}
