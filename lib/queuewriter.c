#include "paths.h"
#include "queuefile.h"
#include "rename.h"
#include "text.h"
#include "writeall.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BUFFER_SIZE 65536

/* The buffer of the only writer that most programs have at a time. Not from malloc: to
 * take so much from the kernel and give it back costs more than all that a small
 * message does with it. */
static char first_buffer[BUFFER_SIZE];
static int is_first_in_use;

static char *take_buffer(void)
{
    if (is_first_in_use) {
        return memory_get(BUFFER_SIZE);
    }
    is_first_in_use = 1;
    return first_buffer;
}

static void give_buffer(char *buffer)
{
    if (buffer == first_buffer) {
        is_first_in_use = 0;
    } else {
        free(buffer);
    }
}

/* "tmp/NAME" or "new/NAME" below the queue. */
static const char *make_path(stralloc *path, const char *folder, const char *name)
{
    path_make(path, PATH_QUEUE, folder);
    text_add_byte(path, '/');
    text_add_string(path, name);
    return text_string(path);
}

int queue_new_name(char name[QUEUE_NAME_SIZE])
{
    return random_name(name);
}

static void add_flags(stralloc *out, unsigned flags, const char *letters)
{
    for (; *letters; letters++, flags >>= 1) {
        if (flags & 1) {
            text_add_byte(out, *letters);
        }
    }
}

static void add_line(stralloc *out, char key, const stralloc *value)
{
    text_add_byte(out, key);
    text_add_byte(out, ' ');
    text_add_bytes(out, value->s, value->len);
    text_add_byte(out, '\n');
}

static void add_recipient(stralloc *out, const struct envelope_recipient *recipient)
{
    text_add_string(out, "R . ");
    add_flags(out, recipient->notify, "nsfd");
    text_add_string(out, recipient->notify ? " " : "- ");
    text_add_string(out, recipient->flags & RECIPIENT_EXPANDED ? "x " : "- ");
    text_add_string(out, *recipient->orcpt ? recipient->orcpt : "-");
    text_add_byte(out, ' ');
    text_add_string(out, recipient->address);
    text_add_byte(out, '\n');
}

static void add_header(stralloc *out, const struct envelope *envelope)
{
    size_t i;

    text_add_format(out, "T %lld\n", (long long)envelope->arrival);
    add_line(out, 'B', &envelope->brought_by);
    text_add_string(out, "F ");
    add_flags(out, envelope->flags, "8uqhf");
    text_add_byte(out, '\n');
    add_line(out, 'E', &envelope->envid);
    add_line(out, 'S', &envelope->sender);
    if (envelope->parent[0]) {
        text_add_format(out, "P %s %c ", envelope->parent, envelope->kind);
        text_add_bytes(out, envelope->covered.s, envelope->covered.len);
        text_add_byte(out, '\n');
    }
    for (i = 0; i < envelope->recipient_count; i++) {
        add_recipient(out, &envelope->recipients[i]);
    }
    text_add_byte(out, '\n');
}

/* A control byte in the envelope would end its line: nothing may come that far. */
static int is_clean(const stralloc *header, size_t lines)
{
    size_t i, count = 0;

    for (i = 0; i < header->len; i++) {
        unsigned char c = (unsigned char)header->s[i];
        count += c == '\n';
        if ((c < ' ' && c != '\n') || c == 127) {
            return 0;
        }
    }
    return count == lines;
}

