/* The messages of a mailbox as their names tell them, in order of arrival, and where
 * they are now that other sessions move them. Only maildir_read.c includes this. */
#ifndef LIB_MAILDIR_LIST_H
#define LIB_MAILDIR_LIST_H

#include "maildir.h"

#include <skalibs/stralloc.h>

struct maildir_entry {
    time_t arrival;
    uint64_t start; /* maildir_name_start: most comparisons need no more */
    uint64_t size;
    uint32_t name; /* where it begins in names; all memory is 2 GB (lib/walls.c) */
    unsigned char folder;
    unsigned char is_found; /* by the scan under way */
    unsigned char is_gone;
};

struct maildir_list {
    int folders[2]; /* new and cur; the owner's */
    struct maildir_entry *entries;
    size_t count, room;
    stralloc names;         /* each with its NUL */
    unsigned char scanning; /* the folder that a scan is in */
};

/* Lists both folders, which are open; sizes are left 0. 0, or -1 with errno. */
int maildir_list_read(struct maildir_list *list);
void maildir_list_free(struct maildir_list *list);
const char *maildir_list_name(const struct maildir_list *list,
                              const struct maildir_entry *entry);
/* Keeps a new name; returns what goes into an entry's NAME. */
uint32_t maildir_list_keep(struct maildir_list *list, const char *name);
/* Looks where another session has moved messages to, all at once. A message that is
 * renamed during one scan may escape it, hence two before one counts as removed.
 * 0: ENTRY is up to date; -1 with errno (ENOENT: removed). */
int maildir_list_find_again(struct maildir_list *list, struct maildir_entry *entry);

#endif
