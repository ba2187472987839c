/* How many connections each source has: a hash table with room for a fixed number
 * of sources. A source has an entry only while it has connections, so as many
 * entries as connections are allowed always do. Uses libc alone. */
#ifndef LISTEN_SOURCE_H
#define LISTEN_SOURCE_H

#include "peer.h"

#include <stdint.h>

#define SOURCE_NONE UINT32_MAX

struct source_table {
    struct source *entries;
    uint32_t *buckets;
    uint32_t mask;
    uint32_t free; /* head of the list of free entries */
    uint64_t seed; /* random, so nobody can aim at one bucket */
};

/* Room for CAPACITY sources. Returns -1 with errno. */
int source_table_init(struct source_table *table, uint32_t capacity);
void source_table_free(struct source_table *table);

/* Connections that are open from KEY. */
unsigned source_count(const struct source_table *table, const struct peer_key *key);

/* Counts one more for KEY and returns the number of its entry, to be given to
 * source_release. SOURCE_NONE: no entry is free. */
uint32_t source_add(struct source_table *table, const struct peer_key *key);

/* Counts one less; SOURCE_NONE is ignored. */
void source_release(struct source_table *table, uint32_t index);

#endif
