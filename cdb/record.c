#include "record.h"

#include "text.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *a, const void *b)
{
    const struct record *one = a;
    const struct record *other = b;

    return strcmp(one->key, other->key);
}

static struct record *make_record(const char *key, const char *value, unsigned line)
{
    struct record *record = memory_get(sizeof *record);

    record->key = memory_copy_string(key);
    text_lower(record->key, strlen(record->key));
    record->value = memory_copy_string(value);
    record->line = line;
    return record;
}

static void free_record(struct record *record)
{
    free(record->key);
    explicit_bzero(record->value, strlen(record->value)); /* it may be a password */
    free(record->value);
    free(record);
}

const struct record *record_add(struct record_list *list, const char *key,
                                const char *value, unsigned line)
{
    struct record *record = make_record(key, value, line);
    struct record **node = tsearch(record, &list->tree, compare_keys);

    if (!node) {
        text_exhausted();
    }
    if (*node != record) {
        free_record(record);
        return *node;
    }
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->records = memory_resize(list->records, list->room * sizeof(void *));
    }
    list->records[list->count++] = record;
    return NULL;
}

const struct record *record_find(const struct record_list *list, const char *key)
{
    struct record wanted = {.key = memory_copy_string(key)};
    struct record **node;

    text_lower(wanted.key, strlen(wanted.key));
    node = tfind(&wanted, &list->tree, compare_keys);
    free(wanted.key);
    return node ? *node : NULL;
}

static void free_nothing(void *node)
{
    (void)node;
}

void record_list_free(struct record_list *list)
{
    size_t i;

    tdestroy(list->tree, free_nothing);
    for (i = 0; i < list->count; i++) {
        free_record(list->records[i]);
    }
    free(list->records);
    memset(list, 0, sizeof *list);
}
