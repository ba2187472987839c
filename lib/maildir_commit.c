#include "maildir.h"
#include "maildir_batch.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void sync_files(struct mailbox_batch *batch)
{
    size_t i;

    for (i = 0; i < batch->file_count; i++) {
        struct file *file = &batch->files[i];
        if (fsync(file->fd) < 0) {
            file->result = maildir_judge(errno);
        }
        if (close(file->fd) < 0 && file->result == MAILBOX_OK) {
            file->result = maildir_judge(errno);
        }
    }
}

/* Moves the synced file from tmp/ into new/. */
static void name_entry(struct mailbox_batch *batch, struct entry *entry)
{
    struct file *file = &batch->files[entry->file];
    const char *tmp_path = entry->tmp_path ? entry->tmp_path : file->tmp_path;

    entry->target->result = file->result;
    if (file->result == MAILBOX_OK) {
        if (rename(tmp_path, entry->new_path) < 0) {
            entry->target->result = MAILBOX_TEMPORARY;
        } else {
            batch->boxes[entry->box].needs_sync = 1;
        }
    }
    if (!entry->tmp_path) {
        file->is_moved = entry->target->result == MAILBOX_OK;
    } else if (entry->target->result != MAILBOX_OK) {
        unlink(tmp_path);
    }
}

static void sync_box(struct box *box)
{
    stralloc path = STRALLOC_ZERO;
    int fd = open(maildir_path(&path, box->name, "new", NULL),
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    text_free(&path);
    box->sync_result = MAILBOX_OK;
    if (fd < 0 || fsync(fd) < 0) {
        box->sync_result = MAILBOX_TEMPORARY;
    }
    if (fd >= 0 && close(fd) < 0) {
        box->sync_result = MAILBOX_TEMPORARY;
    }
}

static void forget(struct mailbox_batch *batch)
{
    size_t i;

    for (i = 0; i < batch->entry_count; i++) {
        free(batch->entries[i].tmp_path);
        free(batch->entries[i].new_path);
    }
    for (i = 0; i < batch->file_count; i++) {
        if (!batch->files[i].is_moved) {
            unlink(batch->files[i].tmp_path);
        }
        free(batch->files[i].tmp_path);
    }
    for (i = 0; i < batch->box_count; i++) {
        free(batch->boxes[i].name);
    }
    batch->entry_count = batch->file_count = batch->box_count = 0;
}

void mailbox_batch_commit(struct mailbox_batch *batch)
{
    size_t i;

    sync_files(batch);
    for (i = 0; i < batch->entry_count; i++) {
        name_entry(batch, &batch->entries[i]);
    }
    for (i = 0; i < batch->box_count; i++) {
        if (batch->boxes[i].needs_sync) {
            sync_box(&batch->boxes[i]);
        }
    }
    for (i = 0; i < batch->entry_count; i++) {
        struct entry *entry = &batch->entries[i];
        if (entry->target->result == MAILBOX_OK) {
            entry->target->result = batch->boxes[entry->box].sync_result;
        }
    }
    forget(batch);
}

void mailbox_batch_free(struct mailbox_batch *batch)
{
    size_t i;

    for (i = 0; i < batch->file_count; i++) {
        close(batch->files[i].fd);
    }
    for (i = 0; i < batch->entry_count; i++) {
        if (batch->entries[i].tmp_path) {
            unlink(batch->entries[i].tmp_path);
        }
    }
    forget(batch);
    free(batch->boxes);
    free(batch->entries);
    free(batch->files);
    free(batch->block);
    free(batch);
}
