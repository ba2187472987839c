# A validating resolver (unbound) on 127.0.0.1 over a name server (knot) with zones that
# are signed for real, for tests of DANE. Needs dns.bash.
#
#   sign ZONE [OPTION]...   signs ZONE.zone; the options are ldns-signzone's (-e DATE)
#   start_resolver DIR ZONE...   serves ZONE.zone, or ZONE.zone.signed with a trust anchor
#                           where that is there
#   stop_resolver
#
# sets dns_server to the resolver's ADDRESS:PORT; knot_server is the name server's.
# shellcheck disable=SC2154 # set by dns.bash

sign() {
    local zone=$1 key
    shift
    key=$(ldns-keygen -r /dev/urandom -a ECDSAP256SHA256 -k "$zone")
    ldns-signzone -n "$@" -f "$zone.zone.signed" "$zone.zone" "$key"
    mv "$key.key" "$zone.anchor"
}

write_unbound_conf() {
    local dir=$1 port=$2 zone
    shift 2
    cat <<CONF
server:
    interface: 127.0.0.1@$port
    interface: ::1@$port
    username: ""
    chroot: ""
    directory: "$dir"
    pidfile: ""
    use-syslog: no
    logfile: ""
    do-daemonize: no
    do-not-query-localhost: no
    module-config: "validator iterator"
    val-bogus-ttl: 1
    trust-anchor-signaling: no
    root-key-sentinel: no
    local-zone: "test." nodefault
    target-fetch-policy: "0 0 0 0 0"
remote-control:
    control-enable: no
stub-zone:
    name: "."
    stub-addr: ${knot_server/:/@}
CONF
    for zone; do
        printf 'stub-zone:\n    name: "%s"\n    stub-addr: %s\n' "$zone" "${knot_server/:/@}"
        [ ! -e "$zone.anchor" ] || printf 'server:\n    trust-anchor-file: "%s"\n' "$PWD/$zone.anchor"
    done
}

resolver_is_up() {
    grep -q 'start of service' "$1/unbound.log" || ! kill -0 "$resolver_pid" 2>/dev/null
}

start_resolver() {
    local dir port zone served=()
    dir=$(realpath -m "$1")
    shift
    mkdir -p "$dir" served
    for zone; do # a zone's name is its file's
        cp "$zone.zone.signed" "served/$zone.zone" 2>/dev/null || cp "$zone.zone" "served/$zone.zone"
        served+=("served/$zone.zone")
    done
    start_dns "$dir" "${served[@]}"
    knot_server=$dns_server
    for _ in 1 2 3 4 5; do # the port may be taken meanwhile
        port=$(free_port)
        write_unbound_conf "$dir" "$port" "$@" >"$dir/unbound.conf"
        /usr/sbin/unbound -d -p -c "$dir/unbound.conf" >"$dir/unbound.log" 2>&1 3>&- &
        resolver_pid=$!
        wait_until 10 resolver_is_up "$dir"
        if kill -0 "$resolver_pid" 2>/dev/null; then
            dns_server=127.0.0.1:$port
            return 0
        fi
        wait "$resolver_pid" || true
    done
    cat "$dir/unbound.log"
    resolver_pid=
    return 1
}

stop_resolver() {
    if [ -n "${resolver_pid:-}" ]; then
        kill "$resolver_pid" 2>/dev/null || true
        wait "$resolver_pid" 2>/dev/null || true
        resolver_pid=
    fi
    stop_dns
}
