#include "addressing.h"

#include "address.h"
#include "addresslist.h"
#include "person.h"
#include "settings.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_MAX 300 /* bytes of a wrong address that are repeated */

/* What the addresses of a list go into. */
struct filling {
    struct envelope *envelope;
    const struct options *options;
    const struct tables *tables;
    size_t limit;
    int has_bad_address, has_too_many;
};

int addressing_complete(const struct tables *tables, const char *text, size_t len,
                        stralloc *out)
{
    static const unsigned flags = ADDRESS_MAY_BE_UTF8 | ADDRESS_MAY_LACK_DOMAIN;
    stralloc whole = STRALLOC_ZERO;
    enum address_result result = address_parse(text, len, flags, out);

    if (result == ADDRESS_OK && !address_domain(text_string(out))) {
        text_add_bytes(&whole, out->s, out->len);
        text_add_byte(&whole, '@');
        text_add_string(&whole, setting_default_domain(tables));
        result = address_parse(whole.s, whole.len, ADDRESS_MAY_BE_UTF8, out);
    }
    text_free(&whole);
    return result == ADDRESS_OK ? 0 : -1;
}

static void complain_of_address(const char *text, size_t len)
{
    complain("not an address: %.*s", (int)(len > SHOWN_MAX ? SHOWN_MAX : len), text);
}

/* An address named twice gets one copy. */
static int is_known(const struct envelope *envelope, const char *address)
{
    size_t i;

    for (i = 0; i < envelope->recipient_count; i++) {
        if (strcmp(envelope->recipients[i].address, address) == 0) {
            return 1;
        }
    }
    return 0;
}

static void add_recipient(const char *text, size_t len, void *data)
{
    struct filling *filling = data;
    struct envelope *envelope = filling->envelope;
    stralloc address = STRALLOC_ZERO;

    if (addressing_complete(filling->tables, text, len, &address) < 0) {
        complain_of_address(text, len);
        filling->has_bad_address = 1;
    } else if (!is_known(envelope, text_string(&address))) {
        if (envelope->recipient_count >= filling->limit) {
            filling->has_too_many = 1;
        } else {
            envelope_add_recipient(envelope, address.s, filling->options->notify, NULL,
                                   0);
        }
    }
    text_free(&address);
}

static enum sysexit set_recipients(struct filling *filling, const struct draft *draft)
{
    const struct options *options = filling->options;
    const stralloc *named = draft->has_resent ? &draft->resent : &draft->to;
    size_t i;

    if (options->reads_headers) {
        addresslist_each(named->s, named->len, add_recipient, filling);
    }
    for (i = 0; i < options->recipient_count; i++) {
        addresslist_each(options->recipients[i], strlen(options->recipients[i]),
                         add_recipient, filling);
    }
    if (filling->has_bad_address) {
        return SYSEXIT_DATA;
    }
    if (filling->has_too_many) {
        complain("more recipients than the limit of %zu", filling->limit);
        return SYSEXIT_UNAVAILABLE;
    }
    if (filling->envelope->recipient_count == 0) {
        complain("no recipients%s",
                 options->reads_headers ? " in the header" : ": name them, or use -t");
        return SYSEXIT_USAGE;
    }
    return SYSEXIT_OK;
}

/* The one address of -f, which may be written as in a header. */
static void take_sender(const char *text, size_t len, void *data)
{
    struct filling *filling = data;

    if (filling->envelope->sender.len > 0 ||
        addressing_complete(filling->tables, text, len, &filling->envelope->sender) <
            0) {
        filling->has_bad_address = 1;
    }
}

static enum sysexit set_sender(struct filling *filling)
{
    const char *given = filling->options->sender;
    stralloc *sender = &filling->envelope->sender;
    const char *name = person_name();
    char number[32];

    text_clear(sender);
    if (given) {
        addresslist_each(given, strlen(given), take_sender, filling);
        if (filling->has_bad_address) {
            complain_of_address(given, strlen(given));
            return SYSEXIT_DATA;
        }
    } else if (addressing_complete(filling->tables, name, strlen(name), sender) < 0) {
        snprintf(number, sizeof number, "uid%ld", (long)getuid());
        if (addressing_complete(filling->tables, number, strlen(number), sender) < 0) {
            complain("the setting default_domain is no domain");
            return SYSEXIT_DATA;
        }
    }
    return SYSEXIT_OK;
}

/* The body is not known yet: it counts as 8-bit unless -B7BIT says otherwise; qremote
 * looks at what it truly holds. Addresses alone ask for SMTPUTF8: raw 8-bit headers of
 * old scripts go the way that they always went. */
static void set_flags(struct envelope *envelope, const struct options *options)
{
    int is_utf8 = address_is_utf8(text_string(&envelope->sender));
    size_t i;

    for (i = 0; i < envelope->recipient_count; i++) {
        is_utf8 |= address_is_utf8(envelope->recipients[i].address);
    }
    envelope->flags = options->ret;
    envelope->flags |= options->is_7bit ? 0u : (unsigned)ENVELOPE_8BITMIME;
    envelope->flags |= is_utf8 ? (unsigned)ENVELOPE_SMTPUTF8 : 0u;
    envelope->flags |= options->requires_tls ? (unsigned)ENVELOPE_REQUIRETLS : 0u;
    if (options->envid) {
        xtext_encode(&envelope->envid, options->envid, strlen(options->envid));
    }
    text_add_format(&envelope->brought_by, "uid %ld", (long)getuid());
    envelope->arrival = time(NULL);
}

enum sysexit addressing_fill(struct envelope *envelope, const struct options *options,
                             const struct tables *tables, const struct draft *draft)
{
    struct filling filling = {.envelope = envelope,
                              .options = options,
                              .tables = tables,
                              .limit =
                                  (size_t)setting_number(tables, SET_recipients_limit)};
    enum sysexit result = set_sender(&filling);

    if (result == SYSEXIT_OK) {
        result = set_recipients(&filling, draft);
    }
    set_flags(envelope, options);
    return result;
}
