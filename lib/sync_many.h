/* Several files made durable at once. One fsync after the other costs a flush of the
 * disk's cache each, even where the first one's commit of the file system's journal
 * held them all; asked for at the same time (io_submit(2)) they share one. */
#ifndef LIB_SYNC_MANY_H
#define LIB_SYNC_MANY_H

#include <stddef.h>

struct sync_file {
    int fd;     /* of a file or folder; < 0: left alone */
    int errnum; /* out: 0 where it is durable (or was left alone), else errno */
};

/* fsync of each, and waits for all. Not for two threads at a time, nor for a process
 * that forked since its first call. */
void sync_many(struct sync_file *files, size_t count);

#endif
