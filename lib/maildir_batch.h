/* A batch of deliveries to Maildirs: what adding and committing share. */
#ifndef LIB_MAILDIR_BATCH_H
#define LIB_MAILDIR_BATCH_H

#include "mailbox.h"

/* A file of the batch, in the tmp/ of the mailbox that it was written for first. */
struct file {
    char *tmp_path;
    int fd;
    enum mailbox_result result; /* of its sync */
    int is_moved;               /* tmp_path was renamed into that mailbox */
};

/* One mailbox that a file goes into. */
struct entry {
    struct mailbox_target *target;
    size_t box, file; /* indexes in boxes and files */
    char *tmp_path;   /* a link to the file; NULL: the file's own tmp_path is moved */
    char *new_path;
};

/* What the batch knows of a mailbox that it touches. */
struct box {
    char *name;
    uint64_t bytes, count; /* usage, with what the batch adds; read where a quota is set */
    int is_usage_known;
    int needs_sync;
    enum mailbox_result sync_result;
};

struct mailbox_batch {
    struct entry *entries;
    size_t entry_count, entry_room;
    struct file *files;
    size_t file_count, file_room;
    struct box *boxes;
    size_t box_count, box_room;
    char *block;
    unsigned long long number;
    char host[65];
};

#endif
