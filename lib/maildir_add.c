/* The first half of a delivery: a message is written to tmp/ of the first mailbox that
 * takes it. Its name tells its sizes, so it gets its final name when it is written. */
#include "maildir_batch.h"
#include "text.h"
#include "writeall.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mailbox_batch *mailbox_batch_new(void)
{
    struct mailbox_batch *batch = memory_get(sizeof *batch);

    memset(batch, 0, sizeof *batch);
    batch->buffer = memory_get(MAILDIR_BUFFER_SIZE);
    return batch;
}

int maildir_create_file(const char *mailbox, const char *name)
{
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    stralloc path = STRALLOC_ZERO;
    int fd = open(maildir_path(&path, mailbox, MAILDIR_TMP, name), flags, 0600);

    if (fd < 0 && errno == ENOENT && maildir_create(mailbox) == 0) {
        fd = open(path.s, flags, 0600);
    }
    text_free(&path);
    return fd;
}

void maildir_remove_file(const char *mailbox, enum maildir_folder folder,
                         const char *name)
{
    stralloc path = STRALLOC_ZERO;
    int saved = errno;

    unlink(maildir_path(&path, mailbox, folder, name));
    text_free(&path);
    errno = saved;
}

void maildir_fail(struct mailbox_target *target, int errnum)
{
    target->result = maildir_judge(errnum);
    target->errnum = errnum;
}

static int compare_boxes(const void *a, const void *b)
{
    const struct maildir_box *left = a, *right = b;

    return strcmp(left->name, right->name);
}

/* FNV-1a; a mailbox that loses its place to another is tidied once more. */
static void tidy_once(struct mailbox_batch *batch, const char *name)
{
    uint64_t hash = 14695981039346656037u;
    const char *c;

    for (c = name; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    }
    if (batch->tidied[hash % MAILDIR_TIDIED_MAX] != hash) {
        batch->tidied[hash % MAILDIR_TIDIED_MAX] = hash;
        maildir_tidy(name);
    }
}

static struct maildir_box *find_box(struct mailbox_batch *batch, const char *name)
{
    struct maildir_box *box = memory_get(sizeof *box);
    struct maildir_box **node;

    *box = (struct maildir_box){.name = memory_copy_string(name)};
    node = tsearch(box, &batch->box_tree, compare_boxes);
    if (!node) {
        text_exhausted();
    }
    if (*node != box) {
        free(box->name);
        free(box);
        return *node;
    }
    if (batch->box_count == batch->box_room) {
        batch->box_room += batch->box_room / 2 + 16;
        batch->boxes =
            memory_resize(batch->boxes, batch->box_room * sizeof(struct maildir_box *));
    }
    batch->boxes[batch->box_count++] = box;
    tidy_once(batch, name);
    return box;
}

/* 1 where SIZE more bytes in one more message are within the quota. */
static int is_within(const struct maildir_box *box, const struct mailbox_target *target,
                     uint64_t size)
{
    return (!target->quota_bytes || (size <= target->quota_bytes &&
                                     box->bytes <= target->quota_bytes - size)) &&
           (!target->quota_count || box->count < target->quota_count);
}

/* Takes a target's mailbox into the batch. Usage is asked for only under a quota. */
static void admit(struct mailbox_batch *batch, struct maildir_delivery *delivery)
{
    struct mailbox_target *target = delivery->target;
    struct maildir_box *box;

    target->result = MAILBOX_OK;
    target->errnum = 0;
    if (!mailbox_name_is_valid(target->name)) {
        maildir_fail(target, EINVAL);
        return;
    }
    delivery->box = box = find_box(batch, target->name);
    if ((target->quota_bytes || target->quota_count) && !box->has_usage) {
        if (mailbox_usage(target->name, &box->bytes, &box->count) != MAILBOX_OK) {
            maildir_fail(target, errno);
            return;
        }
        box->has_usage = 1;
    }
    if (!is_within(box, target, 1)) {
        target->result = MAILBOX_OVER_QUOTA;
    }
}

/* Opens a file in the first mailbox that can have it; the others' failures are
 * told. */
static void open_file(struct maildir_file *file)
{
    size_t i;

    maildir_make_name(file->tmp_name);
    for (i = 0; i < file->count && file->fd < 0; i++) {
        struct maildir_delivery *delivery = &file->deliveries[i];
        if (delivery->target->result != MAILBOX_OK) {
            continue;
        }
        file->home = delivery->box;
        file->fd = maildir_create_file(delivery->box->name, file->tmp_name);
        if (file->fd < 0) {
            maildir_fail(delivery->target, errno);
        }
    }
}

