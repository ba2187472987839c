#include "sender.h"

#include "address.h"
#include "recipient.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Whose mailbox is looked for among the results of an alias. */
struct search {
    const struct tables *tables;
    const char *mailbox;
    int result; /* as of sender_may_use */
};

static void look_at_address(struct search *search, const char *address)
{
    struct recipient_route route;
    enum recipient_kind kind = recipient_resolve(search->tables, address, 1, &route);

    if (kind == RECIPIENT_ERROR) {
        search->result = -1;
    } else if (kind == RECIPIENT_MAILBOX && search->result == 0) {
        search->result = strcmp(route.mailbox, search->mailbox) == 0;
    }
}

static void look_at_result(const char *address, void *data)
{
    look_at_address(data, address);
}

static int leads_to(struct search *search, const char *address)
{
    struct recipient_route route;

    switch (recipient_resolve(search->tables, address, 0, &route)) {
    case RECIPIENT_MAILBOX:
        return strcmp(route.mailbox, search->mailbox) == 0;
    case RECIPIENT_ALIAS:
        /* Too many targets for an expansion are no proof. */
        recipient_expand(search->tables, address, look_at_result, search);
        return search->result;
    case RECIPIENT_ERROR:
        return -1;
    default:
        return 0;
    }
}

/* The same for the user's own mailbox, whose name is in a buffer that each look-up
 * uses. */
static int leads_to_user(const struct tables *tables, const char *user,
                         const char *address)
{
    struct recipient_route route;
    enum recipient_kind kind = recipient_resolve(tables, user, 1, &route);
    struct search search = {.tables = tables};
    char *mailbox;
    int result;

    if (kind != RECIPIENT_MAILBOX) {
        return kind == RECIPIENT_ERROR ? -1 : 0;
    }
    mailbox = memory_copy_string(route.mailbox);
    search.mailbox = mailbox;
    result = leads_to(&search, address);
    free(mailbox);
    return result;
}

static int is_permitted(const char *permission, size_t len, const char *address)
{
    const char *domain = address_domain(address);

    if (len == 1 && *permission == '*') {
        return 1;
    }
    if (*permission == '@') {
        return domain &&
               text_equal_nocase(permission + 1, len - 1, domain, strlen(domain));
    }
    return text_equal_nocase(permission, len, address, strlen(address));
}

static int is_in_table(const struct tables *tables, const char *user,
                       const char *address)
{
    const char *permissions;
    const char *permission;
    size_t len;

    switch (tables_get(tables, TABLE_SENDERS, user, &permissions)) {
    case TABLE_FOUND:
        break;
    case TABLE_ABSENT:
        return 0;
    default:
        return -1;
    }
    while ((permission = recipient_next_target(&permissions, &len))) {
        if (is_permitted(permission, len, address)) {
            return 1;
        }
    }
    return 0;
}

int sender_may_use(const struct tables *tables, const char *user, const char *address)
{
    int result = leads_to_user(tables, user, address);

    return result == 0 ? is_in_table(tables, user, address) : result;
}
