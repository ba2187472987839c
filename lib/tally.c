#include "tally.h"

#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUCKET_SIZE (TALLY_BUCKET * sizeof(struct tally_row))
#define FILE_SIZE ((off_t)(TALLY_BUCKETS * BUCKET_SIZE))

int tally_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;
    int saved;

    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, &st) == 0 &&
        (st.st_size == FILE_SIZE || ftruncate(fd, FILE_SIZE) == 0)) {
        return fd;
    }
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* A process's own, so that those who had the descriptor from one template
 * (lib/template.h) keep each other out too. */
static int set_lock(int fd, off_t at, short type)
{
    struct flock lock = {.l_type = type,
                         .l_whence = SEEK_SET,
                         .l_start = at,
                         .l_len = (off_t)BUCKET_SIZE};
    int result;

    do {
        result = fcntl(fd, F_SETLKW, &lock);
    } while (result < 0 && errno == EINTR);
    return result;
}

/* The row with the key, else the one to be used for it, emptied. */
static struct tally_row *choose_row(struct tally_row *rows, const unsigned char *key)
{
    struct tally_row *oldest = rows;
    int i;

    for (i = 0; i < TALLY_BUCKET; i++) {
        if (memcmp(rows[i].key, key, TALLY_KEY_SIZE) == 0) {
            return &rows[i];
        }
        oldest = rows[i].used < oldest->used ? &rows[i] : oldest;
    }
    memset(oldest, 0, sizeof *oldest);
    memcpy(oldest->key, key, TALLY_KEY_SIZE);
    return oldest;
}

/* All or nothing, as far as a short transfer can be told. */
static int finish(ssize_t moved, size_t wanted)
{
    if (moved >= 0 && (size_t)moved != wanted) {
        errno = EIO;
        return -1;
    }
    return moved < 0 ? -1 : 0;
}

static int change_in_bucket(int fd, off_t at, const unsigned char *key,
                            int (*change)(struct tally_row *row, void *data),
                            void *data)
{
    struct tally_row rows[TALLY_BUCKET];
    struct tally_row *row;
    off_t place;

    if (finish(pread(fd, rows, sizeof rows, at), sizeof rows) < 0) {
        return -1;
    }
    row = choose_row(rows, key);
    if (!change(row, data)) {
        return 0;
    }
    row->used = time(NULL);
    place = at + (off_t)((size_t)(row - rows) * sizeof *row);
    return finish(pwrite(fd, row, sizeof *row, place), sizeof *row);
}

int tally_change(int fd, const void *key, size_t len,
                 int (*change)(struct tally_row *row, void *data), void *data)
{
    unsigned char hash[SHA256_SIZE];
    off_t at;
    int result;
    int saved;

    sha256_make(key, len, hash);
    at = (hash[TALLY_KEY_SIZE] << 8 | hash[TALLY_KEY_SIZE + 1]) % TALLY_BUCKETS *
         (off_t)BUCKET_SIZE;
    if (set_lock(fd, at, F_WRLCK) < 0) {
        return -1;
    }
    result = change_in_bucket(fd, at, hash, change, data);
    saved = errno;
    /* A lock that stays is given up with the descriptor. */
    set_lock(fd, at, F_UNLCK);
    errno = saved;
    return result;
}
