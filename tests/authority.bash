# CAs and certificates of a test.

# make_authority NAME: a CA whose certificate is NAME.pem.
make_authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.pem" \
        -days 30 -subj "/CN=$1" 2>>openssl.log
}

# trust NAME: its certificate is one of those in the folder authorities.
trust() {
    mkdir -p authorities
    cp "$1.pem" authorities/
    openssl rehash authorities
}

# certify AUTHORITY SERVER NAME,... [OPTION]...: chain.pem and key.pem for a server, of
# these names; options are openssl x509's, DAYS (30) is how long it lasts.
certify() {
    local authority=$1 server=$2 names
    names=DNS:${3//,/,DNS:}
    names=${names//DNS:IP:/IP:}
    shift 3
    mkdir -p "$server"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$server/key.pem" -out "$server/request" \
        -subj "/CN=a server" 2>>openssl.log
    openssl x509 -req -in "$server/request" -CA "$authority.pem" -CAkey "$authority.key" -CAcreateserial \
        -days "${DAYS:-30}" -extfile <(echo "subjectAltName=$names") -out "$server/cert.pem" "$@" 2>>openssl.log
    cat "$server/cert.pem" "$authority.pem" >"$server/chain.pem"
}
