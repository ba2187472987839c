#include "../../qinject/qmqp.h"
#include "check.h"
#include "text.h"

#include <string.h>

#define ROW(bytes) bytes, sizeof(bytes) - 1

static const struct {
    const char *bytes;
    size_t len;
    int result;
    const char *sender, *envid;
    unsigned flags;
} senders[] = {
    {ROW(""), 0, "", "", 0},
    {ROW("ann@example.org"), 0, "ann@example.org", "", 0},
    {ROW("ann@EXAMPLE.org\0"), 0, "ann@example.org", "", 0},
    {ROW("\0RET=FULL"), 0, "", "", ENVELOPE_RET_FULL},
    {ROW("a@b.example\0body=8bitmime  smtputf8 RET=hdrs ENVID=x+2By"), 0, "a@b.example",
     "x+2By", ENVELOPE_8BITMIME | ENVELOPE_SMTPUTF8 | ENVELOPE_RET_HDRS},
    {ROW("a@b.example\0requiretls"), 0, "a@b.example", "", ENVELOPE_REQUIRETLS},
    {ROW("a@b.example\0REQUIRETLS=1"), -1, "", "", 0},
    {ROW("<ann@example.org>"), -1, "", "", 0},
    {ROW("ann"), -1, "", "", 0},
    {ROW("a@b.example\nR . - - - c@d.example"), -1, "", "", 0},
    {ROW("a@b.example\0ENVID="), -1, "", "", 0},
    {ROW("a@b.example\0ENVID=a\nb"), -1, "", "", 0},
    {ROW("a@b.example\0ENVID=a+0"), -1, "", "", 0},
    {ROW("a@b.example\0RET=ALL"), -1, "", "", 0},
    {ROW("a@b.example\0SIZE=1"), -1, "", "", 0},
    {ROW("a@b.example\0\0RET=HDRS"), -1, "", "", 0},
};

static void test_senders(void)
{
    struct envelope envelope = {0};
    size_t i;

    for (i = 0; i < sizeof senders / sizeof *senders; i++) {
        int result;
        envelope_clear(&envelope);
        result = qmqp_take_sender(&envelope, senders[i].bytes, senders[i].len);
        CHECK_NUMBER(result, senders[i].result);
        if (result == 0) {
            CHECK_STRING(text_string(&envelope.sender), senders[i].sender);
            CHECK_STRING(text_string(&envelope.envid), senders[i].envid);
            CHECK_NUMBER(envelope.flags, senders[i].flags);
        }
    }
    envelope_free(&envelope);
}

static const struct {
    const char *bytes;
    size_t len;
    int result;
    const char *address, *orcpt;
    unsigned notify;
} recipients[] = {
    {ROW("ann@example.org"), 0, "ann@example.org", "", 0},
    {ROW("postmaster"), 0, "postmaster", "", 0},
    {ROW("a@b.example\0NOTIFY=NEVER"), 0, "a@b.example", "", NOTIFY_NEVER},
    {ROW("a@b.example\0notify=delay,Success"), 0, "a@b.example", "",
     NOTIFY_DELAY | NOTIFY_SUCCESS},
    {ROW("a@b.example\0NOTIFY=FAILURE ORCPT=rfc822;x+2By@z"), 0, "a@b.example",
     "rfc822;x+2By@z", NOTIFY_FAILURE},
    {ROW(""), -1, "", "", 0},
    {ROW("ann"), -1, "", "", 0},
    {ROW("a@b.example\0NOTIFY="), -1, "", "", 0},
    {ROW("a@b.example\0NOTIFY=,DELAY"), -1, "", "", 0},
    {ROW("a@b.example\0NOTIFY=NEVER,DELAY"), -1, "", "", 0},
    {ROW("a@b.example\0NOTIFY=ALWAYS"), -1, "", "", 0},
    {ROW("a@b.example\0ORCPT=x"), -1, "", "", 0},
    {ROW("a@b.example\0ORCPT=;x"), -1, "", "", 0},
    {ROW("a@b.example\0ORCPT=rfc822;"), -1, "", "", 0},
    {ROW("a@b.example\0ORCPT=rfc822;a\x01"), -1, "", "", 0},
    {ROW("a@b.example\0ORCPT=rfc+38;a"), -1, "", "", 0},
    {ROW("a@b.example\0x"), -1, "", "", 0},
};

