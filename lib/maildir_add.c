#include "encode.h"
#include "maildir.h"
#include "maildir_batch.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_SIZE 65536

struct mailbox_batch *mailbox_batch_new(void)
{
    struct mailbox_batch *batch = memory_get(sizeof *batch);
    size_t i;

    *batch = (struct mailbox_batch){.block = memory_get(BLOCK_SIZE)};
    if (gethostname(batch->host, sizeof batch->host - 1) < 0 || !batch->host[0]) {
        memcpy(batch->host, "localhost", 10);
    }
    for (i = 0; batch->host[i]; i++) {
        if (strchr("/:,", batch->host[i]) || batch->host[i] < '!' ||
            batch->host[i] > '~') {
            batch->host[i] = '_';
        }
    }
    return batch;
}

static size_t find_box(struct mailbox_batch *batch, const char *name)
{
    size_t i;

    for (i = batch->box_count; i > 0; i--) {
        if (strcmp(batch->boxes[i - 1].name, name) == 0) {
            return i - 1;
        }
    }
    if (batch->box_count == batch->box_room) {
        batch->box_room = batch->box_room * 2 + 8;
        batch->boxes =
            memory_resize(batch->boxes, batch->box_room * sizeof *batch->boxes);
    }
    batch->boxes[batch->box_count] = (struct box){.name = memory_copy_string(name)};
    return batch->box_count++;
}

/* Sets the target's result to OVER_QUOTA, or adds SIZE to its box's usage. */
static void check_quota(struct box *box, struct mailbox_target *target, uint64_t size)
{
    if (!box->is_usage_known && (target->quota_bytes || target->quota_count)) {
        target->result = mailbox_usage(box->name, &box->bytes, &box->count);
        box->is_usage_known = target->result == MAILBOX_OK;
    }
    if (target->result != MAILBOX_OK) {
        return;
    }
    if ((target->quota_bytes && box->bytes + size > target->quota_bytes) ||
        (target->quota_count && box->count + 1 > target->quota_count)) {
        target->result = MAILBOX_OVER_QUOTA;
        return;
    }
    box->bytes += size;
    box->count++;
}

/* A name that no other file has: time, process, a count and random bits. */
static int make_name(struct mailbox_batch *batch, stralloc *name)
{
    struct timespec now;
    char random[RANDOM_NAME_LEN + 1];

    if (random_name(random) < 0) {
        return -1;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    text_clear(name);
    text_add_format(name, "%lld.M%06ldP%ldQ%lluR%.8s.%s", (long long)now.tv_sec,
                    now.tv_nsec / 1000, (long)getpid(), batch->number++, random,
                    batch->host);
    return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(fd, bytes, len);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            errno = wrote == 0 ? ENOSPC : errno;
            return -1;
        }
        bytes += wrote;
        len -= (size_t)wrote;
    }
    return 0;
}

static uint64_t count_lines(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    uint64_t lines = 0;

    while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes)))) {
        lines++;
        bytes++;
    }
    return lines;
}

/* The text of a message as it is being written. */
struct source {
    const char *head;
    size_t head_len;
    ssize_t (*read)(void *data, char *buffer, size_t size);
    void *data;
};

/* Writes the message; *SIZE and *WIRE count its octets with LF and with CRLF. Small
 * messages leave in one write. A last line without LF gets one. */
static int write_message(struct mailbox_batch *batch, int fd,
                         const struct source *source, uint64_t *size, uint64_t *wire)
{
    size_t used = source->head_len;
    char last = '\n';
    ssize_t got;

    *size = *wire = 0;
    if (used > BLOCK_SIZE / 2) {
        errno = EMSGSIZE;
        return -1;
    }
    memcpy(batch->block, source->head, used);
    for (;;) {
        got = source->read(source->data, batch->block + used, BLOCK_SIZE - 1 - used);
        if (got < 0) {
            return -1;
        }
        used += (size_t)got;
        if (used > 0) {
            last = batch->block[used - 1];
        }
        if (got == 0 && last != '\n') {
            batch->block[used++] = last = '\n';
        }
        if (got == 0 || used == BLOCK_SIZE - 1) {
            *size += used;
            *wire += used + count_lines(batch->block, used);
            if (write_all(fd, batch->block, used) < 0) {
                return -1;
            }
            used = 0;
        }
        if (got == 0) {
            return 0;
        }
    }
}

/* Creates a file in the mailbox's tmp/, making the mailbox where it lacks. */
static int create_file(const char *mailbox, const char *path)
{
    int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(path, flags, 0600);

    if (fd < 0 && errno == ENOENT && maildir_make(mailbox) == 0) {
        fd = open(path, flags, 0600);
    }
    return fd;
}

static size_t add_file(struct mailbox_batch *batch, const char *tmp_path, int fd)
{
    if (batch->file_count == batch->file_room) {
        batch->file_room = batch->file_room * 2 + 8;
        batch->files =
            memory_resize(batch->files, batch->file_room * sizeof *batch->files);
    }
    batch->files[batch->file_count] = (struct file){
        .tmp_path = memory_copy_string(tmp_path), .fd = fd, .result = MAILBOX_OK};
    return batch->file_count++;
}

