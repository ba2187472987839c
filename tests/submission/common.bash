# Loaded by the tests of submission: the tables of smtpd's tests, users with passwords, the
# door run/auth, and sessions of smtpd -s.
# shellcheck source=tests/smtpd/common.bash
source "$(dirname "${BASH_SOURCE[0]}")/../smtpd/common.bash"
eval "smtpd_$(declare -f setup)"

# "secret" by a cheap method; "Wr0ng" is nobody's password.
setup() {
    smtpd_setup
    as_insider
    mkdir -p pombo/run
    HASH=$(openssl passwd -1 -salt abcdefgh secret)
    rows passwords "ann@example.org $HASH" "bob@example.org $HASH"
    configure
    STARTED=()
    open_door
}

teardown() {
    local pid
    for pid in "${STARTED[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# configure [LINE]...: as for smtpd, without a pause after wrong passwords.
configure() {
    [[ "$*" = *auth_fail_delay* ]] || set -- "auth_fail_delay = 0" "$@"
    rows pombo.conf "host_name = mail.example.org" "default_domain = example.org" "$@"
    qtable
}

# open_door: checkpw behind run/auth.
open_door() {
    qlisten -r ready "unix:$PWD/pombo/run/auth,mode=0600" -- checkpw -a 2>>door.log 3>&- &
    STARTED+=($!)
    wait_until 5 test -s ready
}
close_door() {
    kill "${STARTED[0]}"
    wait "${STARTED[0]}" || true
}

b64() { # b64 FORMAT [ARGUMENT]...: what printf makes of it
    # shellcheck disable=SC2059
    printf "$@" | base64 -w 0
}

# submit: the dialog on standard input with smtpd -s, after the greeting and EHLO.
submit() {
    {
        printf '%s\n' '<~ 220 mail.example.org ESMTP' '-> EHLO client.example.net' '<~ 250-mail.example.org\n'
        cat
    } | play smtpd -s
}

# submit_as USER [STAGE]: the same after a log-in, and MAIL and RCPT, and DATA.
submit_as() {
    {
        printf '%s\n' "-> AUTH PLAIN $(b64 '\0%s\0secret' "$1")" '<~ 235 2.7.0'
        case ${2:-} in rcpt | data) printf '%s\n' "-> MAIL FROM:<$1>" '<~ 250 2.1.0' \
            '-> RCPT TO:<far@far.example>' '<~ 250 2.1.5' ;; esac
        case ${2:-} in data) printf '%s\n' '-> DATA' '<~ 354 ' ;; esac
        cat
    } | submit
}

# nowhere TEXT: it is in no file of the system, nor in a log.
nowhere() {
    ! grep -raqF -- "$1" pombo log door.log || {
        grep -raF -- "$1" pombo log door.log
        return 1
    }
}