static int write_header(struct queue_writer *writer, const struct envelope *envelope)
{
    stralloc header = STRALLOC_ZERO;
    char first[40];
    size_t lines = 6 + envelope->recipient_count + (envelope->parent[0] != '\0');
    int result = -1;

    add_header(&header, envelope);
    if (!is_clean(&header, lines)) {
        errno = EINVAL;
    } else {
        int len = snprintf(first, sizeof first, "pombo 1 %08zx %08x\n", header.len,
                           crc32c(0, header.s, header.len));
        memcpy(writer->buffer, first, (size_t)len);
        writer->used = (size_t)len;
        result = 0;
    }
    if (result == 0 && header.len > BUFFER_SIZE - writer->used) {
        result = write_all(writer->fd, writer->buffer, writer->used) < 0 ||
                         write_all(writer->fd, header.s, header.len) < 0
                     ? -1
                     : 0;
        writer->used = 0;
    } else if (result == 0) {
        memcpy(writer->buffer + writer->used, header.s, header.len);
        writer->used += header.len;
    }
    text_free(&header);
    return result;
}

static int choose_names(struct queue_writer *writer, const struct envelope *envelope)
{
    stralloc name = STRALLOC_ZERO;
    int result = 0;

    if (envelope->parent[0]) {
        size_t i = 0;
        text_set_string(&name, envelope->parent);
        text_add_byte(&name, '.');
        text_add_byte(&name, envelope->kind);
        while (i < envelope->covered.len && envelope->covered.s[i] != ',') {
            text_add_byte(&name, envelope->covered.s[i++]);
        }
        if (name.len >= QUEUE_NAME_SIZE) {
            errno = ENAMETOOLONG;
            result = -1;
        } else {
            memcpy(writer->name, text_string(&name), name.len + 1);
            result = queue_new_name(writer->tmp_name);
        }
    } else {
        result = writer->name[0] ? 0 : queue_new_name(writer->name);
        memcpy(writer->tmp_name, writer->name, sizeof writer->tmp_name);
    }
    text_free(&name);
    return result;
}

int queue_begin(struct queue_writer *writer, const struct envelope *envelope)
{
    stralloc path = STRALLOC_ZERO;

    writer->fd = -1;
    writer->crc = 0;
    writer->length = 0;
    writer->late = envelope->flags & (ENVELOPE_TLS_OPTIONAL | ENVELOPE_REQUIRETLS);
    writer->is_derived = envelope->parent[0] != '\0';
    writer->used = 0;
    writer->buffer = NULL;
    if (choose_names(writer, envelope) < 0) {
        return -1;
    }
    writer->fd = open(make_path(&path, "tmp", writer->tmp_name),
                      O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0660);
    text_free(&path);
    if (writer->fd < 0) {
        return -1;
    }
    writer->buffer = take_buffer();
    /* The umask must not shut qsend out, which reads by the folder's group. */
    if (fchmod(writer->fd, 0660) < 0 || write_header(writer, envelope) < 0) {
        queue_abort(writer);
        return -1;
    }
    return 0;
}

static int flush_buffer(struct queue_writer *writer)
{
    int result = write_all(writer->fd, writer->buffer, writer->used);

    writer->used = 0;
    return result;
}

/* Puts bytes into the file by way of the buffer. */
static int put_bytes(struct queue_writer *writer, const char *bytes, size_t len)
{
    if (len > BUFFER_SIZE - writer->used && flush_buffer(writer) < 0) {
        return -1;
    }
    if (len >= BUFFER_SIZE) {
        return write_all(writer->fd, bytes, len);
    }
    memcpy(writer->buffer + writer->used, bytes, len);
    writer->used += len;
    return 0;
}

int queue_write(struct queue_writer *writer, const char *bytes, size_t len)
{
    writer->crc = crc32c(writer->crc, bytes, len);
    writer->length += len;
    return put_bytes(writer, bytes, len);
}

void queue_set_tls_optional(struct queue_writer *writer)
{
    writer->late |= ENVELOPE_TLS_OPTIONAL;
}

static int write_end(struct queue_writer *writer)
{
    char end[64];
    char mark = writer->late == ENVELOPE_TLS_OPTIONAL ? 'n' : ' ';
    int len = snprintf(end, sizeof end, "END%c%016llx %08x\n", mark,
                       (unsigned long long)writer->length, writer->crc);

    return put_bytes(writer, end, (size_t)len) < 0 ? -1 : flush_buffer(writer);
}

