#include "check.h"

#include <string.h>

/* musl/copy.c under other names: the test has the C library's own to compare with. */
#define memcpy copy_apart
#define memmove copy_within
#define memset set_bytes
#include "../../musl/copy.c"
#undef memcpy
#undef memmove
#undef memset

#define ROOM 1400
#define LONGEST 600

static void fill(unsigned char *bytes)
{
    size_t i;

    for (i = 0; i < ROOM; i++) {
        bytes[i] = (unsigned char)(i * 7 + i / 251);
    }
}

/* From FROM to TO within one buffer: every byte is right, those around it included. */
static int is_right(void *(*copy)(void *, const void *, size_t), size_t to, size_t from,
                    size_t len)
{
    unsigned char ours[ROOM], theirs[ROOM];

    fill(ours);
    fill(theirs);
    memmove(theirs + to, theirs + from, len);
    return copy(ours + to, ours + from, len) == ours + to &&
           memcmp(ours, theirs, ROOM) == 0;
}

static void *apart(void *to, const void *from, size_t len)
{
    return copy_apart(to, from, len);
}

static int is_set(size_t to, int byte, size_t len)
{
    unsigned char ours[ROOM], theirs[ROOM];

    fill(ours);
    fill(theirs);
    memset(theirs + to, byte, len);
    return set_bytes(ours + to, byte, len) == ours + to &&
           memcmp(ours, theirs, ROOM) == 0;
}

int main(void)
{
    size_t len, shift;

    for (len = 0; len <= LONGEST; len++) {
        CHECK(is_right(apart, 700, 1, len));
        CHECK(is_right(apart, 3, 700, len));
        CHECK(is_set(len % 17 + 1, 0, len));
        CHECK(is_set(len % 17 + 1, 0x1a5, len));
        for (shift = 0; shift <= 40; shift++) {
            CHECK(is_right(copy_within, 50 + shift, 50, len));
            CHECK(is_right(copy_within, 50, 50 + shift, len));
        }
        CHECK(is_right(copy_within, 10, 10 + len / 2, len));
        CHECK(is_right(copy_within, 10 + len / 2, 10, len));
    }
    return check_report();
}
