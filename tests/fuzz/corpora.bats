#!/usr/bin/env bats
# The corpora of the fuzz targets, replayed: each input that once found something, or
# reached what no other reached, must hold the target's properties.
load ../helpers

corpora=$POMBO_ROOT/tests/fuzz/corpus

@test "every fuzz target takes its whole corpus" {
    count=0
    for source in "$POMBO_ROOT"/tests/fuzz/*.c; do
        name=$(basename "$source" .c)
        run "${POMBO_BUILD:-$POMBO_ROOT/build}/replay/$name" "$corpora/$name"
        echo "$name: $output"
        [ "$status" -eq 0 ]
        [ "${output##*$'\n'}" = "$(find "$corpora/$name" -type f | wc -l) inputs" ]
        count=$((count + 1))
    done
    [ "$count" -ge 20 ]
}

@test "the corpora are small" {
    [ "$(find "$corpora" -type f -size +100k | wc -l)" -eq 0 ]
    [ "$(find "$corpora" -type f -printf '%s\n' | awk '{s += $1} END {print s}')" -lt 1000000 ]
}
