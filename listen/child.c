#include "child.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct child {
    pid_t pid;
    uint32_t source;
    uint32_t next;
};

int child_table_init(struct child_table *table, uint32_t capacity)
{
    uint32_t buckets = 16;
    uint32_t i;

    while (buckets < capacity) {
        buckets *= 2;
    }
    table->entries = calloc(capacity, sizeof *table->entries);
    table->buckets = malloc(buckets * sizeof *table->buckets);
    if (!table->entries || !table->buckets) {
        child_table_free(table);
        return -1;
    }
    table->mask = buckets - 1;
    table->count = 0;
    memset(table->buckets, 0xff, buckets * sizeof *table->buckets);
    for (i = 0; i < capacity; i++) {
        table->entries[i].next = i + 1 < capacity ? i + 1 : NONE;
    }
    table->free = capacity ? 0 : NONE;
    return 0;
}

void child_table_free(struct child_table *table)
{
    free(table->entries);
    free(table->buckets);
    table->entries = NULL;
    table->buckets = NULL;
}

void child_add(struct child_table *table, pid_t pid, uint32_t source)
{
    uint32_t *bucket = table->buckets + ((uint32_t)pid & table->mask);
    uint32_t index = table->free;
    struct child *entry = table->entries + index;

    table->free = entry->next;
    entry->pid = pid;
    entry->source = source;
    entry->next = *bucket;
    *bucket = index;
    table->count++;
}

int child_remove(struct child_table *table, pid_t pid, uint32_t *source)
{
    uint32_t *link = table->buckets + ((uint32_t)pid & table->mask);
    struct child *entry;
    uint32_t index;

    while (*link != NONE && table->entries[*link].pid != pid) {
        link = &table->entries[*link].next;
    }
    if (*link == NONE) {
        return -1;
    }
    index = *link;
    entry = table->entries + index;
    *source = entry->source;
    *link = entry->next;
    entry->next = table->free;
    table->free = index;
    table->count--;
    return 0;
}

void child_signal_all(const struct child_table *table, int signal)
{
    uint32_t bucket;
    uint32_t index;

    for (bucket = 0; bucket <= table->mask; bucket++) {
        for (index = table->buckets[bucket]; index != NONE;
             index = table->entries[index].next) {
            kill(table->entries[index].pid, signal);
        }
    }
}
