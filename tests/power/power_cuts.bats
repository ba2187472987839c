#!/usr/bin/env bats
# Power cuts: see tests/power/power_cuts.py.
bats_require_minimum_version 1.5.0
. "$BATS_TEST_DIRNAME/../helpers.bash"

setup_file() {
    local states=10000
    # Others have to reach it, and bats' own folders are closed to them.
    POWER=$(mktemp -d "${TMPDIR:-/tmp}/power.XXXXXX")
    export POWER
    chmod 711 "$POWER"
    # Which call a sync comes from can be told of programs with glibc alone.
    cp -r "$POMBO_BUILD/glibc/bin" "$POWER/glibc"
    {
        cuts control "$POWER/glibc"
        cuts states "$POMBO_BIN" --states "$states"
    } >"$POWER/report" 2>&1 3>&-
    export STATES=$states
}

# cuts MODE PROGRAMS [OPTION]...
cuts() {
    rm -rf "$POWER/cut"
    mkdir "$POWER/cut"
    unshare --pid --fork --mount-proc --kill-child \
        python3 -B "$BATS_TEST_DIRNAME/power_cuts.py" "$1" "$2" "$POWER/cut" "${@:3}" || true
}

teardown_file() {
    rm -rf "$POWER"
}

setup() {
    cat "$POWER/report"
}

@test "no state that a power cut may leave breaks a promise" {
    grep -qx "$STATES different states, 0 broke a promise" "$POWER/report"
}

@test "without any one of the sync calls a promise breaks" {
    grep -qE "^[1-9][0-9]+ sync calls taken away, 0 not noticed$" "$POWER/report"
    ! grep -q "^not seen:" "$POWER/report"
}
