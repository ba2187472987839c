/* The second half: the files are synced, named into new/ of their mailboxes, and these
 * are synced, each once for the whole batch. */
#include "maildir_batch.h"
#include "sync_many.h"
#include "text.h"
#include "writeall.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Folders open at once to be synced. */
#define BOXES_AT_ONCE 64

/* Data of all files is on its way before the first sync waits: then one commit of the
 * file system's journal does for most of them. */
static void start_writing(const struct mailbox_batch *batch)
{
    size_t i;

    for (i = 0; batch->file_count > 1 && i < batch->file_count; i++) {
        if (batch->files[i].fd >= 0) {
            (void)sync_file_range(batch->files[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        }
    }
}

/* 0, or -1 with errno. */
static int copy_bytes(int from, int to)
{
    char *buffer = memory_get(MAILDIR_BUFFER_SIZE);
    off_t at = 0;
    ssize_t got;
    int result = 0;

    while (result == 0 && (got = pread(from, buffer, MAILDIR_BUFFER_SIZE, at)) != 0) {
        if (got > 0) {
            result = write_all(to, buffer, (size_t)got);
            at += got;
        } else if (errno != EINTR) {
            result = -1;
        }
    }
    free(buffer);
    return result;
}

/* rename, with the mailbox's folders made anew where they are gone. */
static int move_to_new(const char *mailbox, const char *tmp_name, const char *name)
{
    stralloc from = STRALLOC_ZERO, to = STRALLOC_ZERO;
    int result;

    maildir_path(&from, mailbox, MAILDIR_TMP, tmp_name);
    maildir_path(&to, mailbox, MAILDIR_NEW, name);
    result = rename(from.s, to.s);
    if (result < 0 && errno == ENOENT && maildir_create(mailbox) == 0) {
        result = rename(from.s, to.s);
    }
    text_free(&from);
    text_free(&to);
    return result;
}

/* A copy of its own for a mailbox to which no link can be made. */
static int place_copy(const struct maildir_file *file, const struct maildir_box *box)
{
    int fd = maildir_create_file(box->name, file->tmp_name);
    int result = fd < 0 ? -1 : copy_bytes(file->fd, fd);

    if (fd < 0) {
        return -1;
    }
    if (result == 0) {
        result = fsync(fd);
    }
    if (close(fd) < 0 && result == 0) {
        result = -1;
    }
    if (result == 0) {
        result = move_to_new(box->name, file->tmp_name, file->name);
    }
    if (result < 0) {
        maildir_remove_file(box->name, MAILDIR_TMP, file->tmp_name);
    }
    return result;
}

static int place_link(const struct maildir_file *file, const struct maildir_box *box)
{
    stralloc from = STRALLOC_ZERO, to = STRALLOC_ZERO;
    int result;

    maildir_path(&from, file->home->name, MAILDIR_TMP, file->tmp_name);
    maildir_path(&to, box->name, MAILDIR_NEW, file->name);
    result = link(from.s, to.s);
    if (result < 0 && errno == ENOENT && maildir_create(box->name) == 0) {
        result = link(from.s, to.s);
    }
    text_free(&from);
    text_free(&to);
    if (result < 0 && (errno == EXDEV || errno == EMLINK || errno == EPERM)) {
        result = place_copy(file, box);
    }
    return result;
}

static void note_placed(struct maildir_delivery *delivery, int result)
{
    if (result < 0) {
        maildir_fail(delivery->target, errno);
    } else {
        delivery->is_placed = 1;
        delivery->box->is_changed = 1;
    }
}

/* Its home comes last, by a rename: the links need the name in tmp/. */
static void place_file(struct maildir_file *file)
{
    struct maildir_delivery *at_home = NULL;
    int result = -1;
    size_t i;

    for (i = 0; i < file->count; i++) {
        struct maildir_delivery *delivery = &file->deliveries[i];
        if (delivery->same_as) {
            continue;
        }
        if (delivery->box == file->home) {
            at_home = delivery;
        } else {
            note_placed(delivery, place_link(file, delivery->box));
        }
    }
    if (at_home) {
        result = move_to_new(file->home->name, file->tmp_name, file->name);
        note_placed(at_home, result);
    }
    if (result < 0) {
        maildir_remove_file(file->home->name, MAILDIR_TMP, file->tmp_name);
    }
}

static void close_file(struct maildir_file *file)
{
    close(file->fd); /* synced, or given up: nothing can fail that matters */
    file->fd = -1;
}

/* A file whose sync failed is never placed: its bytes may be lost already. */
static void give_up(struct maildir_file *file, int errnum)
{
    size_t i;

    for (i = 0; i < file->count; i++) {
        maildir_fail(file->deliveries[i].target, errnum);
    }
    maildir_remove_file(file->home->name, MAILDIR_TMP, file->tmp_name);
    close_file(file);
}

static void sync_files(struct mailbox_batch *batch)
{
    struct sync_file *syncs = memory_get((batch->file_count + 1) * sizeof *syncs);
    size_t i;

    for (i = 0; i < batch->file_count; i++) {
        syncs[i].fd = batch->files[i].fd;
    }
    sync_many(syncs, batch->file_count);
    for (i = 0; i < batch->file_count; i++) {
        if (syncs[i].errnum) {
            give_up(&batch->files[i], syncs[i].errnum);
        }
    }
    free(syncs);
}

/* First the bytes of all, then the names of all: a name between two syncs would make a
 * commit of the file system's journal due for each of them. */
static void settle_files(struct mailbox_batch *batch)
{
    size_t i;

    sync_files(batch);
    for (i = 0; i < batch->file_count; i++) {
        if (batch->files[i].fd >= 0) {
            place_file(&batch->files[i]);
            close_file(&batch->files[i]);
        }
    }
}

/* COUNT boxes, at most BOXES_AT_ONCE, of which those are synced that have changed. */
static void sync_boxes(struct maildir_box **boxes, size_t count)
{
    struct sync_file syncs[BOXES_AT_ONCE];
    size_t i;

    for (i = 0; i < count; i++) {
        syncs[i].fd = -1;
        if (boxes[i]->is_changed) {
            syncs[i].fd = maildir_open_folder(boxes[i]->name, MAILDIR_NEW);
            boxes[i]->sync_error = syncs[i].fd < 0 ? errno : 0;
        }
    }
    sync_many(syncs, count);
    for (i = 0; i < count; i++) {
        if (syncs[i].fd >= 0) {
            boxes[i]->sync_error = syncs[i].errnum;
            close(syncs[i].fd);
        }
    }
}

static void settle_boxes(struct mailbox_batch *batch)
{
    size_t at = 0;

    while (at < batch->box_count) {
        size_t left = batch->box_count - at;
        size_t count = left < BOXES_AT_ONCE ? left : BOXES_AT_ONCE;
        sync_boxes(batch->boxes + at, count);
        at += count;
    }
}

/* What may not last is taken back, so that the next attempt makes no second copy. */
static void finish_file(const struct maildir_file *file)
{
    size_t i;

    for (i = 0; i < file->count; i++) {
        const struct maildir_delivery *delivery = &file->deliveries[i];
        if (delivery->is_placed && delivery->box->sync_error) {
            maildir_remove_file(delivery->box->name, MAILDIR_NEW, file->name);
            maildir_fail(delivery->target, delivery->box->sync_error);
        }
        if (delivery->same_as) { /* an earlier one, so settled by now */
            delivery->target->result = delivery->same_as->result;
            delivery->target->errnum = delivery->same_as->errnum;
        }
    }
}

static void free_nothing(void *node)
{
    (void)node;
}

static void empty(struct mailbox_batch *batch)
{
    size_t i;

    tdestroy(batch->box_tree, free_nothing);
    batch->box_tree = NULL;
    for (i = 0; i < batch->box_count; i++) {
        free(batch->boxes[i]->name);
        free(batch->boxes[i]);
    }
    for (i = 0; i < batch->file_count; i++) {
        free(batch->files[i].deliveries);
    }
    batch->box_count = 0;
    batch->file_count = 0;
}

void mailbox_batch_commit(struct mailbox_batch *batch)
{
    size_t i;

    start_writing(batch);
    settle_files(batch);
    settle_boxes(batch);
    for (i = 0; i < batch->file_count; i++) {
        finish_file(&batch->files[i]);
    }
    empty(batch);
}

void mailbox_batch_free(struct mailbox_batch *batch)
{
    size_t i;

    for (i = 0; i < batch->file_count; i++) {
        const struct maildir_file *file = &batch->files[i];
        if (file->fd >= 0) {
            close(file->fd);
            maildir_remove_file(file->home->name, MAILDIR_TMP, file->tmp_name);
        }
    }
    empty(batch);
    free(batch->files);
    free(batch->boxes);
    free(batch->buffer);
    free(batch);
}
