# For the tests of MTA-STS up to qmx's answer: a real name server, a real HTTPS server of
# policies, stsd, and CAs of the test.
# shellcheck disable=SC2034,SC2154 # set or used by bats and dns.bash
. "$BATS_TEST_DIRNAME/../helpers.bash"
. "$BATS_TEST_DIRNAME/../dns.bash"
. "$BATS_TEST_DIRNAME/../dnssec.bash"
. "$BATS_TEST_DIRNAME/../authority.bash"
. "$BATS_TEST_DIRNAME/servers.bash"

setup() {
    export POMBO_DIR=$BATS_TEST_TMPDIR/pombo
    mkdir -p "$POMBO_DIR"/{etc,run,sts}
    cd "$BATS_TEST_TMPDIR" || return 1
    dns_pid='' POLICIES='' STSD=''
    make_authority good
    trust good
    certify good web mta-sts.other.example
}

teardown() {
    close_stsd
    close_policies
    stop_resolver
}

# write_settings [SETTING=VALUE]...
# shellcheck disable=SC2120 # used by the tests
write_settings() {
    local setting key value
    # Of two the first counts.
    for setting in "$@" host_name=mail.self.example "tls_ca_dir=$PWD/authorities" \
        "dns_server=${dns_server:-}" mta_sts_timeout=30 "mta_sts_port=${policies_port:-443}"; do
        key=conf:${setting%%=*} value=${setting#*=}
        printf '+%d,%d:%s->%s\0\n' ${#key} $((${#value} + 1)) "$key" "$value"
    done >rows
    echo >>rows
    cdb -c -t etc.new "$POMBO_DIR/etc/tables.cdb" <rows
}

# zone ID [LINE]...: example.zone, whose far.example has the exchanger mx.far.example and,
# with an ID, the record of a policy; write_zone alone for a zone that is served already.
write_zone() {
    local id=$1
    shift
    serial=$((${serial:-0} + 1))
    {
        printf '$ORIGIN example.\n$TTL 3600\n@ SOA ns root %d 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n' "$serial"
        printf '%s\n' "far MX 10 mx.far" "mx.far A 203.0.113.1" "mta-sts.far A 127.0.0.1"
        [ -z "$id" ] || printf '_mta-sts.far TXT "v=STSv1; id=%s;"\n' "$id"
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >example.zone
}
zone() {
    write_zone "$@"
    start_dns dns example.zone
}
# rezone ID [LINE]...: the same for a zone that is served already.
rezone() {
    write_zone "$@"
    kill -HUP "$dns_pid"
    wait_until 5 is_served
}
is_served() {
    kdig +short @127.0.0.1 -p "${dns_server##*:}" example SOA | grep -q " $serial "
}

# serve ID [LINE]...: all servers.
serve() {
    [ -n "$POLICIES" ] || open_policies
    zone "$@"
    write_settings
    open_stsd
}

# ask [DOMAIN]: qmx's answer is in $output.
ask() {
    run timeout 200 "$POMBO_ROOT/tests/qremote/drive.py" "$POMBO_BIN/qmx" "mx,1,${1:-far.example},25" packet close
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = "exit|0" ]
    answer=${lines[-2]}
    [[ $answer = "mx|1|K|2.0.0|"* ]]
}

# says FIELD...: what the last answer says of its hosts, in order.
says() {
    diff <(cut -d'|' -f8- <<<"$answer" | tr '|' '\n' | paste -d'|' - - - - | cut -d'|' -f4) <(printf '%s\n' "$@")
}

# ttl: of the last answer.
ttl() {
    cut -d'|' -f6 <<<"$answer"
}
