#include "refused.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static struct refused_pair *find(struct refused *refused, const char *name)
{
    size_t i;

    for (i = 0; i < refused->count; i++) {
        if (strcmp(refused->list[i].name, name) == 0) {
            return refused->list + i;
        }
    }
    return NULL;
}

static struct refused_pair *add(struct refused *refused, const char *name)
{
    struct refused_pair *pair;

    refused->list =
        memory_resize(refused->list, (refused->count + 1) * sizeof *refused->list);
    pair = &refused->list[refused->count++];
    *pair = (struct refused_pair){.name = memory_copy_string(name)};
    return pair;
}

int refused_note(struct refused *refused, const char *name,
                 const struct certificate_stamp *stamp, const char *why)
{
    struct refused_pair *pair = find(refused, name);
    int is_news = !pair || !certificate_stamp_equal(&pair->stamp, stamp);

    if (!pair) {
        pair = add(refused, name);
    }
    free(pair->why);
    pair->why = memory_copy_string(why);
    pair->stamp = *stamp;
    return is_news;
}

static void free_pair(struct refused_pair *pair)
{
    free(pair->name);
    free(pair->why);
}

void refused_forget(struct refused *refused, const char *name)
{
    struct refused_pair *pair = find(refused, name);

    if (pair) {
        free_pair(pair);
        *pair = refused->list[--refused->count];
    }
}

void refused_clear(struct refused *refused)
{
    while (refused->count > 0) {
        free_pair(&refused->list[--refused->count]);
    }
    free(refused->list);
    *refused = (struct refused){0};
}
