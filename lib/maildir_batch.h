/* A batch of deliveries, as maildir_add.c fills it and maildir_commit.c settles it. */
#ifndef LIB_MAILDIR_BATCH_H
#define LIB_MAILDIR_BATCH_H

#include "maildir.h"

/* A mailbox that the batch delivers to. */
struct maildir_box {
    char *name;
    uint64_t bytes, count; /* usage, where has_usage: with what the batch adds */
    int has_usage;
    int is_changed; /* new/ has to be synced */
    int sync_error; /* errno of a sync that failed */
    size_t file;    /* the file that was last added for it, from 1, ... */
    struct mailbox_target *target; /* ... and for which target */
};

/* One file in one mailbox. */
struct maildir_delivery {
    struct mailbox_target *target;
    struct maildir_box *box;
    const struct mailbox_target *same_as; /* names the same mailbox: one copy does */
    int is_placed;
};

/* A message: one file in tmp/ of its home, to be linked into the other mailboxes. */
struct maildir_file {
    int fd; /* -1 where there is nothing (left) to place */
    struct maildir_box *home;
    char tmp_name[MAILDIR_ID_SIZE];
    char name[MAILDIR_NAME_SIZE];
    struct maildir_delivery *deliveries;
    size_t count;
};

#define MAILDIR_TIDIED_MAX 1024

struct mailbox_batch {
    struct maildir_file *files;
    size_t file_count, file_room;
    struct maildir_box **boxes;
    size_t box_count, box_room;
    void *box_tree;                      /* tsearch's, of the boxes by name */
    uint64_t tidied[MAILDIR_TIDIED_MAX]; /* hashes of mailboxes looked after already */
    char *buffer;
};

#define MAILDIR_BUFFER_SIZE 65536

/* Creates MAILBOX/tmp/NAME to be written and read, with the mailbox where it is not
 * there yet. The descriptor, or -1 with errno. */
int maildir_create_file(const char *mailbox, const char *name);
/* Removes MAILBOX/FOLDER/NAME; keeps errno. */
void maildir_remove_file(const char *mailbox, enum maildir_folder folder,
                         const char *name);
/* Sets the target's result to what ERRNUM means. */
void maildir_fail(struct mailbox_target *target, int errnum);

#endif
