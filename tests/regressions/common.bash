# Loaded by the regression tests: a folder for pombo with one user and no running
# programs; the tests start single ones by hostile.py.
bats_require_minimum_version 1.5.0
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export POMBO_DIR=$BATS_TEST_TMPDIR/pombo
    export PYTHONPATH=$POMBO_ROOT/tests/regressions:$POMBO_ROOT/tests/qsend PYTHONDONTWRITEBYTECODE=1
    unset TCPREMOTEIP REMOTE_ADDR RELAYCLIENT MAILBOX JOURNAL_STREAM
    mkdir -p "$POMBO_DIR"/etc "$POMBO_DIR"/queue/{tmp,new,cur,wheel,corrupt} "$POMBO_DIR"/run \
        "$POMBO_DIR"/mail/example.org/ann/{tmp,new,cur}
    printf '%s\n' 'host_name = mail.example.org' 'default_domain = example.org' \
        'size_limit = 1M' 'error_limit = 1000' 'free_space = 0' 'pop3_fail_delay = 0' >"$POMBO_DIR/etc/pombo.conf"
    echo 'example.org  local' >"$POMBO_DIR/etc/domains"
    echo 'ann@example.org  example.org/ann' >"$POMBO_DIR/etc/users"
    qtable
}

# queued: how many messages were acknowledged.
queued() {
    find "$POMBO_DIR/queue/new" -mindepth 1 | wc -l
}
