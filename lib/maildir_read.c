/* Listing and reading a mailbox. All is taken from the names: a file is opened only
 * where its name lacks ",W=" (other programs' messages), to count its octets. New
 * messages stay in new/ until they are marked as seen. */
#include "maildir.h"
#include "rename.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE 65536

struct entry {
    size_t name; /* where it begins in names */
    time_t arrival;
    uint64_t size;
    unsigned char folder;
    unsigned char has_twin; /* another message has the same base */
    unsigned char is_found; /* by the scan under way */
    unsigned char is_gone;
};

struct mailbox {
    int folders[2]; /* new and cur; -1 where the mailbox is absent */
    unsigned char is_changed[2];
    struct entry *entries;
    size_t count, room;
    stralloc names;           /* each with its NUL */
    unsigned char scanning;   /* the folder that a scan is in */
    struct mailbox_item item; /* what mailbox_item last gave */
    char id[MAILDIR_ID_SIZE];
};

static const char *get_name(const struct mailbox *mailbox, const struct entry *entry)
{
    return mailbox->names.s + entry->name;
}

static size_t keep_name(struct mailbox *mailbox, const char *name)
{
    size_t at = mailbox->names.len;

    text_add_bytes(&mailbox->names, name, strlen(name) + 1);
    return at;
}

static void list_one(void *data, const char *name)
{
    struct mailbox *mailbox = data;

    if (mailbox->count == mailbox->room) {
        mailbox->room += mailbox->room / 2 + 64;
        mailbox->entries =
            memory_resize(mailbox->entries, mailbox->room * sizeof(struct entry));
    }
    mailbox->entries[mailbox->count++] =
        (struct entry){.name = keep_name(mailbox, name),
                       .arrival = maildir_name_time(name),
                       .folder = mailbox->scanning};
}

/* By arrival; of one message seen in both folders, the later place first. */
static int compare_entries(const void *a, const void *b, void *data)
{
    const struct entry *left = a, *right = b;
    const struct mailbox *mailbox = data;
    int order = (left->arrival > right->arrival) - (left->arrival < right->arrival);

    if (!order) {
        order = maildir_compare_same_time(get_name(mailbox, left),
                                          get_name(mailbox, right));
    }
    return order ? order : right->folder - left->folder;
}

/* A message that is moved while the folders are read may be met twice: one goes.
 * Names that share a base alone are messages of their own. */
static void drop_repetitions(struct mailbox *mailbox)
{
    size_t i, kept = 0;

    for (i = 0; i < mailbox->count; i++) {
        struct entry *entry = &mailbox->entries[i];
        const char *name = get_name(mailbox, entry);
        const char *last =
            kept > 0 ? get_name(mailbox, &mailbox->entries[kept - 1]) : "";
        if (maildir_have_same_base(name, last)) {
            if (maildir_compare_names(name, last) == 0) {
                continue;
            }
            entry->has_twin = 1;
        }
        mailbox->entries[kept++] = *entry;
    }
    mailbox->count = kept;
}

/* new/ first: what another session moves to cur/ meanwhile is met there. */
static int scan_folders(struct mailbox *mailbox,
                        void (*each)(void *data, const char *name))
{
    int folder;

    for (folder = MAILDIR_NEW; folder <= MAILDIR_CUR; folder++) {
        mailbox->scanning = (unsigned char)folder;
        if (maildir_each(mailbox->folders[folder], each, mailbox) < 0) {
            return -1;
        }
    }
    return 0;
}

