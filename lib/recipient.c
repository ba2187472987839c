#include "recipient.h"

#include "address.h"
#include "settings.h"
#include "text.h"

#include <limits.h>
#include <string.h>

#define MAILBOX_SIZE 512
#define ADDRESS_SIZE 600
#define POSTMASTER "postmaster"

static int is_postmaster(const char *local, size_t len)
{
    return text_equal_nocase(local, len, POSTMASTER, strlen(POSTMASTER));
}

enum table_result recipient_domain_is_local(const struct tables *tables,
                                            const char *domain)
{
    const char *value;
    enum table_result result = tables_get(tables, TABLE_DOMAINS, domain, &value);

    if (result == TABLE_FOUND && strcmp(value, "local") != 0) {
        return TABLE_ERROR;
    }
    return result;
}

/* Reads "MAILBOX BYTES COUNT". */
static enum recipient_kind read_user(const char *value, struct recipient_route *out)
{
    static char mailbox[MAILBOX_SIZE];
    size_t len = strcspn(value, " ");
    const char *bytes = value + len + 1;
    size_t bytes_len;

    if (len == 0 || len >= sizeof mailbox || value[len] == 0) {
        return RECIPIENT_ERROR;
    }
    bytes_len = strcspn(bytes, " ");
    if (bytes[bytes_len] == 0 ||
        text_parse_number(bytes, bytes_len, LLONG_MAX, &out->quota_bytes) < 0 ||
        text_parse_number(bytes + bytes_len + 1, strlen(bytes + bytes_len + 1),
                          LLONG_MAX, &out->quota_count) < 0) {
        return RECIPIENT_ERROR;
    }
    memcpy(mailbox, value, len);
    mailbox[len] = 0;
    out->mailbox = mailbox;
    return RECIPIENT_MAILBOX;
}

/* The alias ADDRESS, then the user; UNKNOWN where there is neither. */
static enum recipient_kind find_address(const struct tables *tables,
                                        const char *address, int is_expanded,
                                        struct recipient_route *out)
{
    enum table_result result = TABLE_ABSENT;
    const char *value;

    if (!is_expanded) {
        result = tables_get(tables, TABLE_ALIASES, address, &value);
    }
    if (result == TABLE_FOUND) {
        out->targets = value;
        return RECIPIENT_ALIAS;
    }
    if (result == TABLE_ABSENT) {
        result = tables_get(tables, TABLE_USERS, address, &value);
    }
    if (result == TABLE_FOUND) {
        return read_user(value, out);
    }
    return result == TABLE_ABSENT ? RECIPIENT_UNKNOWN : RECIPIENT_ERROR;
}

/* Sets OUT to the first LEN bytes of ADDRESS's local part, requoted where they were
 * quoted, and the domain. 0, or -1 where that is no address. */
static int cut_extension(const char *address, size_t len, const char *domain,
                         stralloc *out)
{
    stralloc cut = STRALLOC_ZERO;
    enum address_result result;

    text_add_bytes(&cut, address, len);
    if (address[0] == '"') {
        text_add_byte(&cut, '"');
    }
    text_add_byte(&cut, '@');
    text_add_string(&cut, domain);
    result = address_parse(cut.s, cut.len, ADDRESS_MAY_BE_UTF8, out);
    text_free(&cut);
    return result == ADDRESS_OK ? 0 : -1;
}

/* The same as find_address for the local part without its extension, the shortest
 * extension first where the separator stands in it more than once. */
static enum recipient_kind find_extended(const struct tables *tables,
                                         const char *address, int is_expanded,
                                         struct recipient_route *out)
{
    const char *domain = address_domain(address);
    char separator = setting_text(tables, SET_extension_separator)[0];
    enum recipient_kind kind = RECIPIENT_UNKNOWN;
    stralloc cut = STRALLOC_ZERO;
    size_t at = (size_t)(domain - 1 - address);
    size_t first = address[0] == '"' ? 2 : 1;

    out->is_own_address = 0;
    while (separator && kind == RECIPIENT_UNKNOWN && at-- > first) {
        if (address[at] == separator && cut_extension(address, at, domain, &cut) == 0) {
            kind = find_address(tables, text_string(&cut), is_expanded, out);
        }
    }
    text_free(&cut);
    return kind;
}

