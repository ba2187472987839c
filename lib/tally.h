/* A file of counters that short-lived processes share: what a user has sent this
 * hour, how many wrong passwords an address has tried. It is as large as it ever gets
 * from the start (holes where nothing was counted); a row is found by a hash of its
 * key, in a bucket of eight, of which the one unused for longest gives way to a new
 * one. Each bucket has a lock of its own. Nothing is synced: after a power cut, or
 * where the file is lost, counting begins anew, and that is all. */
#ifndef LIB_TALLY_H
#define LIB_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define TALLY_KEY_SIZE 16
#define TALLY_BUCKET 8
#define TALLY_BUCKETS 2048

struct tally_row {
    unsigned char key[TALLY_KEY_SIZE]; /* of the hash; zeros: unused */
    int64_t used;                      /* when it was changed last, UNIX time */
    int64_t since;                     /* the rest is the caller's; zeros at first */
    uint64_t numbers[2];
};

/* Opens the file at PATH, and makes it where it is absent. A descriptor, or -1 with
 * errno. */
int tally_open(const char *path);
/* Finds the row of KEY and lets CHANGE look at it under the lock; where that returns
 * 1 the row is written. 0, or -1 with errno: then nothing was counted. */
int tally_change(int fd, const void *key, size_t len,
                 int (*change)(struct tally_row *row, void *data), void *data);

#endif
