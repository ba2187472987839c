# A Postfix from Debian's package in folders of its own, on a loopback address and port.
# shellcheck disable=SC2154

# postfix_up ADDRESS PORT POMBO_PORT: takes mail for postfix.test into virtual mailboxes
# below $BATS_TEST_TMPDIR/pf/mail, relays pombo.test to pombo's port. Lines in $PF_MORE go
# to main.cf.
postfix_up() {
    local base=$BATS_TEST_TMPDIR/pf
    PF_CONF=$base/etc
    mkdir -p "$base"/{etc,queue,data,mail}
    chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$base" "$base/etc" "$base/queue"
    chown postfix "$base/data"
    chown 65534:65534 "$base/mail"
    cp /etc/postfix/master.cf "$PF_CONF/master.cf" 2>/dev/null ||
        cp /usr/share/postfix/master.cf.dist "$PF_CONF/master.cf"
    # No chroot; our port instead of smtp's; log lines to standard output's file.
    sed -i -E 's/^smtp( +inet.*)$/'"$1:$2"'\1/; s/^([^# ]+ +(inet|unix|fifo|pass) +[-yn]+ +[-yn]+ +)[-yn]/\1n/' \
        "$PF_CONF/master.cf"
    grep -q '^postlog' "$PF_CONF/master.cf" ||
        echo 'postlog unix-dgram n - n - 1 postlogd' >>"$PF_CONF/master.cf"
    cat >"$PF_CONF/main.cf" <<EOF
compatibility_level = 3.6
queue_directory = $base/queue
data_directory = $base/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = $base/log
maillog_file_prefixes = $BATS_TEST_TMPDIR
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = $1
myhostname = mail.postfix.test
mydestination =
local_recipient_maps =
virtual_mailbox_domains = postfix.test
virtual_mailbox_base = $base/mail
virtual_mailbox_maps = inline:{ {carl@postfix.test = carl/} {dora@postfix.test = dora/} {jürgen@postfix.test = juergen/} }
virtual_minimum_uid = 100
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
relay_domains = pombo.test
transport_maps = inline:{ {pombo.test = smtp:[127.0.0.1]:$3} }
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
disable_dns_lookups = yes
smtp_tls_security_level = none
smtputf8_enable = yes
${PF_MORE:-}
EOF
    # Postfix checks for the folders of its queue and makes them.
    postfix -c "$PF_CONF" start >"$base/start.out" 2>&1 3>&- || {
        cat "$base/start.out" "$base/log" >&2
        return 1
    }
    wait_until 10 listens "$1" "$2"
}
postfix_down() {
    [ -z "${PF_CONF:-}" ] || postfix -c "$PF_CONF" stop >/dev/null 2>&1 3>&- || true
    [ -z "${PF_CONF:-}" ] || wait_until 20 postfix_is_gone
}
postfix_is_gone() {
    [ ! -e "$BATS_TEST_TMPDIR/pf/queue/pid/master.pid" ] ||
        ! kill -0 "$(tr -d ' ' <"$BATS_TEST_TMPDIR/pf/queue/pid/master.pid")" 2>/dev/null
}
postfix_text() { # postfix_text USER
    find "$BATS_TEST_TMPDIR/pf/mail/$1" -type f -exec cat {} + 2>/dev/null
}
postfix_matches() { # postfix_matches USER REGEX
    postfix_text "$1" | grep -qE "$2"
}
