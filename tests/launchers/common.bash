# shellcheck shell=bash disable=SC2034,SC2154
# Loaded by the tests of the launchers, which run as root.
load ../helpers

LAUNCHERS=$POMBO_ROOT/tests/launchers

tools() {
    python3 "$LAUNCHERS/tools.py" "$@"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    PORT=$(tools port)
    STARTED='' SYSLOG=''
}

teardown() {
    [ -z "$SYSLOG" ] || kill "$SYSLOG" || true
    if [ -n "$STARTED" ] && kill "$STARTED" 2>/dev/null; then
        wait "$STARTED" || true
    fi
}

# start COMMAND...: in the background, with a /run of its own, where it may write the
# file with its process id; returns when PORT is open.
start() {
    # shellcheck disable=SC2016
    unshare --mount sh -c 'mount -t tmpfs run /run && exec "$@"' sh "$@" \
        >log 2>&1 3>&- &
    STARTED=$!
    wait_until 5 port_is_open || { cat log; return 1; }
}

port_is_open() {
    [ -n "$(ss -Hltn "sport = :$PORT")" ]
}

# example FILE: the shipped lines, for the programs under test, this PORT, the loopback
# address, and a user that every machine has.
example() {
    sed -e "s|@LIBEXECDIR@|$POMBO_BIN|g" -e 's/pombo-in/nobody/' "$POMBO_ROOT/systemd/$1"
}

# start_as_shipped FILE COMMAND...: COMMAND reads "shipped", which is the shipped FILE
# with the programs under test and nothing else changed: on a machine of its own, as far
# as network, users, /run and /dev go, with the server's users and a queue as
# pombo.tmpfiles makes it. What goes to /dev/log is in the file "syslog", if that is
# there. Returns when the port for SMTP is open.
start_as_shipped() {
    sed "s|@LIBEXECDIR@|$POMBO_BIN|g" "$POMBO_ROOT/systemd/$1" >shipped
    shift
    make_server
    echo "ann@example.org ann" >server/etc/users
    qtable
    mkdir dev
    touch dev/null
    [ ! -e syslog ] || start_syslog
    { cat /etc/passwd; echo "pombo-in:x:64901:64901::/:/usr/sbin/nologin"; } >passwd
    { cat /etc/group; printf '%s\n' pombo-in:x:64901: pombo-submit:x:64902:pombo-in; } >group
    chown root:64902 server/queue/{tmp,new}
    chmod 3730 server/queue/{tmp,new}
    # shellcheck disable=SC2016
    unshare --mount --net sh -c 'mount -t tmpfs run /run && mount --bind passwd /etc/passwd &&
        mount --bind group /etc/group && ip link set lo up &&
        mount --bind /dev/null dev/null && mount --rbind dev /dev && exec "$@"' sh "$@" >log 2>&1 3>&- &
    STARTED=$!
    wait_until 5 smtp_is_open || { cat log; return 1; }
}

start_syslog() {
    python3 "$LAUNCHERS/tools.py" syslog dev/log >syslog 3>&- &
    SYSLOG=$!
    wait_until 5 test -S dev/log
    chmod 666 dev/log
}

smtp_is_open() {
    [ -n "$(inside ss -Hltn "sport = :25")" ]
}

# inside COMMAND...: in the network of what was started as shipped.
inside() {
    nsenter -t "$STARTED" -n "$@"
}

# takes_mail IP...: a message to ann over each IP gets into the queue, from a client with
# that address, by a smtpd whose user is pombo-in.
takes_mail() {
    local ip
    for ip; do
        inside python3 "$LAUNCHERS/tools.py" send "$ip" 25 bob@far.example ann@example.org
        grep -l "^S bob@far.example$" server/queue/new/* >found
        [ "$(wc -l <found)" -eq 1 ]
        [ "$(stat -c '%u:%g %a' "$(cat found)")" = "64901:64902 660" ]
        grep -q '^R \. .* ann@example.org$' "$(cat found)"
        grep -q '^Subject: by a launcher' "$(cat found)"
        case $ip in *:*) ip=IPv6:$ip ;; esac
        grep '^Received: ' -A 1 "$(cat found)" | grep -F "[$ip]"
        rm "$(cat found)"
    done
}

has_line() {
    grep -qx "$1" <<<"$output" || { echo "no line '$1' in:"; echo "$output"; return 1; }
}

# A queue and tables for smtpd in this folder, where the user nobody may use them.
make_server() {
    export POMBO_DIR=$PWD/server
    mkdir -p "$POMBO_DIR"/{etc,queue/{tmp,new,cur,wheel,corrupt},mail,run,log}
    echo "example.org local" >"$POMBO_DIR/etc/domains"
    qtable
    chown -R nobody "$POMBO_DIR"
    chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$PWD"
}

# make_tls_server: the same with a certificate.
make_tls_server() {
    make_server
    echo "ann@example.org ann" >server/etc/users
    qtable
    mkdir -p server/etc/tls/default
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=mail.example.org \
        -keyout server/etc/tls/default/privkey.pem -out server/etc/tls/default/fullchain.pem 2>/dev/null
    chown -R nobody server/etc
}

# takes_mail_inside_tls: on PORT, from the start, with the client's address. Nothing else
# than TLS gets to the client, whatever is written to descriptor 2.
takes_mail_inside_tls() {
    local i
    for i in 1 2; do
        tools sends 127.0.0.1 "$PORT" bob@far.example ann@example.org
        grep -l "^Subject: by a launcher" server/queue/new/* >found
        [ "$(wc -l <found)" -eq 1 ]
        grep '^Received: ' -A 2 "$(cat found)" | grep -F '[127.0.0.1]'
        grep '^Received: ' -A 2 "$(cat found)" | grep -E 'with ESMTPS'
        rm "$(cat found)"
    done
}

# logs_to_syslog_or_nowhere: the client reads no log line, whether syslog is there, is
# gone, or has no socket.
logs_to_syslog_or_nowhere() {
    takes_mail 127.0.0.1
    wait_until 5 grep -E '^<22>smtpd\[[0-9]+\]: accepted ip=127.0.0.1 ' syslog
    kill "$SYSLOG"
    wait "$SYSLOG" || true
    SYSLOG=
    takes_mail 127.0.0.1
    rm dev/log
    takes_mail 127.0.0.1
    [ "$(grep -c accepted syslog)" -eq 1 ]
}
