/* Listing and reading a mailbox. All is taken from the names: a file is opened only
 * where its name lacks ",W=" (other programs' messages), to count its octets. New
 * messages stay in new/ until they are marked as seen. */
#include "maildir_list.h"
#include "rename.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE 65536

struct mailbox {
    struct maildir_list list; /* its folders are -1 where the mailbox is absent */
    unsigned char is_changed[2];
    struct mailbox_item item; /* what mailbox_item last gave */
    char id[MAILDIR_ID_SIZE];
};

static const char *get_name(const struct mailbox *mailbox,
                            const struct maildir_entry *entry)
{
    return maildir_list_name(&mailbox->list, entry);
}

/* Nothing but a regular file is opened, and never waited for. */
static int open_entry(const struct mailbox *mailbox, const struct maildir_entry *entry)
{
    struct stat status;
    int fd = openat(mailbox->list.folders[entry->folder], get_name(mailbox, entry),
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        errno = ENOENT;
        return -1;
    }
    return fd;
}

static int find_and_open(struct mailbox *mailbox, struct maildir_entry *entry)
{
    int fd;

    if (entry->is_gone) {
        errno = ENOENT;
        return -1;
    }
    fd = open_entry(mailbox, entry);
    if (fd < 0 && errno == ENOENT &&
        maildir_list_find_again(&mailbox->list, entry) == 0) {
        fd = open_entry(mailbox, entry);
    }
    return fd;
}

static int count_file(int fd, uint64_t *size)
{
    static char buffer[READ_SIZE];
    struct maildir_count count = {0};
    ssize_t got;

    while ((got = read(fd, buffer, sizeof buffer)) != 0) {
        if (got > 0) {
            maildir_count_add(&count, buffer, (size_t)got);
        } else if (errno != EINTR) {
            return -1;
        }
    }
    *size = maildir_count_wire(&count);
    return 0;
}

/* Marks a message as gone that is no longer there, or not for us. 0, or -1. */
static int measure(struct mailbox *mailbox, struct maildir_entry *entry)
{
    int fd, result, saved;

    if (maildir_name_number(get_name(mailbox, entry), 'W', &entry->size) == 0) {
        return 0;
    }
    fd = find_and_open(mailbox, entry);
    if (fd < 0) {
        entry->is_gone = errno == ENOENT || errno == EACCES || errno == ELOOP;
        return entry->is_gone ? 0 : -1;
    }
    result = count_file(fd, &entry->size);
    saved = errno;
    close(fd);
    errno = saved;
    return result;
}

static int measure_all(struct mailbox *mailbox)
{
    size_t i, kept = 0;

    for (i = 0; i < mailbox->list.count; i++) {
        if (measure(mailbox, &mailbox->list.entries[i]) < 0) {
            return -1;
        }
    }
    for (i = 0; i < mailbox->list.count; i++) {
        if (!mailbox->list.entries[i].is_gone) {
            mailbox->list.entries[kept++] = mailbox->list.entries[i];
        }
    }
    mailbox->list.count = kept;
    return 0;
}

/* How many of the two are open; -1 on errors. */
static int open_present(struct mailbox *mailbox, const char *name)
{
    int folder, count = 0;

    for (folder = MAILDIR_NEW; folder <= MAILDIR_CUR; folder++) {
        if (mailbox->list.folders[folder] < 0) {
            mailbox->list.folders[folder] =
                maildir_open_folder(name, (enum maildir_folder)folder);
        }
        if (mailbox->list.folders[folder] < 0 && errno != ENOENT) {
            return -1;
        }
        count += mailbox->list.folders[folder] >= 0;
    }
    return count;
}

/* 1: both folders are open; 0: there is no mailbox yet; -1. One that a power cut has
 * left half made is made whole: mail may lie in it already. */
static int open_folders(struct mailbox *mailbox, const char *name)
{
    int count = open_present(mailbox, name);

    if (count == 1 && maildir_complete(name) == 0) {
        count = open_present(mailbox, name);
    }
    return count < 0 || count == 1 ? -1 : count == 2;
}

enum mailbox_result mailbox_open(struct mailbox **out, const char *name)
{
    struct mailbox *mailbox;
    int result;

    if (!mailbox_name_is_valid(name)) {
        errno = EINVAL;
        return MAILBOX_TEMPORARY;
    }
    mailbox = memory_get(sizeof *mailbox);
    *mailbox = (struct mailbox){.list = {.folders = {-1, -1}}};
    result = open_folders(mailbox, name);
    if (result > 0) {
        maildir_tidy(name);
        result = maildir_list_read(&mailbox->list) < 0 ? -1 : measure_all(mailbox);
    }
    if (result < 0) {
        int saved = errno;
        mailbox_close(mailbox);
        errno = saved;
        return MAILBOX_TEMPORARY;
    }
    *out = mailbox;
    return MAILBOX_OK;
}

