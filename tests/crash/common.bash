# Loaded by the tests of crashes.
# shellcheck disable=SC2154 # set by bats
bats_require_minimum_version 1.5.0
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

export PYTHONDONTWRITEBYTECODE=1
unset POMBO_DIR RELAYCLIENT TCPREMOTEIP REMOTE_ADDR JOURNAL_STREAM

# points KIND PACE SCENARIO [OPTION]...: as many points of the scenario as PACE
# milliseconds for each of them leave time for, but a tenth of them at least, spread
# evenly; their figures go to the log of the tests.
points() {
    run timeout 600 python3 "$POMBO_ROOT/tests/crash/crash.py" "$1" "$3" \
        --pace "$2" --jobs 4 "${@:4}"
    echo "$output"
    echo "# ${lines[-1]}" >&3
    [ "$status" -eq 0 ]
}
