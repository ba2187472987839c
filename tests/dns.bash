# A real name server (knot) with a test's own zones, on a free port of 127.0.0.1.
#
#   start_dns DIR ZONEFILE...   each file's name is its zone's: example.org.zone; one
#                               that is not there makes its zone fail (SERVFAIL)
#   stop_dns
#
# sets dns_server to ADDRESS:PORT, as the setting of that name wants it, and dns_pid.
# DIR holds knot's own files.

free_port() {
    python3 -c '
import socket
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
with socket.socket() as tcp:
    tcp.bind(("127.0.0.1", 0))
    udp.bind(tcp.getsockname())
    print(tcp.getsockname()[1])'
}

write_knot_conf() {
    local dir=$1 port=$2 file
    shift 2
    printf 'server:\n    rundir: "%s"\n    listen: [127.0.0.1@%s, ::1@%s]\n' \
        "$dir" "$port" "$port"
    printf '    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n'
    printf 'log:\n  - target: stderr\n    any: info\n'
    printf 'database:\n    storage: "%s"\nzone:\n' "$dir"
    for file; do
        printf '  - domain: "%s"\n    file: "%s"\n    zonefile-load: whole\n' \
            "$(basename "$file" .zone)." "$(realpath -m "$file")"
        printf '    journal-content: none\n    zonefile-sync: -1\n'
    done
}

dns_is_up() {
    grep -q 'server started' "$1/log" || ! kill -0 "$dns_pid" 2>/dev/null
}

start_dns() {
    local dir=$1 port
    shift
    mkdir -p "$dir"
    for _ in 1 2 3 4 5; do # the port may be taken meanwhile
        port=$(free_port)
        write_knot_conf "$dir" "$port" "$@" >"$dir/knot.conf"
        : >"$dir/log"
        /usr/sbin/knotd -c "$dir/knot.conf" >"$dir/log" 2>&1 3>&- &
        dns_pid=$!
        wait_until 10 dns_is_up "$dir"
        if kill -0 "$dns_pid" 2>/dev/null; then
            # shellcheck disable=SC2034 # for the caller
            dns_server=127.0.0.1:$port
            return 0
        fi
        wait "$dns_pid" || true
    done
    cat "$dir/log"
    dns_pid=
    return 1
}

stop_dns() {
    if [ -n "$dns_pid" ]; then
        kill "$dns_pid" 2>/dev/null || true
        wait "$dns_pid" 2>/dev/null || true
        dns_pid=
    fi
}
