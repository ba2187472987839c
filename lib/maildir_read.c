#include "maildir.h"
#include "paths.h"
#include "text.h"

#include <skalibs/sha256.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID_MAX 70

struct message {
    struct mailbox_item item; /* item.id points into ids */
    char *file;               /* its name when the mailbox was opened */
    int is_new;               /* in new/, else in cur/ */
    int is_removed;
};

struct mailbox {
    char *name;
    struct message *messages;
    size_t count, room;
    int folders[2]; /* descriptors of cur/ and new/, -1 where there is none */
    int has_removed;
};

static const char *const folder_names[2] = {"cur", "new"};

/* The part of a file's name that flags and sizes do not change: up to the first ':' or
 * ','. */
static size_t base_length(const char *file)
{
    return strcspn(file, ":,");
}

static int is_good_id(const char *id, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (id[i] < '!' || id[i] > '~') {
            return 0;
        }
    }
    return len > 0 && len <= ID_MAX;
}

/* The base name, or where that can't be a unique-id (RFC 1939 section 7) its hash. */
static char *make_id(const char *file)
{
    static const char hex[] = "0123456789abcdef";
    size_t len = base_length(file);
    char digest[32], id[64];
    SHA256Schedule state = SHA256_INIT();
    size_t i;

    if (is_good_id(file, len)) {
        return memory_copy_bytes(file, len);
    }
    sha256_update(&state, file, len);
    sha256_final(&state, digest);
    for (i = 0; i < 32; i++) {
        id[2 * i] = hex[(unsigned char)digest[i] >> 4];
        id[2 * i + 1] = hex[digest[i] & 15];
    }
    return memory_copy_bytes(id, sizeof id);
}

/* Octets on the wire of a message whose name does not tell; -1 where it can't be read.
 */
static long long measure(int folder, const char *file)
{
    char block[65536];
    long long octets = 0;
    char last = '\n';
    ssize_t got;
    struct stat st;
    int fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    while ((got = read(fd, block, sizeof block)) > 0) {
        ssize_t i;
        for (i = 0; i < got; i++) {
            octets += block[i] == '\n' && last != '\r';
            last = block[i];
        }
        octets += got;
    }
    close(fd);
    if (got < 0) {
        return -1;
    }
    return last == '\n' ? octets : octets + 2;
}

static int is_message(int folder, const struct dirent *entry)
{
    struct stat st;

    if (entry->d_name[0] == '.') {
        return 0;
    }
    if (entry->d_type == DT_REG) {
        return 1;
    }
    return entry->d_type == DT_UNKNOWN &&
           fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode);
}

static void add_message(struct mailbox *mailbox, int is_new, const char *file)
{
    struct message *message;
    long long size = maildir_name_number(file, 'W');

    if (size < 0) {
        size = measure(mailbox->folders[is_new], file);
    }
    if (size < 0) {
        return; /* vanished, or not to be read: not there for this session */
    }
    if (mailbox->count == mailbox->room) {
        mailbox->room = mailbox->room * 2 + 64;
        mailbox->messages =
            memory_resize(mailbox->messages, mailbox->room * sizeof *message);
    }
    message = &mailbox->messages[mailbox->count++];
    *message = (struct message){.file = memory_copy_string(file), .is_new = is_new};
    message->item.id = make_id(file);
    message->item.size = (uint64_t)size;
    message->item.arrival = (time_t)strtoll(file, NULL, 10);
}

static enum mailbox_result scan(struct mailbox *mailbox, int is_new)
{
    int fd = mailbox->folders[is_new];
    int copy;
    DIR *folder;
    struct dirent *entry;

    if (fd < 0) {
        return MAILBOX_OK;
    }
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    folder = copy < 0 ? NULL : fdopendir(copy);
    if (!folder) {
        if (copy >= 0) {
            close(copy);
        }
        return MAILBOX_TEMPORARY;
    }
    while ((errno = 0, entry = readdir(folder))) {
        if (is_message(fd, entry)) {
            add_message(mailbox, is_new, entry->d_name);
        }
    }
    if (errno != 0) {
        closedir(folder);
        return MAILBOX_TEMPORARY;
    }
    return closedir(folder) < 0 ? MAILBOX_TEMPORARY : MAILBOX_OK;
}

static int compare_messages(const void *a, const void *b)
{
    const struct message *one = a;
    const struct message *two = b;

    if (one->item.arrival != two->item.arrival) {
        return one->item.arrival < two->item.arrival ? -1 : 1;
    }
    return strcmp(one->file, two->file);
}

static void free_message(struct message *message)
{
    free(message->file);
    free((void *)(uintptr_t)message->item.id);
}

/* One message may be met in new/ and, moved meanwhile, in cur/ again. */
static void drop_doubles(struct mailbox *mailbox)
{
    size_t kept = 0, i;

    for (i = 0; i < mailbox->count; i++) {
        if (kept > 0 && strcmp(mailbox->messages[kept - 1].item.id,
                               mailbox->messages[i].item.id) == 0) {
            free_message(&mailbox->messages[i]);
        } else {
            mailbox->messages[kept++] = mailbox->messages[i];
        }
    }
    mailbox->count = kept;
}

