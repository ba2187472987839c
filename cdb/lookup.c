#include "lookup.h"

#include "address.h"
#include "recipient.h"
#include "settings.h"
#include "source.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int open_tables(struct tables *tables)
{
    if (tables_open(tables) < 0) {
        dprintf(2, "qtable: tables.cdb: %s\n", strerror(errno));
        return -1;
    }
    return 0;
}

static int report_damage(void)
{
    dprintf(2, "qtable: tables.cdb is damaged\n");
    return EXITCODE_TEMPORARY;
}

static int find_table(const char *name)
{
    int i;

    for (i = 0; i < TABLE_COUNT; i++) {
        if (strcmp(table_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

static int print_setting(const struct tables *tables, const char *key)
{
    enum setting setting = setting_find(key);
    const char *value;

    if (setting == SETTING_COUNT) {
        return LOOKUP_ABSENT;
    }
    if (tables_get(tables, TABLE_CONF, key, &value) == TABLE_ERROR) {
        return report_damage();
    }
    if (setting == SET_host_name) {
        puts(setting_host_name(tables));
    } else if (setting == SET_default_domain) {
        puts(setting_default_domain(tables));
    } else if (setting_rows[setting].type == SETTING_BOOLEAN) {
        puts(setting_number(tables, setting) ? "yes" : "no");
    } else if (setting_rows[setting].type == SETTING_TEXT ||
               setting_rows[setting].type == SETTING_CHOICE) {
        puts(setting_text(tables, setting));
    } else {
        printf("%lld\n", setting_number(tables, setting));
    }
    return EXITCODE_DONE;
}

static int print_record(const struct tables *tables, enum table table, const char *key)
{
    stralloc canonical = STRALLOC_ZERO;
    const char *value = "";
    enum table_result result;

    if ((table == TABLE_USERS || table == TABLE_ALIASES || table == TABLE_SENDERS) &&
        source_address(key, &canonical) == 0) {
        key = canonical.s;
    }
    result = tables_get(tables, table, key, &value);
    if (result == TABLE_FOUND) {
        puts(value);
    }
    text_free(&canonical);
    if (result == TABLE_ERROR) {
        return report_damage();
    }
    return result == TABLE_FOUND ? EXITCODE_DONE : LOOKUP_ABSENT;
}

int lookup_key(const char *name, const char *key)
{
    int table = find_table(name);
    struct tables tables;
    int result;

    if (table < 0) {
        dprintf(2, "qtable: no table named %s\n", name);
        return EXITCODE_PERMANENT;
    }
    if (open_tables(&tables) < 0) {
        return EXITCODE_TEMPORARY;
    }
    result = table == TABLE_CONF ? print_setting(&tables, key)
                                 : print_record(&tables, (enum table)table, key);
    tables_close(&tables);
    return result;
}

static int print_remote(const struct tables *tables, const char *address)
{
    const char *value;

    switch (recipient_find_route(tables, address_domain(address), &value)) {
    case TABLE_FOUND:
        printf("remote %s\n", value);
        return EXITCODE_DONE;
    case TABLE_ABSENT:
        puts("remote mx");
        return EXITCODE_DONE;
    default:
        return report_damage();
    }
}

static int print_route(const struct tables *tables, const char *address)
{
    struct recipient_route route;

    switch (recipient_resolve(tables, address, 0, &route)) {
    case RECIPIENT_MAILBOX:
        printf("mailbox %s %llu %llu\n", route.mailbox, route.quota_bytes,
               route.quota_count);
        return EXITCODE_DONE;
    case RECIPIENT_ALIAS:
        printf("alias %s\n", route.targets);
        return EXITCODE_DONE;
    case RECIPIENT_REMOTE:
        return print_remote(tables, address);
    case RECIPIENT_UNKNOWN:
        puts("unknown");
        return LOOKUP_ABSENT;
    default:
        return report_damage();
    }
}

int lookup_route(const char *address)
{
    stralloc canonical = STRALLOC_ZERO;
    struct tables tables;
    int result;

    if (strcasecmp(address, "postmaster") == 0) {
        text_set_string(&canonical, "postmaster");
        text_string(&canonical);
    } else if (source_address(address, &canonical) < 0) {
        dprintf(2, "qtable: %s is not an address\n", address);
        text_free(&canonical);
        return EXITCODE_PERMANENT;
    }
    if (open_tables(&tables) < 0) {
        text_free(&canonical);
        return EXITCODE_TEMPORARY;
    }
    result = print_route(&tables, canonical.s);
    tables_close(&tables);
    text_free(&canonical);
    return result;
}
