#include "store.h"

#include "log.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MILLISECONDS 1000
/* Two files can't be replaced at once: as long as one is that young, a pair that does
 * not fit together is taken for one under way. */
#define YOUNG_SECONDS 3
#define PAIRS_MOST 10000

void store_open(struct store *store, const char *folder, const char *host_name)
{
    *store = (struct store){.folder = folder, .host_name = host_name};
}

/* The place of the first whose name is not before NAME. */
static size_t find_place(const struct store *store, const char *name)
{
    size_t low = 0, high = store->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(store->list[middle]->name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct certificate *find(const struct store *store, const char *name)
{
    size_t at = find_place(store, name);

    return at < store->count && strcmp(store->list[at]->name, name) == 0
               ? store->list[at]
               : NULL;
}

/* Tells of a pair that is not taken, once for each state of its files. It is tried
 * again with each look: what lacked may have been memory or a descriptor, or its day
 * had not come. */
static void refuse(struct store *store, const char *name,
                   const struct certificate_stamp *stamp, const char *error)
{
    if (refused_note(&store->refused, name, stamp, error)) {
        log_event(LOG_LEVEL_ERROR, "certificate", "refused", name, "why", error, "old",
                  find(store, name) ? "stays" : "none", (char *)0);
    }
}

static void tell_taken(const struct certificate *taken)
{
    char key[64], last_day[32] = "-";
    struct tm tm;
    struct log_line line;

    certificate_describe_key(taken, key, sizeof key);
    if (gmtime_r(&taken->not_after, &tm)) {
        strftime(last_day, sizeof last_day, "%Y-%m-%d", &tm);
    }
    log_begin(&line,
              certificate_is_valid(taken, time(NULL)) ? LOG_LEVEL_INFO
                                                      : LOG_LEVEL_WARNING,
              "certificate");
    log_string(&line, "taken", taken->name);
    log_string(&line, "key", key);
    log_string(&line, "name", taken->name_count > 0 ? taken->names[0] : NULL);
    log_string(&line, "last_day", last_day);
    log_end(&line);
}

/* Puts it in the place of the one of its name, or between its neighbours. */
static void take(struct store *store, struct certificate *taken)
{
    size_t at = find_place(store, taken->name);
    struct certificate *old = find(store, taken->name);

    if (!old) {
        store->list =
            memory_resize(store->list, (store->count + 1) * sizeof *store->list);
        memmove(store->list + at + 1, store->list + at,
                (store->count - at) * sizeof *store->list);
        store->count++;
    }
    store->list[at] = taken;
    certificate_free(old);
    if (!store->is_quiet) {
        tell_taken(taken);
        certificate_warm(taken);
    }
}

/* One at each look: no key's blinding stays for long what it is. */
static void warm_next(struct store *store)
{
    if (store->count > 0 && !store->is_quiet) {
        certificate_warm(store->list[store->next_warm++ % store->count]);
    }
}

static int is_young(const struct certificate_stamp *stamp)
{
    time_t now = time(NULL);

    return now - stamp->chain.changed.tv_sec < YOUNG_SECONDS ||
           now - stamp->key.changed.tv_sec < YOUNG_SECONDS;
}

/* A pair of another time is better than none, and worse than one that is valid. Why it
 * is not taken in the place of OLD, or NULL. */
static const char *find_step_back(const struct certificate *old,
                                  const struct certificate *new)
{
    time_t now = time(NULL);

    if (old && old->not_after > now && new->not_after <= now) {
        return "it has expired already";
    }
    return old && certificate_is_valid(old, now) && new->not_before > now
               ? "it is not valid yet"
               : NULL;
}

static void load(struct store *store, const char *folder, const char *name,
                 const struct certificate_stamp *stamp)
{
    char error[CERTIFICATE_ERROR_SIZE];
    struct certificate *loaded = certificate_load(folder, name, stamp, error);
    const char *why;

    if (!loaded) {
        if (!is_young(stamp)) {
            refuse(store, name, stamp, error);
        }
        return;
    }
    why = find_step_back(find(store, name), loaded);
    if (why) {
        refuse(store, name, stamp, why);
        certificate_free(loaded);
        return;
    }
    refused_forget(&store->refused, name);
    take(store, loaded);
}

static void look_at(struct store *store, const char *name)
{
    struct certificate_stamp stamp;
    stralloc folder = STRALLOC_ZERO;
    const struct certificate *old = find(store, name);
    const char *which;
    int is_there;

    text_add_format(&folder, "%s/%s", store->folder, name);
    is_there = certificate_look(text_string(&folder), &stamp, &which) == 0;
    if (!is_there) {
        /* A file beside the folders, or a folder that is being filled. */
        if (errno != ENOTDIR && !is_young(&stamp) && (old || stamp.chain.inode)) {
            text_add_format(&folder, "/%s: %s", which, strerror(errno));
            refuse(store, name, &stamp, text_string(&folder));
        }
    } else if (!old || !certificate_stamp_equal(&old->stamp, &stamp)) {
        load(store, folder.s, name, &stamp);
    } else {
        refused_forget(&store->refused, name); /* the files of old are back */
    }
    text_free(&folder);
}

static int compare_entry(const void *name, const void *entry)
{
    struct dirent *const *at = entry;

    return strcmp(name, (*at)->d_name);
}

static int has_entry(struct dirent *const *entries, size_t count, const char *name)
{
    return bsearch(name, entries, count, sizeof *entries, compare_entry) != NULL;
}

/* Drops those whose folder has gone. */
static void drop_missing(struct store *store, struct dirent *const *entries,
                         size_t count)
{
    size_t kept = 0;
    size_t i;

    for (i = store->refused.count; i > 0; i--) {
        if (!has_entry(entries, count, store->refused.list[i - 1].name)) {
            refused_forget(&store->refused, store->refused.list[i - 1].name);
        }
    }
    for (i = 0; i < store->count; i++) {
        struct certificate *one = store->list[i];
        if (has_entry(entries, count, one->name)) {
            store->list[kept++] = one;
        } else {
            log_event(LOG_LEVEL_INFO, "certificate", "removed", one->name, (char *)0);
            certificate_free(one);
        }
    }
    store->count = kept;
}

/* Names stand in lines whose fields are parted by blanks. */
static int is_pair(const struct dirent *entry)
{
    const char *name = entry->d_name;

    if (*name == '.') {
        return 0;
    }
    while (*name > ' ' && *name <= '~') {
        name++;
    }
    return *name == '\0';
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

void store_refresh(struct store *store, int is_asked)
{
    clock_ms now = clock_monotonic();
    struct dirent **entries;
    int count;
    int i;

    if (now < store->next_look && !is_asked) {
        return;
    }
    store->next_look = now + LOOK_MILLISECONDS;
    warm_next(store);
    if (is_asked) {
        refused_clear(&store->refused);
        store->is_unreadable = 0;
    }
    count = scandir(store->folder, &entries, is_pair, compare_entries);
    if (count < 0) {
        if (!store->is_unreadable) {
            log_failure("certificate", "folder", store->folder, (char *)0);
        }
        store->is_unreadable = 1;
        return;
    }
    store->is_unreadable = 0;
    for (i = 0; i < count && i < PAIRS_MOST; i++) {
        look_at(store, entries[i]->d_name);
    }
    drop_missing(store, entries, (size_t)count);
    for (i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
}

void store_free(struct store *store)
{
    size_t i;

    for (i = 0; i < store->count; i++) {
        certificate_free(store->list[i]);
    }
    free(store->list);
    refused_clear(&store->refused);
    *store = (struct store){0};
}

void store_list(const struct store *store, stralloc *out)
{
    size_t i, j;

    for (i = 0; i < store->count; i++) {
        const struct certificate *one = store->list[i];
        char key[64];
        certificate_describe_key(one, key, sizeof key);
        text_add_format(out, "%s %s %lld %lld", one->name, key,
                        (long long)one->not_before, (long long)one->not_after);
        for (j = 0; j < one->name_count; j++) {
            text_add_format(out, " %s", one->names[j]);
        }
        text_add_byte(out, '\n');
    }
}

void store_list_refused(const struct store *store, stralloc *out)
{
    size_t i;

    for (i = 0; i < store->refused.count; i++) {
        const struct refused_pair *pair = store->refused.list + i;
        text_add_format(out, "%s %s %s\n", pair->name,
                        find(store, pair->name) ? "stays" : "none", pair->why);
    }
}