/* Head and message, in as few writes as the buffer allows. */
static int write_message(struct mailbox_batch *batch, int fd,
                         const struct mailbox_content *content,
                         struct maildir_count *count)
{
    size_t used = 0;
    ssize_t got;

    if (content->head_len <= MAILDIR_BUFFER_SIZE / 2) {
        memcpy(batch->buffer, content->head, content->head_len);
        used = content->head_len;
    } else if (write_all(fd, content->head, content->head_len) < 0) {
        return -1;
    }
    maildir_count_add(count, content->head, content->head_len);
    while ((got = content->read(content->data, batch->buffer + used,
                                MAILDIR_BUFFER_SIZE - used)) > 0) {
        maildir_count_add(count, batch->buffer + used, (size_t)got);
        used += (size_t)got;
        if (used == MAILDIR_BUFFER_SIZE) {
            if (write_all(fd, batch->buffer, used) < 0) {
                return -1;
            }
            used = 0;
        }
    }
    return got < 0 ? -1 : write_all(fd, batch->buffer, used);
}

/* Keeps the deliveries that go on. A mailbox named twice for one message gets one
 * copy: the second target waits for the first one's result. */
static void settle_size(struct mailbox_batch *batch, struct maildir_file *file,
                        uint64_t size)
{
    size_t i, kept = 0;

    for (i = 0; i < file->count; i++) {
        struct maildir_delivery *delivery = &file->deliveries[i];
        struct mailbox_target *target = delivery->target;
        struct maildir_box *box = delivery->box;
        if (target->result != MAILBOX_OK) {
            continue;
        }
        if (box->file == batch->file_count) {
            delivery->same_as = box->target;
        } else if (is_within(box, target, size)) {
            box->file = batch->file_count;
            box->target = target;
            box->bytes += size;
            box->count++;
        } else {
            target->result = MAILBOX_OVER_QUOTA;
            continue;
        }
        file->deliveries[kept++] = *delivery;
    }
    file->count = kept;
}

/* Closes and removes what was written, for ERRNUM (0: nobody wants it). */
static void drop_file(struct maildir_file *file, int errnum)
{
    size_t i;

    close(file->fd);
    file->fd = -1;
    maildir_remove_file(file->home->name, MAILDIR_TMP, file->tmp_name);
    for (i = 0; i < file->count; i++) {
        if (file->deliveries[i].target->result == MAILBOX_OK) {
            maildir_fail(file->deliveries[i].target, errnum);
        }
    }
    file->count = 0;
}

static struct maildir_file *new_file(struct mailbox_batch *batch,
                                     struct mailbox_target *targets, size_t count)
{
    struct maildir_file *file;
    size_t i;

    if (batch->file_count == batch->file_room) {
        batch->file_room += batch->file_room / 2 + 16;
        batch->files =
            memory_resize(batch->files, batch->file_room * sizeof(struct maildir_file));
    }
    file = &batch->files[batch->file_count++];
    *file = (struct maildir_file){.fd = -1, .count = count};
    file->deliveries = memory_get(count * sizeof(struct maildir_delivery));
    for (i = 0; i < count; i++) {
        file->deliveries[i] = (struct maildir_delivery){.target = &targets[i]};
        admit(batch, &file->deliveries[i]);
    }
    return file;
}

void mailbox_batch_add(struct mailbox_batch *batch,
                       const struct mailbox_content *content,
                       struct mailbox_target *targets, size_t count)
{
    struct maildir_count size = {0};
    struct maildir_file *file;

    if (batch->file_count == MAILBOX_BATCH_MAX) {
        mailbox_batch_commit(batch);
    }
    file = new_file(batch, targets, count);
    open_file(file);
    if (file->fd < 0) {
        file->count = 0;
        return;
    }
    if (write_message(batch, file->fd, content, &size) < 0) {
        drop_file(file, errno);
        return;
    }
    settle_size(batch, file, size.bytes);
    if (file->count == 0) {
        drop_file(file, 0);
        return;
    }
    snprintf(file->name, sizeof file->name, "%s,S=%" PRIu64 ",W=%" PRIu64,
             file->tmp_name, size.bytes, maildir_count_wire(&size));
}
