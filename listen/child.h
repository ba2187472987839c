/* The processes that serve connections: process id to source, in a hash table with
 * room for a fixed number of them. Uses libc alone. */
#ifndef LISTEN_CHILD_H
#define LISTEN_CHILD_H

#include <stdint.h>
#include <sys/types.h>

struct child_table {
    struct child *entries;
    uint32_t *buckets;
    uint32_t mask;
    uint32_t free; /* head of the list of free entries */
    uint32_t count;
};

/* Room for CAPACITY processes. Returns -1 with errno. */
int child_table_init(struct child_table *table, uint32_t capacity);
void child_table_free(struct child_table *table);

/* Notes PID with the entry SOURCE of a source_table. There must be room: COUNT is
 * below the capacity. */
void child_add(struct child_table *table, pid_t pid, uint32_t source);

/* Forgets PID and puts its source into *SOURCE; returns -1 for an unknown one. */
int child_remove(struct child_table *table, pid_t pid, uint32_t *source);

/* Sends SIGNAL to all of them. */
void child_signal_all(const struct child_table *table, int signal);

#endif