/* The alias @DOMAIN. */
static enum recipient_kind find_catch_all(const struct tables *tables,
                                          const char *domain,
                                          struct recipient_route *out)
{
    char key[ADDRESS_SIZE];
    size_t len = strlen(domain);
    const char *value;

    if (len + 2 > sizeof key) {
        return RECIPIENT_UNKNOWN;
    }
    key[0] = '@';
    memcpy(key + 1, domain, len + 1);
    switch (tables_get(tables, TABLE_ALIASES, key, &value)) {
    case TABLE_FOUND:
        out->targets = value;
        return RECIPIENT_ALIAS;
    case TABLE_ABSENT:
        return RECIPIENT_UNKNOWN;
    default:
        return RECIPIENT_ERROR;
    }
}

/* postmaster@default_domain, in a static buffer. */
static const char *default_postmaster(const struct tables *tables)
{
    static char address[ADDRESS_SIZE];
    const char *domain = setting_default_domain(tables);
    size_t len = strlen(domain);

    memcpy(address, POSTMASTER "@", sizeof POSTMASTER);
    memcpy(address + sizeof POSTMASTER, domain, len + 1);
    return address;
}

/* A postmaster without a row goes where the setting says, and without a setting to
 * postmaster@default_domain if that exists. */
static enum recipient_kind find_postmaster(const struct tables *tables,
                                           const char *address,
                                           struct recipient_route *out)
{
    const char *target = setting_text(tables, SET_postmaster);
    struct recipient_route found = {0};
    enum recipient_kind kind;

    if (!*target) {
        target = default_postmaster(tables);
        kind = find_address(tables, target, 0, &found);
        if (kind != RECIPIENT_ALIAS && kind != RECIPIENT_MAILBOX) {
            return kind;
        }
    }
    if (text_equal_nocase(target, strlen(target), address, strlen(address))) {
        return RECIPIENT_UNKNOWN;
    }
    out->targets = target;
    return RECIPIENT_ALIAS;
}

static enum recipient_kind find_local(const struct tables *tables, const char *address,
                                      int is_expanded, struct recipient_route *out)
{
    const char *domain = address_domain(address);
    enum recipient_kind kind;

    out->is_own_address = 1;
    kind = find_address(tables, address, is_expanded, out);
    if (kind == RECIPIENT_UNKNOWN) {
        kind = find_extended(tables, address, is_expanded, out);
    }
    if (kind == RECIPIENT_UNKNOWN && !is_expanded) {
        kind = find_catch_all(tables, domain, out);
        if (kind == RECIPIENT_UNKNOWN &&
            is_postmaster(address, (size_t)(domain - 1 - address))) {
            kind = find_postmaster(tables, address, out);
        }
    }
    return kind;
}

enum recipient_kind recipient_resolve(const struct tables *tables, const char *address,
                                      int is_expanded, struct recipient_route *out)
{
    static char own[ADDRESS_SIZE];
    int is_bare = is_postmaster(address, strlen(address));
    const char *domain;

    memset(out, 0, sizeof *out);
    if (is_bare) {
        /* A copy: default_postmaster's buffer may become a target. */
        address = default_postmaster(tables);
        memcpy(own, address, strlen(address) + 1);
        address = own;
    }
    domain = address_domain(address);
    if (!domain) {
        return out->kind = RECIPIENT_UNKNOWN;
    }
    switch (recipient_domain_is_local(tables, domain)) {
    case TABLE_FOUND:
        return out->kind = find_local(tables, address, is_expanded, out);
    case TABLE_ABSENT:
        if (!is_bare) {
            return out->kind = RECIPIENT_REMOTE;
        }
        return out->kind = is_expanded ? RECIPIENT_UNKNOWN
                                       : find_postmaster(tables, address, out);
    default:
        return out->kind = RECIPIENT_ERROR;
    }
}

enum table_result recipient_find_row(const struct tables *tables, enum table table,
                                     const char *domain, const char **value)
{
    enum table_result result = tables_get(tables, table, domain, value);
    const char *parent = domain[0] == '[' ? NULL : strchr(domain, '.');

    while (result == TABLE_ABSENT && parent) {
        result = tables_get(tables, table, parent, value);
        parent = strchr(parent + 1, '.');
    }
    return result == TABLE_ABSENT ? tables_get(tables, table, "*", value) : result;
}

enum table_result recipient_find_route(const struct tables *tables, const char *domain,
                                       const char **value)
{
    return recipient_find_row(tables, TABLE_ROUTES, domain, value);
}