static void test_recipients(void)
{
    struct envelope envelope = {0};
    size_t i;

    for (i = 0; i < sizeof recipients / sizeof *recipients; i++) {
        int result;
        envelope_clear(&envelope);
        result = qmqp_take_recipient(&envelope, recipients[i].bytes, recipients[i].len);
        CHECK_NUMBER(result, recipients[i].result);
        CHECK_NUMBER(envelope.recipient_count, result == 0 ? 1 : 0);
        if (result == 0) {
            CHECK_STRING(envelope.recipients[0].address, recipients[i].address);
            CHECK_STRING(envelope.recipients[0].orcpt, recipients[i].orcpt);
            CHECK_NUMBER(envelope.recipients[0].notify, recipients[i].notify);
        }
    }
    envelope_free(&envelope);
}

static void test_long_values(void)
{
    struct envelope envelope = {0};
    stralloc bytes = STRALLOC_ZERO;
    int i;

    text_add_bytes(&bytes, "a@b.example\0ORCPT=rfc822;", 25);
    for (i = 7; i < ENVELOPE_ORCPT_MAX; i++) {
        text_add_byte(&bytes, 'x');
    }
    CHECK_NUMBER(qmqp_take_recipient(&envelope, bytes.s, 12 + 6 + 500), 0);
    CHECK_NUMBER(qmqp_take_recipient(&envelope, bytes.s, bytes.len), 0);
    CHECK_NUMBER(strlen(envelope.recipients[0].orcpt), 500);
    CHECK_NUMBER(strlen(envelope.recipients[1].orcpt), ENVELOPE_ORCPT_MAX);
    text_add_byte(&bytes, 'x');
    CHECK_NUMBER(qmqp_take_recipient(&envelope, bytes.s, bytes.len), -1);
    memcpy(bytes.s + 12, "ENVID=", 6);
    CHECK_NUMBER(qmqp_take_sender(&envelope, bytes.s, bytes.len), -1);
    CHECK_NUMBER(qmqp_take_sender(&envelope, bytes.s, 12 + 6 + 100), 0);
    CHECK_NUMBER(envelope.envid.len, 100);
    text_free(&bytes);
    envelope_free(&envelope);
}

/* What one side writes, the other reads. */
static void test_round_trip(void)
{
    struct envelope out = {0}, in = {0};
    stralloc bytes = STRALLOC_ZERO;
    unsigned notify;

    text_set_string(&out.sender, "\"a b\"@example.org");
    text_set_string(&out.envid, "id+3D");
    out.flags =
        ENVELOPE_8BITMIME | ENVELOPE_SMTPUTF8 | ENVELOPE_RET_HDRS | ENVELOPE_REQUIRETLS;
    qmqp_add_sender(&bytes, &out);
    CHECK_NUMBER(qmqp_take_sender(&in, bytes.s, bytes.len), 0);
    CHECK_STRING(text_string(&in.sender), "\"a b\"@example.org");
    CHECK_STRING(text_string(&in.envid), "id+3D");
    CHECK_NUMBER(in.flags, out.flags);
    for (notify = 0; notify < 16; notify++) {
        if ((notify & NOTIFY_NEVER) && notify != NOTIFY_NEVER) {
            continue;
        }
        envelope_clear(&out);
        envelope_clear(&in);
        text_clear(&bytes);
        envelope_add_recipient(&out, "x@y.example", notify, notify ? "rfc822;x" : NULL,
                               0);
        qmqp_add_recipient(&bytes, &out.recipients[0]);
        CHECK_NUMBER(qmqp_take_recipient(&in, bytes.s, bytes.len), 0);
        CHECK_NUMBER(in.recipients[0].notify, notify);
        CHECK_STRING(in.recipients[0].orcpt, notify ? "rfc822;x" : "");
    }
    text_free(&bytes);
    envelope_free(&out);
    envelope_free(&in);
}

int main(void)
{
    test_senders();
    test_recipients();
    test_long_values();
    test_round_trip();
    return check_report();
}
