# A mail system in $DIR, brought down after each test.
bats_require_minimum_version 1.5.0
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

setup() {
    DIR=$BATS_TEST_TMPDIR/dir
    export TMPDIR=$BATS_TEST_TMPDIR
    unset POMBO_DIR
}
teardown() {
    [ ! -e "$DIR/run/state" ] || pombo down "$DIR" 3>&-
}

# up [OPTIONS]: on free ports.
up() {
    pombo up "$DIR" --smtp 127.0.0.1:0 --submission 127.0.0.1:0 --pop3 127.0.0.1:0 "$@" 3>&-
}
# status_value NAME: the first one.
status_value() {
    pombo status "$DIR" | sed -n "s/^$1=//p" | head -n 1
}
# greeting ADDRESS:PORT: the first line that comes.
greeting() {
    local line
    exec 9<>"/dev/tcp/${1%:*}/${1##*:}"
    IFS= read -r -t 10 line <&9
    printf 'QUIT\r\n' >&9
    exec 9>&-
    printf '%s\n' "${line%$'\r'}"
}
# processes_of DIR: pids of all that runs with it as POMBO_DIR.
processes_of() {
    local process
    for process in /proc/[0-9]*; do
        if tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qxF "POMBO_DIR=$1"; then
            echo "${process#/proc/}"
        fi
    done 2>/dev/null
}
# is_gone PID: nothing of it is left but what init has yet to collect.
is_gone() {
    ! grep -qE '^State:[[:space:]]+[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null
}
# bin_with NAME SCRIPT...: a folder of the programs with stand-ins in the place of some;
# prints it.
bin_with() {
    local bin=$BATS_TEST_TMPDIR/bin
    mkdir "$bin"
    ln -s "$POMBO_BIN"/* "$bin"
    rm "$bin/pombo"
    cp "$POMBO_BIN/pombo" "$bin"
    while [ $# -gt 0 ]; do
        rm -f "${bin:?}/$1"
        [ -z "$2" ] || printf '%s\n' "$2" >"$bin/$1"
        [ -z "$2" ] || chmod +x "$bin/$1"
        shift 2
    done
    echo "$bin"
}
