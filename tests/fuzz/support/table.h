/* A cdb made in memory, for targets that look things up. */
#ifndef TESTS_FUZZ_TABLE_H
#define TESTS_FUZZ_TABLE_H

#include "tables.h"

/* KEY with its table ("users:ann@example.org"), and VALUE, which gets its NUL. */
struct table_pair {
    const char *key, *value;
};

/* Makes TABLES of PAIRS; the memory is the last call's again. Not to be closed. */
void table_make(struct tables *tables, const struct table_pair *pairs, size_t count);
/* The tables that sessions run with: local.example with users and aliases, and what
 * they may do. Made once. */
const struct tables *table_standard(void);

#endif
