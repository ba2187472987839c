#!/usr/bin/env bats
# How much a user may submit in an hour.
load common

ONE='-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> RCPT TO:<bob@example.org>
<~ 250 2.1.5
-> DATA
<~ 354 
-> .
<~ 250 2.0.0 queued'

# an_hour_later: of all that was counted.
an_hour_later() {
    python3 - <<'END'
import struct
with open("pombo/run/submitted", "r+b") as f:
    data = bytearray(f.read())
    for at in range(0, len(data), 48):
        used, since = struct.unpack_from("<qq", data, at + 16)
        if used:
            struct.pack_into("<q", data, at + 24, since - 3600)
    f.seek(0)
    f.write(data)
END
}

@test "messages, over sessions, until the hour is over" {
    configure "submission_messages = 3"
    submit_as ann@example.org <<<"$ONE"$'\n'"$ONE"
    submit_as ann@example.org <<END
$ONE
-> MAIL FROM:<ann@example.org>
<~ 450 4.7.0 ann@example.org has reached the limit of 3 messages
-> RCPT TO:<bob@example.org>
<~ 503 5.5.1
END
    logged ' refused .*user=ann@example.org command=MAIL .*code=450 status=4.7.0'
    submit_as ann@example.org <<'END'
-> MAIL FROM:<team@example.org>
<~ 450 4.7.0
END
    # The other user's count is another.
    submit_as bob@example.org <<'END'
-> MAIL FROM:<bob@example.org>
<~ 250 2.1.0
END
    an_hour_later
    submit_as ann@example.org <<<"$ONE"
    [ "$(queued)" -eq 4 ]
}

@test "recipients" {
    configure "submission_recipients = 3"
    submit_as ann@example.org <<'END'
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> RCPT TO:<bob@example.org>
<~ 250 2.1.5
-> RCPT TO:<a@far.example>
<~ 250 2.1.5
-> DATA
<~ 354 
-> .
<~ 250 2.0.0 queued
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> RCPT TO:<bob@example.org>
<~ 250 2.1.5
-> RCPT TO:<a@far.example>
<~ 250 2.1.5
-> DATA
<~ 450 4.7.0 ann@example.org has a limit of 3 recipients
-> BDAT 4 LAST
>> x: y
<~ 450 4.7.0
-> RSET
<~ 250 2.0.0
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> RCPT TO:<bob@example.org>
<~ 250 2.1.5
-> DATA
<~ 354 
-> .
<~ 250 2.0.0 queued
-> MAIL FROM:<ann@example.org>
<~ 450 4.7.0
END
}

@test "more recipients than an hour allows at all are refused for good" {
    configure "submission_recipients = 1"
    submit_as ann@example.org <<'END'
-> MAIL FROM:<ann@example.org>
<~ 250 2.1.0
-> RCPT TO:<bob@example.org>
<~ 250 2.1.5
-> RCPT TO:<a@far.example>
<~ 250 2.1.5
-> DATA
<~ 550 5.7.0
END
}

@test "0 means no limit, and needs no file" {
    configure "submission_messages = 0" "submission_recipients = 0"
    submit_as ann@example.org <<<"$ONE"
    [ ! -e pombo/run/submitted ]
}

@test "what can't be counted is not taken for now" {
    mkdir pombo/run/submitted
    submit_as ann@example.org <<'END'
-> MAIL FROM:<ann@example.org>
<~ 451 4.3.0
END
    logged ' trouble with=.*/run/submitted error='
    # Nothing of that concerns the service for all the world.
    play_to data <<'END'
-> .
<~ 250 2.0.0
END
}

@test "sessions at the same time count together" {
    configure "submission_messages = 5"
    local i
    for i in $(seq 12); do
        (
            python3 "$POMBO_ROOT/tests/play.py" smtpd -s <<END >/dev/null 2>&1
<~ 220
-> EHLO x
<~ 250-
-> AUTH PLAIN $(b64 '\0ann\0secret')
<~ 235
$ONE
END
        ) &
    done
    for i in $(jobs -p | grep -vxF "${STARTED[0]}"); do wait "$i" || true; done
    [ "$(queued)" -eq 5 ]
}
