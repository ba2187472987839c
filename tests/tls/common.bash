# Loaded by the tests of TLS: a system in pombo with users and certificates, its door to
# TLS, and the servers that a test wants.
# shellcheck disable=SC2034,SC2164
load ../pop3d/common

# make_pair NAME TYPE [HOST]...: a self-signed pair for the hosts in etc/tls/NAME, whose
# key is rsa or ec; DAYS (30) is how long it lasts.
make_pair() {
    local folder=pombo/etc/tls/$1 name=$1 type=$2 names
    local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1)
    shift 2
    [ "$type" = ec ] || key=(-newkey "rsa:${BITS:-2048}")
    names=$(printf 'DNS:%s,' "$@")
    mkdir -p "$folder"
    openssl req -x509 "${key[@]}" -nodes -keyout "$folder/privkey.pem" \
        -out "$folder/fullchain.pem" -days "${DAYS:-30}" -subj "/CN=$name" \
        -addext "subjectAltName=${names%,}" 2>>openssl.log
}

# make_pair_from NAME BEGIN END [HOST]: an ECDSA pair as make_pair's, valid from BEGIN to
# END, which date(1) can read; its common name is NAME.
make_pair_from() {
    local folder=pombo/etc/tls/$1 begin end
    begin=$(date -u -d "$2" +%Y%m%d%H%M%SZ)
    end=$(date -u -d "$3" +%Y%m%d%H%M%SZ)
    mkdir -p "$folder"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" \
        -keyout "$folder/privkey.pem" -out request 2>>openssl.log
    : >issued
    printf '%s\n' '[ca]' database=issued rand_serial=yes new_certs_dir=. default_md=sha256 policy=names \
        '[names]' commonName=supplied '[extensions]' "subjectAltName=DNS:${4:-mail.example.org}" >ca.conf
    openssl ca -batch -config ca.conf -name ca -extensions extensions -selfsign -notext \
        -keyfile "$folder/privkey.pem" -in request -startdate "$begin" -enddate "$end" \
        -out "$folder/fullchain.pem" 2>>openssl.log
}

# set_up [SETTING VALUE]...: mailboxes, a queue, and a pair for mail.example.org.
set_up() {
    mkdir -p pombo/queue/{tmp,new,cur,wheel,corrupt}
    write_tables "$@"
    make_pair default ec mail.example.org
}

# tlsd's own log is tls.log, its pid TLSD.
open_tls() {
    rm -f tls.ready
    tlsd -d -l "$PWD/pombo/run/tls" -r tls.ready 2>>tls.log 3>&- &
    TLSD=$!
    STARTED+=("$TLSD")
    wait_until 5 test -s tls.ready || { cat tls.log; return 1; }
}

# serve_smtp [-t]: smtpd on SMTP, which is 127.0.0.1:PORT.
serve_smtp() {
    listen 127.0.0.1:0 smtpd "$@"
    SMTP=$LISTENS
}

# serve_pop3 [-t]: popup and the log-in door on POP3.
serve_pop3() {
    [ -S pombo/run/login ] || open_door
    listen 127.0.0.1:0 popup "$@"
    POP3=$LISTENS
}

# s_client ADDRESS [OPTION]...: what it is to send on standard input. It ends when the
# server does.
s_client() {
    timeout 60 openssl s_client -connect "$1" -ign_eof "${@:2}" 2>&1
}

# slowly LINE...: as a client that waits for each answer.
slowly() {
    local line
    for line in "$@"; do
        sleep 0.5
        printf '%s\r\n' "$line"
    done
}

# serves ADDRESS: smtpd -t does.
serves() {
    slowly QUIT | s_client "$1" -quiet | grep -q '^221 '
}

# tls_client COMMAND...: tests/tls/client.py.
tls_client() {
    /usr/bin/python3 "$POMBO_ROOT/tests/tls/client.py" "$@"
}

# sessions: how many processes tlsd has forked that are still there.
sessions() {
    pgrep -c -P "$TLSD" || true
}
no_sessions() {
    [ "$(sessions)" -eq 0 ]
}

tls_logged() {
    grep -qE -- "$1" tls.log || {
        cat tls.log
        return 1
    }
}
