#include "rename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

int rename_new(const char *old, const char *new)
{
    struct stat status;

    if (rename_no_replace(AT_FDCWD, old, AT_FDCWD, new) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -1;
    }
    if (lstat(new, &status) == 0) {
        errno = EEXIST;
        return -1;
    }
    return errno == ENOENT ? rename(old, new) : -1;
}
