#!/usr/bin/env bats
# What systemd-analyze says of the shipped units, from the files alone.
load ../helpers

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    local unit
    for unit in "$POMBO_ROOT"/systemd/*.service; do
        sed 's|@LIBEXECDIR@|/bin|g' "$unit" >"${unit##*/}"
    done
}

@test "the exposure of every unit that runs on is below 2.0" {
    local unit count=0
    for unit in *.service; do
        [[ $unit != *@.service ]] || continue
        # The threshold is in tenths, and one that is met passes.
        run systemd-analyze security --offline=true --threshold=19 "$PWD/$unit"
        [ "$status" -eq 0 ] || { tail -n 1 <<<"$output"; return 1; }
        count=$((count + 1))
    done
    [ "$count" -eq 12 ]
}

@test "the threshold is one that can be missed" {
    printf '[Service]\nExecStart=/bin/true\n' >open.service
    run systemd-analyze security --offline=true --threshold=19 "$PWD/open.service"
    [ "$status" -ne 0 ]
}

@test "templates of a unit per connection say why they are more open" {
    for unit in *@.service; do
        grep -q '^# The cheap settings alone: each that takes a namespace of its own costs every$' "$unit"
    done
}

@test "nothing is started as root" {
    for unit in *.service; do
        grep -qE '^User=pombo-(in|q|mail|auth|tls|out|sts)$' "$unit"
    done
}
