#include "choice.h"

#include <string.h>

#define TYPES_MOST 4

/* What is chosen: of each type of key one. */
struct choice {
    const struct certificate *list[TYPES_MOST];
    int match[TYPES_MOST];
    size_t count;
};

/* Of two that bear the name: old pairs are left in their folders when the new ones get
 * others. */
static int is_fresher(const struct certificate *one, const struct certificate *other)
{
    time_t now = time(NULL);
    int is_valid = certificate_is_valid(one, now);

    return is_valid != certificate_is_valid(other, now)
               ? is_valid
               : one->not_after > other->not_after;
}

static int is_better(const struct choice *choice, size_t i,
                     const struct certificate *one, int match)
{
    return match != choice->match[i] ? match > choice->match[i]
                                     : is_fresher(one, choice->list[i]);
}

static void consider(struct choice *choice, const struct certificate *one, int match)
{
    size_t i;

    for (i = 0; i < choice->count && choice->list[i]->type != one->type; i++) {
    }
    if (i == TYPES_MOST || (i < choice->count && !is_better(choice, i, one, match))) {
        return;
    }
    choice->list[i] = one;
    choice->match[i] = match;
    choice->count += i == choice->count;
}

static void choose(const struct store *store, const char *name, struct choice *choice)
{
    size_t i;

    for (i = 0; i < store->count; i++) {
        int match = certificate_match(store->list[i], name);
        if (match > 0) {
            consider(choice, store->list[i], match);
        }
    }
}

/* "default", or the first that is valid, or just the first. */
static const struct certificate *find_first(const struct store *store)
{
    const struct certificate *first = NULL;
    time_t now = time(NULL);
    size_t i;

    for (i = 0; i < store->count; i++) {
        const struct certificate *one = store->list[i];
        if (strcmp(one->name, "default") == 0) {
            return one;
        }
        if (!first && certificate_is_valid(one, now)) {
            first = one;
        }
    }
    return first ? first : store->list[0];
}

/* For clients who name nobody that we know. */
static void choose_default(const struct store *store, struct choice *choice)
{
    const struct certificate *first;

    choose(store, store->host_name, choice);
    if (choice->count > 0 || store->count == 0) {
        return;
    }
    first = find_first(store);
    consider(choice, first, 2);
    if (first->name_count > 0) {
        choose(store, first->names[0], choice);
    }
}

int choice_give(const struct store *store, SSL *ssl, const char *name)
{
    struct choice choice = {.count = 0};
    size_t i;

    if (name) {
        choose(store, name, &choice);
    }
    if (choice.count == 0) {
        choose_default(store, &choice);
    }
    SSL_certs_clear(ssl);
    for (i = 0; i < choice.count; i++) {
        const struct certificate *one = choice.list[i];
        if (SSL_use_cert_and_key(ssl, one->leaf, one->key, one->chain, 1) != 1) {
            return -1;
        }
    }
    return choice.count > 0 ? 0 : -1;
}
