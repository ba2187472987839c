/* Reading etc/tables.cdb, the compiled form of pombo.conf and of the tables.
 * A record's key is the table's name, ':' and the key; its value ends in NUL.
 * Keys are written and looked up with A-Z folded. */
#ifndef LIB_TABLES_H
#define LIB_TABLES_H

#include <skalibs/cdb.h>

#include <stddef.h>
#include <sys/types.h>

enum table {
    TABLE_CONF,
    TABLE_DOMAINS,
    TABLE_USERS,
    TABLE_ALIASES,
    TABLE_ACCESS,
    TABLE_ROUTES,
    TABLE_TLS_POLICY,
    TABLE_SENDERS,
    TABLE_RELAY_PASSWORDS, /* its keys alone (relay_password.h) */
    TABLE_COUNT
};
/* "conf", "domains", "users", "aliases", "access", "routes", "tls_policy", "senders",
 * "relay_passwords". */
extern const char *const table_names[TABLE_COUNT];

enum table_result { TABLE_FOUND, TABLE_ABSENT, TABLE_ERROR };

struct tables {
    cdb map;
    dev_t device;
    ino_t inode;
    int is_open;
};

/* Maps etc/tables.cdb. 0, or -1 with errno. */
int tables_open(struct tables *tables);
void tables_close(struct tables *tables);
/* For long-running programs: opens anew where the file was replaced; on an error
 * the old one stays in force. 1 replaced, 0 not, -1 with errno. */
int tables_refresh(struct tables *tables);
/* 1 while the file is the one that is mapped. */
int tables_is_current(const struct tables *tables);
/* Looks KEY up in a cdb. 1: *VALUE lies within the map (skalibs checks keys against its
 * end, but not values); 0 not there; -1 the file is damaged. */
int tables_find_value(const cdb *map, const char *key, size_t len, cdb_data *value);
/* *VALUE points into the map, NUL-terminated. TABLE_ERROR: a damaged table, to be
 * met as a temporary failure. */
enum table_result tables_get(const struct tables *tables, enum table table,
                             const char *key, const char **value);

#endif
