# Loaded by the tests of qlocal: a mail root and a queue's folder; python's master.py
# plays qsend.
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export POMBO_DIR=$PWD/pombo PYTHONDONTWRITEBYTECODE=1
    export PYTHONPATH=$POMBO_ROOT/tests/qlocal
    unset JOURNAL_STREAM
    mkdir -p pombo/etc pombo/mail pombo/queue/{tmp,new,cur}
    : >pombo/log
}

# play: a Python script on standard input, with master's names.
play() {
    { printf 'from master import *\nimport re\n'; cat; } >play.py
    timeout 300 python3 play.py
}
