#include "command.h"

#include "address.h"
#include "text.h"

#include <string.h>

/* RFC 3461 sections 4.2 and 4.4. */
#define ORCPT_MAX 500
#define ENVID_MAX 100

static int needs_smtputf8(struct job *job)
{
    struct envelope *envelope = &job->file.envelope;
    size_t i;

    if ((envelope->flags & ENVELOPE_SMTPUTF8) ||
        address_is_utf8(text_string(&envelope->sender))) {
        return 1;
    }
    for (i = 0; i < job->count; i++) {
        if (address_is_utf8(envelope->recipients[job->recipients[i].index].address)) {
            return 1;
        }
    }
    return 0;
}

void command_add_mail(stralloc *out, const struct capabilities *capabilities,
                      struct job *job)
{
    struct envelope *envelope = &job->file.envelope;
    unsigned flags = envelope->flags;

    text_add_format(out, "MAIL FROM:<%s>", text_string(&envelope->sender));
    if (capabilities->has_size) {
        text_add_format(out, " SIZE=%llu", job->content.wire_length);
    }
    if (capabilities->has_8bitmime &&
        ((flags & ENVELOPE_8BITMIME) || job->content.has_8bit)) {
        text_add_string(out, " BODY=8BITMIME");
    }
    if (capabilities->has_smtputf8 && needs_smtputf8(job)) {
        text_add_string(out, " SMTPUTF8");
    }
    if (capabilities->has_requiretls && (flags & ENVELOPE_REQUIRETLS)) {
        text_add_string(out, " REQUIRETLS");
    }
    if (capabilities->has_dsn && (flags & (ENVELOPE_RET_HDRS | ENVELOPE_RET_FULL))) {
        text_add_string(out, flags & ENVELOPE_RET_HDRS ? " RET=HDRS" : " RET=FULL");
    }
    if (capabilities->has_dsn && envelope->envid.len > 0 &&
        envelope->envid.len <= ENVID_MAX) {
        text_add_format(out, " ENVID=%s", text_string(&envelope->envid));
    }
    text_add_string(out, "\r\n");
}

static void add_notify(stralloc *out, unsigned notify)
{
    static const char *const words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
    const char *before = " NOTIFY=";
    size_t i;

    for (i = 0; i < sizeof words / sizeof *words; i++) {
        if (notify & (1u << i)) {
            text_add_string(out, before);
            text_add_string(out, words[i]);
            before = ",";
        }
    }
}

/* "rfc822;" and xtext, or the UTF-8 form of RFC 6533: no blanks, as no command may be
 * split by them. */
static int is_orcpt(const char *orcpt)
{
    size_t len = strlen(orcpt);
    size_t i;

    for (i = 0; i < len; i++) {
        if (orcpt[i] <= ' ' || orcpt[i] > '~') {
            return 0;
        }
    }
    return len > 0 && len <= ORCPT_MAX;
}

void command_add_rcpt(stralloc *out, const struct capabilities *capabilities,
                      const struct envelope_recipient *recipient)
{
    text_add_format(out, "RCPT TO:<%s>", recipient->address);
    if (capabilities->has_dsn) {
        add_notify(out, recipient->notify);
        if (is_orcpt(recipient->orcpt)) {
            text_add_format(out, " ORCPT=%s", recipient->orcpt);
        }
    }
    text_add_string(out, "\r\n");
}
