# What qsend counts of TLS, and for whom (RFC 8460); qtlsreport is a stand-in here.
# shellcheck disable=SC2154 # set or used by what is loaded
load system

today=$(date -u +%F)

# counted [LINE]...: COUNT DOMAIN POLICY RESULT HOST of all lines of today, added up.
counted() {
    kill -HUP "$qsend_pid"
    [ -s "$queue/tlsrpt/$today" ] || return 1
    awk -F'\t' 'NF > 2 { sum[$3 " " $5 " " $6 " " $7] += $2 } END { for (k in sum) print sum[k], k }' \
        "$queue/tlsrpt/$today" | sort >"$BATS_TEST_TMPDIR/counted"
    printf '%s\n' "$@" | sort | diff - "$BATS_TEST_TMPDIR/counted"
}

# line TAIL: one that ends so; tabs as \t.
line() {
    grep -q "$(printf '%b' "$1")\$" "$queue/tlsrpt/$today"
}

no_mail() {
    [ "$(find "$queue" -mindepth 2 ! -type d ! -path "$queue/tlsrpt/*" | wc -l)" -eq 0 ]
}

same="mx mx.hoster.example=192.0.2.1"

@test "one session counts for each of its domains that wants reports" {
    write_tables tls_reports=keep
    play one.example "$same"
    play two.example "$same"
    play three.example "$same"
    play reports-one.example mailto:a@one.example
    play reports-two.example https://two.example/
    play tls-192.0.2.1 ok
    start_qsend
    submit a@one.example b@one.example b@two.example c@three.example >/dev/null
    wait_until 5 no_mail
    saw 1 "qremote [0-9]* start"
    wait_until 5 counted "1 one.example insecure ok " "1 two.example insecure ok "
    line '\tmailto:a@one.example\tinsecure\tok\t\t\t\t'
    [ "$(stat -c %a "$queue/tlsrpt/$today")" = 600 ]
}

@test "mail that comes into a session counts it too, once; the next session counts again" {
    write_tables tls_reports=keep remote_linger=2
    play one.example "$same"
    play two.example "$same"
    play reports-one.example mailto:a@one.example
    play reports-two.example mailto:b@two.example
    play tls-192.0.2.1 ok
    start_qsend
    submit a@one.example >/dev/null
    wait_until 5 no_mail
    submit b@two.example >/dev/null
    submit c@one.example >/dev/null
    wait_until 5 no_mail
    wait_until 10 seen "qremote [0-9]* end"
    if saw 1 "qremote [0-9]* start"; then # not on a machine that took two seconds for this
        wait_until 5 counted "1 one.example insecure ok " "1 two.example insecure ok "
    fi
    sessions=$(grep -c "qremote [0-9]* start" "$POMBO_DIR/seen")
    submit a@one.example >/dev/null
    wait_until 5 no_mail
    saw $((sessions + 1)) "qremote [0-9]* start"
    if [ "$sessions" -eq 1 ]; then
        wait_until 5 counted "2 one.example insecure ok " "1 two.example insecure ok "
    fi
}

@test "each host that a session tried has its result, with the policy that the DNS told" {
    write_tables tls_reports=keep
    play one.example "mx mx1.example=192.0.2.1=mx1.example_3_1_1_ab/mx2.example=192.0.2.2"
    play reports-one.example mailto:a@one.example
    play tls-192.0.2.1 "validation-failure no match"
    play tls-192.0.2.2 starttls-not-supported
    start_qsend
    submit a@one.example >/dev/null
    wait_until 5 no_mail
    wait_until 5 counted "1 one.example mx1.example 3 1 1 ab validation-failure mx1.example" \
        "1 one.example insecure starttls-not-supported mx2.example"
    line '\t192.0.2.1\t192.0.2.99\tno match'
}

@test "a session that came to nothing counts for those whose mail it was to carry" {
    write_tables tls_reports=keep retry_interval=100
    play one.example "$same"
    play reports-one.example mailto:a@one.example
    play 192.0.2.1 untrusted
    play tls-192.0.2.1 "certificate-expired too old"
    start_qsend
    id=$(submit a@one.example)
    wait_until 5 is_deferred "$id"
    wait_until 5 counted "1 one.example insecure certificate-expired mx.hoster.example"
}

@test "what qremote makes up counts for nothing, and harms nothing" {
    write_tables tls_reports=keep
    play one.example "$same"
    play two.example "mx mx2.example=192.0.2.2"
    play reports-one.example mailto:a@one.example
    play reports-two.example mailto:a@two.example
    play tls-192.0.2.1 splendid
    play tls-192.0.2.2 "validation-failure $(printf 'a\tb\001c')"
    start_qsend
    submit a@one.example b@two.example >/dev/null
    wait_until 5 no_mail
    wait_until 5 logged 'bad-packet program=qremote'
    wait_until 5 counted "1 two.example insecure validation-failure mx2.example"
    line '\ta?b?c'
}

@test "mail along a route, and to a literal, is not counted" {
    write_tables tls_reports=keep
    play two.example "mx mx2.example=192.0.2.2"
    for name in route.example named.example two.example; do
        play "reports-$name" mailto:a@one.example
    done
    for ip in 192.0.2.1 192.0.2.2 192.0.2.9 192.0.2.77; do
        play "tls-$ip" ok
    done
    start_qsend
    submit b@route.example "c@[192.0.2.9]" d@named.example e@two.example >/dev/null
    wait_until 5 no_mail
    saw 4 "qremote [0-9]* start"
    wait_until 5 counted "1 two.example insecure ok "
}

@test "what was counted is written at the end, and the folder made where it lacks" {
    write_tables tls_reports=keep
    play one.example "$same"
    play reports-one.example mailto:a@one.example
    play tls-192.0.2.1 ok
    start_qsend
    submit a@one.example >/dev/null
    wait_until 5 no_mail
    [ ! -e "$queue/tlsrpt/$today" ]
    kill -TERM "$qsend_pid"
    wait "$qsend_pid"
    qsend_pid=
    [ "$(stat -c %a "$queue/tlsrpt")" = 700 ]
    grep -q "one.example.*ok" "$queue/tlsrpt/$today"
}

@test "qtlsreport is started when reports are due, and is looked at until it has said that it is done" {
    write_tables tls_reports=send tls_report_delay=0
    cat >"$bin/qtlsreport" <<'E'
#!/bin/sh
echo "qtlsreport $$ start" >>"$POMBO_DIR/seen"
E
    chmod +x "$bin/qtlsreport"
    start_qsend
    wait_until 5 seen "qtlsreport [0-9]* start"
    wait_until 5 logged "no-tls-reports program=qtlsreport"
    stop_qsend
    cat >"$bin/qtlsreport" <<'E'
#!/usr/bin/python3
import os, socket
def see(what):
    with open(os.environ["POMBO_DIR"] + "/seen", "a") as seen:
        seen.write("qtlsreport %d %s\n" % (os.getpid(), what))
qsend = socket.socket(fileno=0)
see("start")
qsend.send(b"done\0")
qsend.recv(1)
see("end")
E
    : >"$log"
    start_qsend
    # qsend takes the word, and closes its end.
    wait_until 5 seen "qtlsreport [0-9]* end"
    [ "$(grep -c no-tls-reports "$log")" -eq 0 ]
    stop_qsend
    # Switched off it is not.
    write_tables tls_report_delay=0
    : >"$POMBO_DIR/seen"
    start_qsend
    submit ann@example.org >/dev/null
    wait_until 5 no_mail
    saw 0 "qtlsreport"
}