/* new/, to be synced. Submitters of a server may not open it: -2. -1 with errno. */
static int open_new(void)
{
    stralloc path = STRALLOC_ZERO;
    int fd =
        open(path_make(&path, PATH_QUEUE, "new"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    text_free(&path);
    return fd < 0 && errno == EACCES ? -2 : fd;
}

/* Ends the writer; keeps errno. */
static void close_writer(struct queue_writer *writer)
{
    int saved = errno;

    if (writer->fd >= 0) {
        close(writer->fd);
    }
    give_buffer(writer->buffer);
    writer->fd = -1;
    writer->buffer = NULL;
    writer->used = 0;
    errno = saved;
}

/* Puts the file into new/, and syncs both. With its name first one commit of the file
 * system's journal holds bytes and name, and the sync of new/ finds nothing left to do;
 * who may not open new/ (-2) does without that sync, on Linux's journalling file
 * systems. Until then a cut may leave a torn file in new/, which qsend sets aside:
 * nobody was told that it is safe. Not so a derived message, whose name tells qsend
 * that its parent's recipients are settled: its bytes are safe before it has that name.
 */
static int name_and_sync(const struct queue_writer *writer, int folder, const char *old,
                         const char *new)
{
    if ((writer->is_derived && fsync(writer->fd) < 0) || rename_new(old, new) < 0) {
        return -1;
    }
    if (((!writer->is_derived || folder < 0) && fsync(writer->fd) < 0) ||
        (folder >= 0 && fsync(folder) < 0)) {
        int saved = errno;
        unlink(new); /* it may be taken over already: then a copy may go out */
        errno = saved;
        return -1;
    }
    return 0;
}

/* Where it failed nothing is left in tmp/. */
static void finish(struct queue_writer *writer, int result)
{
    if (result == 0) {
        close_writer(writer);
    } else {
        queue_abort(writer);
    }
}

int queue_commit(struct queue_writer *writer)
{
    stralloc old = STRALLOC_ZERO, new = STRALLOC_ZERO;
    int folder = open_new();
    int result = -1;

    make_path(&old, "tmp", writer->tmp_name);
    make_path(&new, "new", writer->name);
    if (folder != -1 && write_end(writer) == 0) {
        result = name_and_sync(writer, folder, old.s, new.s);
    }
    if (folder >= 0) {
        close(folder);
    }
    finish(writer, result);
    text_free(&old);
    text_free(&new);
    return result;
}

int queue_prepare(struct queue_writer *writer, const char *path)
{
    stralloc old = STRALLOC_ZERO, new = STRALLOC_ZERO;
    int result;

    make_path(&old, "tmp", writer->tmp_name);
    path_make(&new, PATH_QUEUE, path);
    result = write_end(writer) < 0 || fsync(writer->fd) < 0 || rename_new(old.s, new.s)
                 ? -1
                 : 0;
    finish(writer, result);
    text_free(&old);
    text_free(&new);
    return result;
}

int queue_release(const char *path, const char *name)
{
    stralloc old = STRALLOC_ZERO, new = STRALLOC_ZERO;
    int result;

    path_make(&old, PATH_QUEUE, path);
    make_path(&new, "new", name);
    result = rename_new(old.s, new.s);
    text_free(&old);
    text_free(&new);
    return result;
}

void queue_abort(struct queue_writer *writer)
{
    stralloc path = STRALLOC_ZERO;
    int saved = errno;

    if (writer->fd >= 0) {
        unlink(make_path(&path, "tmp", writer->tmp_name));
        text_free(&path);
    }
    close_writer(writer);
    errno = saved;
}

long long queue_free_space(void)
{
    stralloc path = STRALLOC_ZERO;
    struct statvfs disk;
    int result = statvfs(path_make(&path, PATH_QUEUE, ""), &disk);

    text_free(&path);
    return result < 0 ? -1 : (long long)disk.f_bavail * (long long)disk.f_frsize;
}
