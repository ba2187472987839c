#include "writeall.h"

#include <errno.h>
#include <unistd.h>

int write_all(int fd, const char *bytes, size_t len)
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
