/* The records of one table on their way from text to cdb. */
#ifndef CDB_RECORD_H
#define CDB_RECORD_H

#include <stddef.h>

struct record {
    char *key; /* first: the list's tree compares records by it; A-Z folded */
    char *value;
    unsigned line;
};

struct record_list {
    struct record **records; /* in the order of the file */
    size_t count, room;
    void *tree;
};

/* Adds a copy. NULL, or the earlier record with that key (then nothing is added). */
const struct record *record_add(struct record_list *list, const char *key,
                                const char *value, unsigned line);
/* The record with that key in any case, or NULL. */
const struct record *record_find(const struct record_list *list, const char *key);
void record_list_free(struct record_list *list);

#endif
