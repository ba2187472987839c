#include "maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct usage {
    int fd;
    uint64_t bytes, count;
};

/* The name tells the size, or else the file. */
static void add_one(void *data, const char *name)
{
    struct usage *usage = data;
    struct stat status;
    uint64_t size;

    if (maildir_name_number(name, 'S', &size) < 0) {
        if (fstatat(usage->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
            return; /* gone meanwhile */
        }
        size = (uint64_t)status.st_size;
    }
    usage->bytes += size;
    usage->count++;
}

static int add_folder(struct usage *usage, const char *name, enum maildir_folder folder)
{
    int result, saved;

    usage->fd = maildir_open_folder(name, folder);
    if (usage->fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    result = maildir_each(usage->fd, add_one, usage);
    saved = errno;
    close(usage->fd);
    errno = saved;
    return result;
}

enum mailbox_result mailbox_usage(const char *name, uint64_t *bytes, uint64_t *count)
{
    struct usage usage = {0};

    if (add_folder(&usage, name, MAILDIR_NEW) < 0 ||
        add_folder(&usage, name, MAILDIR_CUR) < 0) {
        return MAILBOX_TEMPORARY;
    }
    *bytes = usage.bytes;
    *count = usage.count;
    return MAILBOX_OK;
}