static int open_folder(const char *mailbox, const char *folder)
{
    stralloc path = STRALLOC_ZERO;
    int fd = open(maildir_path(&path, mailbox, folder, NULL),
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    text_free(&path);
    return fd;
}

enum mailbox_result mailbox_open(struct mailbox **out, const char *name)
{
    struct mailbox *mailbox = memory_get(sizeof *mailbox);
    enum mailbox_result result = MAILBOX_OK;
    int i;

    *mailbox = (struct mailbox){.name = memory_copy_string(name), .folders = {-1, -1}};
    *out = NULL;
    if (!mailbox_name_is_valid(name)) {
        errno = EINVAL;
        result = MAILBOX_TEMPORARY;
    }
    for (i = 0; i < 2 && result == MAILBOX_OK; i++) {
        mailbox->folders[i] = open_folder(name, folder_names[i]);
        if (mailbox->folders[i] < 0 && errno != ENOENT) {
            result = MAILBOX_TEMPORARY;
        }
    }
    /* new/ first: what another session moves to cur/ meanwhile is met there. */
    for (i = 1; i >= 0 && result == MAILBOX_OK; i--) {
        result = scan(mailbox, i);
    }
    if (result != MAILBOX_OK) {
        mailbox_close(mailbox);
        return result;
    }
    maildir_tidy(name);
    qsort(mailbox->messages, mailbox->count, sizeof *mailbox->messages,
          compare_messages);
    drop_doubles(mailbox);
    *out = mailbox;
    return MAILBOX_OK;
}

void mailbox_close(struct mailbox *mailbox)
{
    size_t i;

    for (i = 0; i < mailbox->count; i++) {
        free_message(&mailbox->messages[i]);
    }
    for (i = 0; i < 2; i++) {
        if (mailbox->folders[i] >= 0) {
            close(mailbox->folders[i]);
        }
    }
    free(mailbox->messages);
    free(mailbox->name);
    free(mailbox);
}

size_t mailbox_count(const struct mailbox *mailbox)
{
    return mailbox->count;
}

const struct mailbox_item *mailbox_item(const struct mailbox *mailbox, size_t index)
{
    return &mailbox->messages[index].item;
}

/* Looks for the message under another name (other flags, the other folder); keeps what
 * it finds. 0, or -1 with ENOENT. */
static int find_again(struct mailbox *mailbox, struct message *message)
{
    size_t len = base_length(message->file);
    int i;

    for (i = 0; i < 2; i++) {
        int fd = open_folder(mailbox->name, folder_names[i]);
        DIR *folder = fd < 0 ? NULL : fdopendir(fd);
        struct dirent *entry;
        while (folder && (entry = readdir(folder))) {
            if (strncmp(entry->d_name, message->file, len) == 0 &&
                strchr(":,", entry->d_name[len])) {
                free(message->file);
                message->file = memory_copy_string(entry->d_name);
                message->is_new = i;
                closedir(folder);
                return 0;
            }
        }
        if (folder) {
            closedir(folder);
        } else if (fd >= 0) {
            close(fd);
        }
    }
    errno = ENOENT;
    return -1;
}

static int open_message(struct mailbox *mailbox, const struct message *message)
{
    int fd = openat(mailbox->folders[message->is_new], message->file,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = EINVAL;
        fd = -1;
    }
    return fd;
}

int mailbox_read(struct mailbox *mailbox, size_t index)
{
    struct message *message = &mailbox->messages[index];
    int fd = open_message(mailbox, message);

    if (fd < 0 && errno == ENOENT && find_again(mailbox, message) == 0) {
        fd = open_message(mailbox, message);
    }
    return fd;
}

enum mailbox_result mailbox_remove(struct mailbox *mailbox, size_t index)
{
    struct message *message = &mailbox->messages[index];
    int result = unlinkat(mailbox->folders[message->is_new], message->file, 0);

    if (result < 0 && errno == ENOENT && find_again(mailbox, message) == 0) {
        result = unlinkat(mailbox->folders[message->is_new], message->file, 0);
    }
    if (result < 0) {
        return errno == ENOENT ? MAILBOX_ABSENT : MAILBOX_TEMPORARY;
    }
    message->is_removed = 1;
    mailbox->has_removed = 1;
    return MAILBOX_OK;
}

enum mailbox_result mailbox_sync(struct mailbox *mailbox)
{
    int i;

    for (i = 0; i < 2 && mailbox->has_removed; i++) {
        if (mailbox->folders[i] >= 0 && fsync(mailbox->folders[i]) < 0) {
            return MAILBOX_TEMPORARY;
        }
    }
    return MAILBOX_OK;
}

/* new/FILE becomes cur/FILE:2,S; in cur/ the flag is added in its place. */
void mailbox_mark_seen(struct mailbox *mailbox, size_t index)
{
    struct message *message = &mailbox->messages[index];
    const char *flags = strstr(message->file, ":2,");
    stralloc name = STRALLOC_ZERO;
    size_t before;

    if (message->is_removed || mailbox->folders[0] < 0 ||
        (flags && strchr(flags + 3, 'S'))) {
        return;
    }
    text_set_string(&name, message->file);
    if (!flags) {
        text_add_string(&name, ":2,");
    }
    before = flags ? (size_t)(flags + 3 - message->file) : name.len;
    while (before < name.len && name.s[before] < 'S') {
        before++; /* flags stand in alphabetical order */
    }
    if (!stralloc_insertb(&name, before, "S", 1)) {
        text_exhausted();
    }
    if (renameat(mailbox->folders[message->is_new], message->file, mailbox->folders[0],
                 text_string(&name)) == 0) {
        free(message->file);
        message->file = memory_copy_string(name.s);
        message->is_new = 0;
    }
    text_free(&name);
}
