/* recipient_expand and what it is made of. */
#include "address.h"
#include "recipient.h"
#include "text.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

const char *recipient_next_target(const char **targets, size_t *len)
{
    const char *start = *targets + strspn(*targets, ", \t");
    const char *at = start;
    int is_quoted = 0;

    for (; *at && (is_quoted || !strchr(", \t", *at)); at++) {
        if (is_quoted && *at == '\\' && at[1]) {
            at++;
        } else if (*at == '"') {
            is_quoted = !is_quoted;
        }
    }
    *targets = at;
    *len = (size_t)(at - start);
    return *len > 0 ? start : NULL;
}

/* An expansion under way: every address met once, in the order of meeting. */
struct expansion {
    const struct tables *tables;
    void *seen; /* tsearch's tree of the strings in met */
    char **met;
    size_t count, room;
};

static int compare_addresses(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void free_nothing(void *node)
{
    (void)node;
}

/* Takes an address up unless it was met before. 0, or -1: too many, or the tables
 * can't be read. */
static int meet_address(struct expansion *expansion, const char *bytes, size_t len)
{
    char *address = memory_copy_bytes(bytes, len);
    const char *domain = address_domain(address);
    enum table_result local =
        domain ? recipient_domain_is_local(expansion->tables, domain) : TABLE_ABSENT;
    char **node;

    if (local == TABLE_FOUND) {
        text_lower(address, len);
    }
    node = local == TABLE_ERROR ? NULL
                                : tsearch(address, &expansion->seen, compare_addresses);
    if (!node) {
        free(address);
        return -1;
    }
    if (*node != address) {
        free(address);
        return 0;
    }
    if (expansion->count == expansion->room) {
        expansion->room = expansion->room ? 2 * expansion->room : 16;
        expansion->met =
            memory_resize(expansion->met, expansion->room * sizeof *expansion->met);
    }
    expansion->met[expansion->count++] = address;
    return expansion->count > RECIPIENT_EXPANSION_MAX ? -1 : 0;
}

/* Takes the targets of ADDRESS up. 1 where one is ADDRESS itself, 0, or -1. */
static int meet_targets(struct expansion *expansion, const char *address,
                        const char *targets)
{
    size_t address_len = strlen(address);
    int names_itself = 0;
    const char *target;
    size_t len;

    while ((target = recipient_next_target(&targets, &len))) {
        if (text_equal_nocase(target, len, address, address_len)) {
            names_itself = 1;
        } else if (meet_address(expansion, target, len) < 0) {
            return -1;
        }
    }
    return names_itself;
}

/* 1 where ADDRESS is a result, 0 where it is not, -1 on errors. */
static int expand_one(struct expansion *expansion, const char *address)
{
    struct recipient_route route;
    enum recipient_kind kind = recipient_resolve(expansion->tables, address, 0, &route);
    int names_itself;

    if (kind == RECIPIENT_ALIAS) {
        names_itself = meet_targets(expansion, address, route.targets);
        if (names_itself <= 0) {
            return names_itself;
        }
        kind = recipient_resolve(expansion->tables, address, 1, &route);
    }
    if (kind == RECIPIENT_ERROR) {
        return -1;
    }
    return kind == RECIPIENT_MAILBOX || kind == RECIPIENT_REMOTE;
}

int recipient_expand(const struct tables *tables, const char *address,
                     void (*each)(const char *address, void *data), void *data)
{
    struct expansion expansion = {.tables = tables};
    int results = 0;
    int is_result;
    size_t i;

    if (meet_address(&expansion, address, strlen(address)) < 0) {
        results = -1;
    }
    for (i = 0; results >= 0 && i < expansion.count; i++) {
        is_result = expand_one(&expansion, expansion.met[i]);
        if (is_result < 0) {
            results = -1;
        } else if (is_result) {
            each(expansion.met[i], data);
            results++;
        }
    }
    tdestroy(expansion.seen, free_nothing);
    for (i = 0; i < expansion.count; i++) {
        free(expansion.met[i]);
    }
    free(expansion.met);
    return results;
}
