#!/usr/bin/env bats
# Crowds behind the door to TLS: many sessions at once, and what each costs.
# shellcheck disable=SC2154 # set by what is loaded
load ../tls/common

# figure TEXT: told with the results.
figure() {
    echo "# $*" >&3
}
processes() {
    python3 "$POMBO_ROOT/tests/abuse/processes.py" "$@"
}

@test "1,000 TLS connections are held, each for less than a megabyte, and answer; then all is gone" {
    set_up
    open_tls
    qlisten -r many.ready -c 1100 -C 1100 127.0.0.1:0 -- smtpd -t 2>>log 3>&- &
    STARTED+=($!)
    wait_until 5 test -s many.ready
    SMTP=$(cat many.ready)
    serves "$SMTP"
    wait_until 5 no_sessions
    read -r rss_before fds_before < <(processes self "$TLSD")
    mkfifo gate
    begin=$SECONDS
    tls_client hold "$SMTP" 1000 <gate >held 3>&- &
    crowd=$!
    exec 8>gate
    wait_until 60 grep -q held held
    figure "1,000 handshakes and greetings, client's side included: $((SECONDS - begin)) s"
    memory=$(processes memory "$TLSD")
    figure "tlsd's sessions: $memory"
    figure "smtpd's: $(processes memory "${STARTED[-1]}")"
    [ "$(sessions)" -eq 1000 ]
    # Others are served beside them.
    serves "$SMTP"
    [[ $memory =~ pss\ ([0-9]+) ]]
    [ "${BASH_REMATCH[1]}" -lt 1000 ]
    exec 8>&-
    wait "$crowd"
    grep -q 'all answered' held
    wait_until 30 no_sessions
    read -r rss_after fds_after < <(processes self "$TLSD")
    figure "tlsd before and after: $rss_before and $rss_after kB, $fds_before and $fds_after descriptors"
    [ "$fds_after" -eq "$fds_before" ]
    [ "$rss_after" -le $((rss_before + 1000)) ]
    run ! grep -E 'crashed|error=' tls.log
}