static void add_entry(struct mailbox_batch *batch, const struct entry *entry)
{
    if (batch->entry_count == batch->entry_room) {
        batch->entry_room = batch->entry_room * 2 + 8;
        batch->entries =
            memory_resize(batch->entries, batch->entry_room * sizeof *batch->entries);
    }
    batch->entries[batch->entry_count++] = *entry;
}

/* One message while it is added. */
struct message {
    struct source source;
    uint64_t size, wire;
    size_t file;       /* index of the first file */
    int is_written;    /* 1: file is there; -1: it can't be, the source is used up */
    size_t first_box;  /* whose tmp/ the first file lies in */
    int is_first_used; /* an entry moves its tmp_path */
};

/* Writes the file into a mailbox's tmp/; 0, or -1 with errno. */
static int write_first(struct mailbox_batch *batch, struct message *message, size_t box,
                       const char *tmp_path)
{
    int fd = create_file(batch->boxes[box].name, tmp_path);

    if (fd < 0) {
        return -1;
    }
    message->is_written = 1;
    if (write_message(batch, fd, &message->source, &message->size, &message->wire) <
        0) {
        int saved = errno;
        close(fd);
        unlink(tmp_path);
        message->is_written = -1;
        errno = saved;
        return -1;
    }
    message->file = add_file(batch, tmp_path, fd);
    message->first_box = box;
    return 0;
}

static int copy_file(int from, int to)
{
    char block[8192];
    off_t at = 0;
    ssize_t got;

    while ((got = pread(from, block, sizeof block, at)) > 0) {
        if (write_all(to, block, (size_t)got) < 0) {
            return -1;
        }
        at += got;
    }
    return got < 0 ? -1 : 0;
}

/* A copy of the first file at TMP_PATH, as a file of its own. */
static int copy_first(struct mailbox_batch *batch, const struct message *message,
                      struct entry *entry, const char *tmp_path)
{
    int fd = create_file(entry->target->name, tmp_path);

    if (fd < 0) {
        return -1;
    }
    if (copy_file(batch->files[message->file].fd, fd) < 0) {
        int saved = errno;
        close(fd);
        unlink(tmp_path);
        errno = saved;
        return -1;
    }
    entry->file = add_file(batch, tmp_path, fd);
    return 0;
}

/* Gives the first file a second name in another mailbox, or copies it where that
 * can't be. */
static int link_or_copy(struct mailbox_batch *batch, const struct message *message,
                        struct entry *entry, const char *tmp_path)
{
    const char *first = batch->files[message->file].tmp_path;

    entry->file = message->file;
    if (link(first, tmp_path) == 0 ||
        (errno == ENOENT && maildir_make(entry->target->name) == 0 &&
         link(first, tmp_path) == 0)) {
        entry->tmp_path = memory_copy_string(tmp_path);
        return 0;
    }
    if (errno != EXDEV && errno != EMLINK && errno != EPERM) {
        return -1;
    }
    return copy_first(batch, message, entry, tmp_path);
}

/* Puts the message into the tmp/ of the entry's mailbox. */
static int place(struct mailbox_batch *batch, struct message *message,
                 struct entry *entry, const char *tmp_path)
{
    if (!message->is_written && write_first(batch, message, entry->box, tmp_path) < 0) {
        return -1;
    }
    check_quota(&batch->boxes[entry->box], entry->target, message->size);
    if (entry->target->result != MAILBOX_OK) {
        return 0;
    }
    if (message->first_box == entry->box && !message->is_first_used) {
        message->is_first_used = 1;
        entry->file = message->file;
        return 0;
    }
    return link_or_copy(batch, message, entry, tmp_path);
}

static void add_target(struct mailbox_batch *batch, struct message *message,
                       struct mailbox_target *target)
{
    struct entry entry = {.target = target, .box = find_box(batch, target->name)};
    stralloc name = STRALLOC_ZERO;
    stralloc path = STRALLOC_ZERO;

    if (make_name(batch, &name) < 0) {
        target->result = MAILBOX_TEMPORARY;
    } else if (place(batch, message, &entry,
                     maildir_path(&path, target->name, "tmp", text_string(&name))) <
               0) {
        target->result = errno == ENOENT ? MAILBOX_TEMPORARY : maildir_judge(errno);
    } else if (target->result == MAILBOX_OK) {
        maildir_path(&path, target->name, "new", text_string(&name));
        text_add_format(&path, ",S=%llu,W=%llu", (unsigned long long)message->size,
                        (unsigned long long)message->wire);
        entry.new_path = memory_copy_string(text_string(&path));
        add_entry(batch, &entry);
    }
    text_free(&name);
    text_free(&path);
}

void mailbox_batch_add(struct mailbox_batch *batch, const char *head, size_t head_len,
                       ssize_t (*read)(void *data, char *buffer, size_t size),
                       void *data, struct mailbox_target *targets, size_t count)
{
    struct message message = {.source = {head, head_len, read, data}};
    size_t i;

    for (i = 0; i < count; i++) {
        targets[i].result = MAILBOX_OK;
        if (message.is_written < 0 || !mailbox_name_is_valid(targets[i].name)) {
            targets[i].result = MAILBOX_TEMPORARY;
        } else {
            add_target(batch, &message, &targets[i]);
        }
    }
}
