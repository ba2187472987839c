# Loaded by the tests of qnotify: a queue and tables; tests/qlocal/master.py plays qsend.
# shellcheck source=tests/helpers.bash
source "$(dirname "${BASH_SOURCE[0]}")/../helpers.bash"

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export POMBO_DIR=$PWD/pombo PYTHONDONTWRITEBYTECODE=1
    export PYTHONPATH=$POMBO_ROOT/tests/qnotify:$POMBO_ROOT/tests/qlocal
    unset JOURNAL_STREAM
    mkdir -p pombo/etc pombo/queue/{tmp,new,cur}
    : >pombo/log
    write_tables
}

# shellcheck disable=SC2120
# write_tables [KEY=VALUE]...: example.org is local, with some aliases.
write_tables() {
    local row
    {
        for row in domains:example.org=local conf:host_name=mail.example.org \
            conf:default_domain=example.org \
            "users:ann@example.org=example.org/ann 0 0" \
            "users:bob@example.org=example.org/bob 0 0" \
            "aliases:one@example.org=ann@example.org" \
            "aliases:team@example.org=ann@example.org,bob@example.org,eve@example.net" \
            "aliases:nested@example.org=one@example.org,team@example.org" \
            "aliases:round@example.org=round2@example.org" \
            "aliases:round2@example.org=round@example.org" \
            "aliases:bob@example.org=bob@example.org,eve@example.net" "$@"; do
            printf '+%d,%d:%s->%s\0\n' "$(printf %s "${row%%=*}" | wc -c)" \
                $(($(printf %s "${row#*=}" | wc -c) + 1)) "${row%%=*}" "${row#*=}"
        done
        echo
    } | cdb -c pombo/etc/tables.cdb
}

# play: a Python script on standard input, with the names of master and report.
play() {
    { printf 'from master import *\nfrom report import *\n'; cat; } >play.py
    timeout 300 python3 play.py
}