static void note_one(void *data, const char *name)
{
    struct mailbox *mailbox = data;
    size_t low = 0, high = mailbox->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct entry *entry = &mailbox->entries[middle];
        int order = maildir_compare_names(name, get_name(mailbox, entry));
        if (order == 0) {
            if (strcmp(get_name(mailbox, entry), name) != 0) {
                entry->name = keep_name(mailbox, name);
            }
            entry->folder = mailbox->scanning;
            entry->is_found = 1;
            entry->is_gone = 0;
            return;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
}

/* Looks where another session has moved messages to, all at once. A message that is
 * renamed during one scan may escape it, hence two before one counts as removed.
 * 0: ENTRY is up to date; -1 with errno (ENOENT: removed). */
static int find_again(struct mailbox *mailbox, struct entry *entry)
{
    int scans;
    size_t i;

    for (scans = 0; scans < 2 && !entry->is_gone; scans++) {
        for (i = 0; i < mailbox->count; i++) {
            mailbox->entries[i].is_found = scans > 0 && mailbox->entries[i].is_found;
        }
        if (scan_folders(mailbox, note_one) < 0) {
            return -1;
        }
        if (entry->is_found) {
            return 0;
        }
    }
    for (i = 0; i < mailbox->count; i++) {
        mailbox->entries[i].is_gone = !mailbox->entries[i].is_found;
    }
    errno = ENOENT;
    return -1;
}

/* Nothing but a regular file is opened, and never waited for. */
static int open_entry(const struct mailbox *mailbox, const struct entry *entry)
{
    struct stat status;
    int fd = openat(mailbox->folders[entry->folder], get_name(mailbox, entry),
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        errno = ENOENT;
        return -1;
    }
    return fd;
}

static int find_and_open(struct mailbox *mailbox, struct entry *entry)
{
    int fd;

    if (entry->is_gone) {
        errno = ENOENT;
        return -1;
    }
    fd = open_entry(mailbox, entry);
    if (fd < 0 && errno == ENOENT && find_again(mailbox, entry) == 0) {
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
static int measure(struct mailbox *mailbox, struct entry *entry)
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

    for (i = 0; i < mailbox->count; i++) {
        if (measure(mailbox, &mailbox->entries[i]) < 0) {
            return -1;
        }
    }
    for (i = 0; i < mailbox->count; i++) {
        if (!mailbox->entries[i].is_gone) {
            mailbox->entries[kept++] = mailbox->entries[i];
        }
    }
    mailbox->count = kept;
    return 0;
}

/* How many of the two are open; -1 on errors. */
static int open_present(struct mailbox *mailbox, const char *name)
{
    int folder, count = 0;

    for (folder = MAILDIR_NEW; folder <= MAILDIR_CUR; folder++) {
        if (mailbox->folders[folder] < 0) {
            mailbox->folders[folder] =
                maildir_open_folder(name, (enum maildir_folder)folder);
        }
        if (mailbox->folders[folder] < 0 && errno != ENOENT) {
            return -1;
        }
        count += mailbox->folders[folder] >= 0;
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

static int list(struct mailbox *mailbox)
{
    if (scan_folders(mailbox, list_one) < 0) {
        return -1;
    }
    if (mailbox->count > 0) {
        qsort_r(mailbox->entries, mailbox->count, sizeof(struct entry), compare_entries,
                mailbox);
    }
    drop_repetitions(mailbox);
    return measure_all(mailbox);
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
    *mailbox = (struct mailbox){.folders = {-1, -1}};
    result = open_folders(mailbox, name);
    if (result > 0) {
        maildir_tidy(name);
        result = list(mailbox);
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
        if (mailbox->folders[folder] >= 0) {
            close(mailbox->folders[folder]);
        }
    }
    text_free(&mailbox->names);
    free(mailbox->entries);
    free(mailbox);
}

size_t mailbox_count(const struct mailbox *mailbox)
{
    return mailbox->count;
}

const struct mailbox_item *mailbox_item(struct mailbox *mailbox, size_t index)
{
    const struct entry *entry = &mailbox->entries[index];
    const char *name = get_name(mailbox, entry);
    /* Of other programs' names the sizes may be all that tells two apart, and an id
     * must not change when one of them goes. */
    int is_base_alone = maildir_name_is_ours(name) && !entry->has_twin;

    maildir_make_id(mailbox->id, name,
                    is_base_alone ? maildir_base_length(name)
                                  : maildir_unique_length(name));
    mailbox->item = (struct mailbox_item){
        .id = mailbox->id, .size = entry->size, .arrival = entry->arrival};
    return &mailbox->item;
}

int mailbox_read(struct mailbox *mailbox, size_t index)
{
    return find_and_open(mailbox, &mailbox->entries[index]);
}

enum mailbox_result mailbox_remove(struct mailbox *mailbox, size_t index)
{
    struct entry *entry = &mailbox->entries[index];
    int result = -1;

    if (!entry->is_gone) {
        result = unlinkat(mailbox->folders[entry->folder], get_name(mailbox, entry), 0);
        if (result < 0 && errno == ENOENT && find_again(mailbox, entry) == 0) {
            result =
                unlinkat(mailbox->folders[entry->folder], get_name(mailbox, entry), 0);
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
        if (mailbox->is_changed[folder] && fsync(mailbox->folders[folder]) < 0) {
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
    struct entry *entry = &mailbox->entries[index];
    stralloc name = STRALLOC_ZERO;
    int tries;

    for (tries = 0; tries < 2 && !entry->is_gone; tries++) {
        if (add_seen(&name, get_name(mailbox, entry)) < 0) {
            break;
        }
        if (rename_no_replace(mailbox->folders[entry->folder], get_name(mailbox, entry),
                              mailbox->folders[MAILDIR_CUR], text_string(&name)) == 0) {
            entry->name = keep_name(mailbox, name.s);
            entry->folder = MAILDIR_CUR;
            break;
        }
        if (errno != ENOENT || find_again(mailbox, entry) < 0) {
            break;
        }
    }
    text_free(&name);
}
