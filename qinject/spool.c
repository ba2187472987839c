#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int spool_open(void)
{
    const char *folder = getenv("TMPDIR");
    int fd =
        open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    /* Not every file system has unnamed files. */
    return fd >= 0 ? fd : memfd_create("message", MFD_CLOEXEC);
}

int spool_write(int fd, const char *bytes, size_t len)
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
