#include "spool.h"

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
