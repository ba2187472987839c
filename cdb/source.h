/* All text files of etc, read and checked row by row. What only shows when the tables
 * are put together is the business of crosscheck.h. */
#ifndef CDB_SOURCE_H
#define CDB_SOURCE_H

#include "fault.h"
#include "record.h"
#include "tables.h"
#include "textfile.h"

#include <skalibs/stralloc.h>

/* Follows the tables of tables.h. */
#define SOURCE_PASSWORDS TABLE_COUNT
#define SOURCE_COUNT (TABLE_COUNT + 1)

struct source {
    struct faults faults;
    unsigned errors; /* files that could not be read, told on fd 2 */
    char *paths[SOURCE_COUNT];
    struct record_list tables[SOURCE_COUNT];
    struct record_list relay_secrets; /* what stands behind the keys of that table */
};

/* Reads every file; all faults are reported. */
void source_read(struct source *source);
void source_free(struct source *source);

/* Adds a record to TABLE; a second row with the same key is a fault. */
void source_add(struct source *source, int table, const struct text_row *row,
                const char *key, const char *value);

/* One row of each file. */
void conf_parse(struct text_row *row, void *source);
void domains_parse(struct text_row *row, void *source);
void users_parse(struct text_row *row, void *source);
void aliases_parse(struct text_row *row, void *source);
void access_parse(struct text_row *row, void *source);
void routes_parse(struct text_row *row, void *source);
void tls_policy_parse_row(struct text_row *row, void *source);
void senders_parse(struct text_row *row, void *source);
void relay_passwords_parse(struct text_row *row, void *source);
void passwords_parse(struct text_row *row, void *source);
/* Adds the records that list the prefix lengths and tell whether there are host rows.
 */
void access_finish(struct source *source);

/* A domain name or address literal in canonical form; 0, or -1 where it is none. */
int source_domain(const char *text, stralloc *out);
/* A destination's key in routes and tls_policy, in canonical form: DOMAIN, .DOMAIN,
 * [ADDRESS] or *; 0, or -1 where it is none. */
int source_destination(const char *text, stralloc *out);
/* A host as routes names it, HOST[:PORT] or [ADDRESS][:PORT]: its canonical form, with
 * *PORT 0 where there is none. NULL, or what is wrong with it. */
const char *source_host(const char *text, stralloc *out, unsigned *port);
/* An address in canonical form; 0, or -1 where it is none. */
int source_address(const char *text, stralloc *out);

#endif
