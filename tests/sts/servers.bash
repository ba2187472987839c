# An HTTPS server of policies below the folder web, and stsd. Needs helpers.bash and
# authority.bash.
# shellcheck disable=SC2034,SC2154

# policy DOMAIN ANSWER [LINE]...: what https://mta-sts.DOMAIN/ says (policy_server.py).
policy() {
    mkdir -p "web/mta-sts.$1"
    printf '%s\n' "${@:2}" >"web/mta-sts.$1/answer"
    [ -e "web/mta-sts.$1/chain.pem" ] || certify good "web/mta-sts.$1" "mta-sts.$1"
}

# enforce DOMAIN MX...: a policy that is right; MODE and AGE say otherwise.
enforce() {
    local mxs=("${@:2}")
    policy "$1" 200 "version: STSv1" "mode: ${MODE:-enforce}" "${mxs[@]/#/mx: }" "max_age: ${AGE:-86400}"
}

open_policies() {
    rm -f web/port
    : >>web/seen
    "$POMBO_ROOT/tests/sts/policy_server.py" web 2>>web/log 3>&- &
    POLICIES=$!
    wait_until 5 test -e web/port || { cat web/log; return 1; }
    policies_port=$(cat web/port)
}
close_policies() {
    [ -z "$POLICIES" ] || { kill "$POLICIES"; wait "$POLICIES" || true; }
    POLICIES=
}

# fetched NUMBER [DOMAIN]: so many times the policy was asked for.
fetched() {
    [ "$(grep -c "^mta-sts.${2:-far.example} /.well-known/mta-sts.txt$" web/seen)" -eq "$1" ]
}

open_stsd() {
    rm -f stsd.ready
    "$POMBO_BIN/stsd" -l "$POMBO_DIR/run/sts" -r stsd.ready 2>>stsd.log 3>&- &
    STSD=$!
    wait_until 5 test -s stsd.ready || { cat stsd.log; return 1; }
}
close_stsd() {
    [ -z "$STSD" ] || { kill "$STSD"; wait "$STSD" || true; }
    STSD=
}

sts_logged() {
    grep -qE -- "$1" stsd.log || { cat stsd.log; return 1; }
}
