# Loaded by every bats file: where the programs are, and waiting for things.
POMBO_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
POMBO_BIN=${POMBO_BIN:-$POMBO_ROOT/build/bin}
export POMBO_ROOT POMBO_BIN
PATH=$POMBO_BIN:$PATH

# wait_until SECONDS COMMAND...: until COMMAND succeeds; fails when the time is over.
# SECONDS are those of an idle machine; a busy one gets six times as many.
wait_until() {
    local end=$((SECONDS + 6 * $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# queue_is_empty: nothing of any message is left in the queue of $DIR or $POMBO_DIR. Files
# move while its folders are read, so it looks twice.
queue_is_empty() {
    [ -d "${DIR:-$POMBO_DIR}/queue/cur" ] && ! find_queued && sleep 0.05 && ! find_queued
}
find_queued() {
    [ -n "$(find "${DIR:-$POMBO_DIR}/queue" -mindepth 2 ! -type d 2>/dev/null)" ]
}
