#include "maildir_list.h"

#include "sort.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROOM_MOST (16L << 20)
#define ROOM_OF_ENTRY 64 /* bytes of a folder for a name of ours, and more */

const char *maildir_list_name(const struct maildir_list *list,
                              const struct maildir_entry *entry)
{
    return list->names.s + entry->name;
}

uint32_t maildir_list_keep(struct maildir_list *list, const char *name)
{
    size_t at = list->names.len;

    text_add_bytes(&list->names, name, strlen(name) + 1);
    return (uint32_t)at;
}

static void list_one(void *data, const char *name)
{
    struct maildir_list *list = data;

    if (list->count == list->room) {
        list->room += list->room + 128;
        list->entries =
            memory_resize(list->entries, list->room * sizeof(struct maildir_entry));
    }
    list->entries[list->count++] =
        (struct maildir_entry){.name = maildir_list_keep(list, name),
                               .arrival = maildir_name_time(name),
                               .start = maildir_name_start(name),
                               .folder = list->scanning};
}

/* Of the same arrival; of one message seen in both folders, the later place first. */
static int compare_entries(uint32_t a, uint32_t b, const void *data)
{
    const struct maildir_list *list = data;
    const struct maildir_entry *left = &list->entries[a], *right = &list->entries[b];
    int order = (left->start > right->start) - (left->start < right->start);

    if (!order) {
        order = maildir_compare_same_time(maildir_list_name(list, left),
                                          maildir_list_name(list, right));
    }
    return order ? order : right->folder - left->folder;
}

/* Puts each entry where ORDER says, which is used up. */
static void move_entries(struct maildir_entry *entries, uint32_t *order, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        struct maildir_entry first = entries[i];
        size_t at = i;
        while (order[at] != i) {
            size_t from = order[at];
            entries[at] = entries[from];
            order[at] = (uint32_t)at;
            at = from;
        }
        entries[at] = first;
        order[at] = (uint32_t)at;
    }
}

static void sort_entries(struct maildir_list *list)
{
    size_t count = list->count, i;
    uint64_t *keys = memory_get(count * (sizeof *keys + 2 * sizeof(uint32_t)));
    uint32_t *order = (uint32_t *)(keys + count);

    for (i = 0; i < count; i++) {
        keys[i] = (uint64_t)list->entries[i].arrival;
    }
    sort_order(order, order + count, count, keys, compare_entries, list);
    move_entries(list->entries, order, count);
    free(keys);
}

/* A message that is moved while the folders are read may be met twice: one goes.
 * Names that share a base alone are messages of their own. */
static void drop_repetitions(struct maildir_list *list)
{
    size_t i, kept = 0;

    for (i = 0; i < list->count; i++) {
        const struct maildir_entry *entry = &list->entries[i];
        const struct maildir_entry *last = &list->entries[kept > 0 ? kept - 1 : 0];
        if (kept == 0 || entry->arrival != last->arrival ||
            maildir_compare_same_time(maildir_list_name(list, entry),
                                      maildir_list_name(list, last)) != 0) {
            list->entries[kept++] = *entry;
        }
    }
    list->count = kept;
}

/* Most file systems tell by a folder's size how long its names are in all. Memory that
 * is there from the start need not be moved as it fills; what is too much is never
 * touched. */
static void make_room(struct maildir_list *list)
{
    struct stat status;
    size_t size = 0;
    int folder;

    for (folder = MAILDIR_NEW; folder <= MAILDIR_CUR; folder++) {
        if (fstat(list->folders[folder], &status) == 0 && status.st_size > 0 &&
            status.st_size < ROOM_MOST) {
            size += (size_t)status.st_size;
        }
    }
    text_make_room(&list->names, size + 1);
    list->room = size / ROOM_OF_ENTRY + 1;
    list->entries = memory_get(list->room * sizeof *list->entries);
}

/* new/ first: what another session moves to cur/ meanwhile is met there. */
static int scan_folders(struct maildir_list *list,
                        void (*each)(void *data, const char *name))
{
    int folder;

    for (folder = MAILDIR_NEW; folder <= MAILDIR_CUR; folder++) {
        list->scanning = (unsigned char)folder;
        if (maildir_each(list->folders[folder], each, list) < 0) {
            return -1;
        }
    }
    return 0;
}

static void note_one(void *data, const char *name)
{
    struct maildir_list *list = data;
    size_t low = 0, high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct maildir_entry *entry = &list->entries[middle];
        int order = maildir_compare_names(name, maildir_list_name(list, entry));
        if (order == 0) {
            if (strcmp(maildir_list_name(list, entry), name) != 0) {
                entry->name = maildir_list_keep(list, name);
            }
            entry->folder = list->scanning;
            entry->is_found = 1;
            entry->is_gone = 0;
            return;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
}

/* Looks where another session has moved messages to, all at once. A message that is
 * renamed during one scan may escape it, hence two before one counts as removed.
 * 0: ENTRY is up to date; -1 with errno (ENOENT: removed). */
int maildir_list_find_again(struct maildir_list *list, struct maildir_entry *entry)
{
    int scans;
    size_t i;

    for (scans = 0; scans < 2 && !entry->is_gone; scans++) {
        for (i = 0; i < list->count; i++) {
            list->entries[i].is_found = scans > 0 && list->entries[i].is_found;
        }
        if (scan_folders(list, note_one) < 0) {
            return -1;
        }
        if (entry->is_found) {
            return 0;
        }
    }
    for (i = 0; i < list->count; i++) {
        list->entries[i].is_gone = !list->entries[i].is_found;
    }
    errno = ENOENT;
    return -1;
}

int maildir_list_read(struct maildir_list *list)
{
    make_room(list);
    if (scan_folders(list, list_one) < 0) {
        return -1;
    }
    sort_entries(list);
    drop_repetitions(list);
    return 0;
}

void maildir_list_free(struct maildir_list *list)
{
    text_free(&list->names);
    free(list->entries);
    list->entries = NULL;
}
