#include "account.h"

#include "address.h"
#include "mailbox.h"
#include "settings.h"
#include "text.h"

#include <string.h>

static int make_address(const struct tables *tables, const char *user, stralloc *out)
{
    if (address_parse(user, strlen(user), ADDRESS_MAY_BE_UTF8 | ADDRESS_MAY_LACK_DOMAIN,
                      out) != ADDRESS_OK) {
        return -1;
    }
    if (!address_domain(text_string(out))) {
        text_add_byte(out, '@');
        text_add_string(out, setting_default_domain(tables));
    }
    text_lower(out->s, out->len);
    text_string(out);
    return 0;
}

/* VALUE is "MAILBOX BYTES COUNT"; a folder's name may hold blanks. */
static int copy_mailbox(const char *value, stralloc *out)
{
    size_t len = strlen(value);
    int blanks = 0;

    while (len > 0 && blanks < 2) {
        len--;
        blanks += value[len] == ' ';
    }
    text_clear(out);
    text_add_bytes(out, value, len);
    return blanks == 2 && mailbox_name_is_valid(text_string(out)) ? 0 : -1;
}

enum account_result account_find(const struct tables *tables, const char *user,
                                 struct account *out)
{
    const char *value;

    if (make_address(tables, user, &out->address) < 0) {
        return ACCOUNT_UNKNOWN;
    }
    switch (tables_get(tables, TABLE_USERS, text_string(&out->address), &value)) {
    case TABLE_FOUND:
        return copy_mailbox(value, &out->mailbox) == 0 ? ACCOUNT_FOUND
                                                       : ACCOUNT_TEMPORARY;
    case TABLE_ABSENT:
        return ACCOUNT_UNKNOWN;
    default:
        return ACCOUNT_TEMPORARY;
    }
}
