#include "derived.h"

#include "folder.h"
#include "log.h"
#include "queuename.h"
#include "scheduler.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int derived_is_consistent(const char *name, const struct envelope *envelope)
{
    size_t len = strlen(envelope->parent);

    return len > 0 && strncmp(name, envelope->parent, len) == 0 && name[len] == '.' &&
           name[len + 1] == envelope->kind && strchr(name + len + 1, '.') == NULL;
}

/* The state that a derived message of KIND stands for, or 0 where RECIPIENT's is not
 * one that it settles. A forward that did not pass the wish for SUCCESS on leaves the
 * DSN "expanded" owed. */
static char get_new_state(const struct envelope *derived,
                          const struct envelope_recipient *recipient)
{
    char kind = derived->kind;
    char state = recipient->state;
    int is_todo = state == STATE_TODO || state == STATE_WARNED;
    int is_owed = (recipient->notify & NOTIFY_SUCCESS) && derived->sender.len > 0 &&
                  !(derived->recipients[0].notify & NOTIFY_SUCCESS);

    switch (kind) {
    case 'b':
        return is_todo ? STATE_BOUNCED : 0;
    case 'w':
        return state == STATE_TODO ? STATE_WARNED : 0;
    case 'f':
        return !is_todo ? 0 : is_owed ? STATE_DELIVERED : STATE_DONE;
    case 's':
        /* Delivered it was, though a power cut may have taken the state that said so.
         */
        return state != STATE_BOUNCED ? STATE_DONE : 0;
    default:
        return 0;
    }
}

/* COVERED: indexes, parted by commas. */
static int mark_covered(int fd, struct queue_file *parent, struct envelope *derived)
{
    const char *covered = text_string(&derived->covered);

    while (*covered) {
        char *end;
        unsigned long index = strtoul(covered, &end, 10);
        if (end == covered) {
            return 0;
        }
        if (index < parent->envelope.recipient_count) {
            char state = get_new_state(derived, &parent->envelope.recipients[index]);
            if (state && queue_mark(fd, parent, index, state) < 0) {
                return -1;
            }
        }
        covered = *end == ',' ? end + 1 : end;
    }
    return fsync(fd);
}

/* Descriptor of the parent's file, wherever it lies; -1 with ENOENT where it is
 * gone, which says that all its recipients are settled. In new/ it lies where a power
 * cut took its move to cur/ back. */
static int open_parent(struct scheduler *scheduler, const char *name)
{
    static const char *const folders[] = {"cur", "new"};
    char path[WHEEL_PATH_SIZE];
    size_t i;
    int fd;

    for (i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", folders[i], name);
        fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 || errno != ENOENT) {
            return fd;
        }
    }
    if (wheel_find(&scheduler->wheel, name, path) < 0) {
        return -1;
    }
    return open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

static int mark_parent(struct scheduler *scheduler, struct envelope *derived)
{
    struct queue_file parent = {0};
    enum queue_result read;
    int result;
    int fd = open_parent(scheduler, derived->parent);

    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    read = queue_read(fd, &parent);
    result = read == QUEUE_TEMPORARY ? -1 : 0;
    if (read == QUEUE_OK) {
        result = mark_covered(fd, &parent, derived);
    }
    if (close(fd) < 0) {
        result = -1;
    }
    queue_file_free(&parent);
    return result;
}

/* Whether a file that can't be opened is none of ours, for all time. */
static int is_foreign(int error)
{
    return error == ENOENT || error == ELOOP || error == EACCES || error == EPERM ||
           error == EISDIR || error == ENXIO || error == ENODEV;
}

/* 1: FILE holds new/NAME, a derived message of our own; 0: not one; -1 with errno. */
static int read_derived(const char *name, struct queue_file *file)
{
    char path[QUEUE_NAME_SIZE + 8];
    struct stat status;
    int result = 0;
    int fd;

    snprintf(path, sizeof path, "new/%s", name);
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return is_foreign(errno) ? 0 : -1;
    }
    if (fstat(fd, &status) < 0) {
        result = -1;
    } else if (S_ISREG(status.st_mode) && status.st_uid == geteuid()) {
        enum queue_result read = queue_read(fd, file);
        result = read == QUEUE_TEMPORARY ? -1
                 : read == QUEUE_OK      ? derived_is_consistent(name, &file->envelope)
                                         : 0;
    }
    close(fd);
    return result;
}

/* 1: settled; 0: not one of ours, or its parent is under way; -1: an error. */
static int settle(struct scheduler *scheduler, const char *name)
{
    struct queue_file file = {0};
    int result = read_derived(name, &file);

    if (result > 0 && message_find(&scheduler->active, file.envelope.parent)) {
        result = 0;
    }
    if (result > 0 && mark_parent(scheduler, &file.envelope) < 0) {
        result = -1;
    }
    if (result < 0) {
        log_failure("settle", "id", name, (char *)0);
    }
    queue_file_free(&file);
    return result;
}

int derived_settle(struct scheduler *scheduler, const char *name)
{
    return settle(scheduler, name) > 0 ? 0 : -1;
}

int derived_settle_all(struct scheduler *scheduler)
{
    struct dirent *entry;
    DIR *folder = opendir("new");
    int result = folder ? 0 : -1;

    while (folder && (entry = folder_next(folder))) {
        if (queuename_is_valid(entry->d_name) && queuename_is_derived(entry->d_name) &&
            settle(scheduler, entry->d_name) < 0) {
            result = -1;
        }
    }
    if (!folder || errno) {
        log_failure("read-folder", "name", "new", (char *)0);
        result = -1;
    }
    if (folder) {
        closedir(folder);
    }
    return result;
}