void mailbox_close(struct mailbox *mailbox)
{
    int folder;

    if (!mailbox) {
        return;
    }
    for (folder = MAILDIR_NEW; folder <= MAILDIR_CUR; folder++) {
        if (mailbox->list.folders[folder] >= 0) {
            close(mailbox->list.folders[folder]);
        }
    }
    maildir_list_free(&mailbox->list);
    free(mailbox);
}

size_t mailbox_count(const struct mailbox *mailbox)
{
    return mailbox->list.count;
}

uint64_t mailbox_size(const struct mailbox *mailbox, size_t index)
{
    return mailbox->list.entries[index].size;
}

const struct mailbox_item *mailbox_item(struct mailbox *mailbox, size_t index)
{
    const struct maildir_entry *entry = &mailbox->list.entries[index];
    const char *name = get_name(mailbox, entry);

    /* Of what other programs leave, the sizes may be all that tells two apart; and an
     * id that hung on what else is there would change, or pass to another message, when
     * that goes. */
    maildir_make_id(mailbox->id, name, maildir_unique_length(name));
    mailbox->item = (struct mailbox_item){
        .id = mailbox->id, .size = entry->size, .arrival = entry->arrival};
    return &mailbox->item;
}

int mailbox_read(struct mailbox *mailbox, size_t index)
{
    return find_and_open(mailbox, &mailbox->list.entries[index]);
}

enum mailbox_result mailbox_remove(struct mailbox *mailbox, size_t index)
{
    struct maildir_entry *entry = &mailbox->list.entries[index];
    int result = -1;

    if (!entry->is_gone) {
        result =
            unlinkat(mailbox->list.folders[entry->folder], get_name(mailbox, entry), 0);
        if (result < 0 && errno == ENOENT &&
            maildir_list_find_again(&mailbox->list, entry) == 0) {
            result = unlinkat(mailbox->list.folders[entry->folder],
                              get_name(mailbox, entry), 0);
        }
    } else {
        errno = ENOENT;
    }
    if (result < 0) {
        return errno == ENOENT ? MAILBOX_ABSENT : MAILBOX_TEMPORARY;
    }
    entry->is_gone = 1;
    mailbox->is_changed[entry->folder] = 1;
    return MAILBOX_OK;
}

enum mailbox_result mailbox_sync(struct mailbox *mailbox)
{
    enum mailbox_result result = MAILBOX_OK;
    int folder;

    for (folder = MAILDIR_NEW; folder <= MAILDIR_CUR; folder++) {
        if (mailbox->is_changed[folder] && fsync(mailbox->list.folders[folder]) < 0) {
            result = MAILBOX_TEMPORARY;
        }
        mailbox->is_changed[folder] = 0;
    }
    return result;
}

/* NAME with the flag S among its flags, which stand in the order of ASCII. 0, or -1
 * where it has it already, or has flags that are not known. */
static int add_seen(stralloc *out, const char *name)
{
    size_t len = maildir_unique_length(name), before;
    const char *flags = name + len;

    text_clear(out);
    text_add_bytes(out, name, len);
    if (*flags == '\0') {
        text_add_string(out, ":2,S");
        return 0;
    }
    if (strncmp(flags, ":2,", 3) != 0 || strchr(flags + 3, 'S')) {
        return -1;
    }
    before = 3;
    while (flags[before] && flags[before] < 'S') {
        before++;
    }
    text_add_bytes(out, flags, before);
    text_add_byte(out, 'S');
    text_add_string(out, flags + before);
    return 0;
}

void mailbox_mark_seen(struct mailbox *mailbox, size_t index)
{
    struct maildir_entry *entry = &mailbox->list.entries[index];
    stralloc name = STRALLOC_ZERO;
    int tries;

    for (tries = 0; tries < 2 && !entry->is_gone; tries++) {
        if (add_seen(&name, get_name(mailbox, entry)) < 0) {
            break;
        }
        if (rename_no_replace(
                mailbox->list.folders[entry->folder], get_name(mailbox, entry),
                mailbox->list.folders[MAILDIR_CUR], text_string(&name)) == 0) {
            entry->name = maildir_list_keep(&mailbox->list, name.s);
            entry->folder = MAILDIR_CUR;
            break;
        }
        if (errno != ENOENT || maildir_list_find_again(&mailbox->list, entry) < 0) {
            break;
        }
    }
    text_free(&name);
}
