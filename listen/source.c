#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct source {
    struct peer_key key;
    unsigned count;
    uint32_t next;
};

int source_table_init(struct source_table *table, uint32_t capacity)
{
    uint32_t buckets = 16;
    uint32_t i;

    while (buckets < capacity) {
        buckets *= 2;
    }
    if (getrandom(&table->seed, sizeof table->seed, 0) != sizeof table->seed) {
        return -1;
    }
    table->entries = calloc(capacity, sizeof *table->entries);
    table->buckets = malloc(buckets * sizeof *table->buckets);
    if (!table->entries || !table->buckets) {
        source_table_free(table);
        return -1;
    }
    table->mask = buckets - 1;
    memset(table->buckets, 0xff, buckets * sizeof *table->buckets);
    for (i = 0; i < capacity; i++) {
        table->entries[i].next = i + 1 < capacity ? i + 1 : SOURCE_NONE;
    }
    table->free = capacity ? 0 : SOURCE_NONE;
    return 0;
}

void source_table_free(struct source_table *table)
{
    free(table->entries);
    free(table->buckets);
    table->entries = NULL;
    table->buckets = NULL;
}

static uint32_t *find_bucket(const struct source_table *table,
                             const struct peer_key *key)
{
    uint64_t hash = table->seed;
    size_t i;

    for (i = 0; i < sizeof key->bytes; i++) {
        hash = (hash ^ key->bytes[i]) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 29;
    }
    return table->buckets + (hash & table->mask);
}

static uint32_t find_entry(const struct source_table *table, uint32_t index,
                           const struct peer_key *key)
{
    while (index != SOURCE_NONE &&
           memcmp(&table->entries[index].key, key, sizeof *key) != 0) {
        index = table->entries[index].next;
    }
    return index;
}

unsigned source_count(const struct source_table *table, const struct peer_key *key)
{
    uint32_t index = find_entry(table, *find_bucket(table, key), key);

    return index == SOURCE_NONE ? 0 : table->entries[index].count;
}

uint32_t source_add(struct source_table *table, const struct peer_key *key)
{
    uint32_t *bucket = find_bucket(table, key);
    uint32_t index = find_entry(table, *bucket, key);
    struct source *entry;

    if (index == SOURCE_NONE) {
        index = table->free;
        if (index == SOURCE_NONE) {
            return SOURCE_NONE;
        }
        entry = table->entries + index;
        table->free = entry->next;
        entry->key = *key;
        entry->count = 0;
        entry->next = *bucket;
        *bucket = index;
    }
    table->entries[index].count++;
    return index;
}

void source_release(struct source_table *table, uint32_t index)
{
    struct source *entry;
    uint32_t *link;

    if (index == SOURCE_NONE || --table->entries[index].count > 0) {
        return;
    }
    entry = table->entries + index;
    link = find_bucket(table, &entry->key);
    while (*link != index) {
        link = &table->entries[*link].next;
    }
    *link = entry->next;
    entry->next = table->free;
    table->free = index;
}
