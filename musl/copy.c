/* memcpy, memmove and memset in the place of musl's, which do everything, or what is
 * over 126 bytes, by "rep movs" and "rep stos": these begin so slowly that the many
 * small pieces of a session, or of a password's hash, take several times as long
 * (bench/RESULTS.md). The first two load what overlaps before they store. */
#include <stddef.h>
#include <stdint.h>

/* Up to here blocks of sixteen bytes are at least as fast as the processor's own copy.
 */
#define BLOCKS_MAX 512

struct block {
    uint64_t halves[2];
};

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);

/* Of SIZE bytes or more, and no more than twice as many: both ends, which may overlap.
 */
#define COPY_ENDS(type)                                                                \
    do {                                                                               \
        type first, last;                                                              \
        __builtin_memcpy(&first, from, sizeof first);                                  \
        __builtin_memcpy(&last, from + len - sizeof last, sizeof last);                \
        __builtin_memcpy(to, &first, sizeof first);                                    \
        __builtin_memcpy(to + len - sizeof last, &last, sizeof last);                  \
    } while (0)

static void copy_few(unsigned char *to, const unsigned char *from, size_t len)
{
    if (len >= 16) {
        COPY_ENDS(struct block);
    } else if (len >= 8) {
        COPY_ENDS(uint64_t);
    } else if (len >= 4) {
        COPY_ENDS(uint32_t);
    } else if (len >= 2) {
        COPY_ENDS(uint16_t);
    } else if (len == 1) {
        *to = *from;
    }
}

/* More than 16 bytes; TO is not behind FROM where they overlap. */
static void copy_up(unsigned char *to, const unsigned char *from, size_t len)
{
    struct block last;
    size_t at;

    __builtin_memcpy(&last, from + len - sizeof last, sizeof last);
    for (at = 0; at + sizeof last < len; at += sizeof last) {
        struct block block;
        __builtin_memcpy(&block, from + at, sizeof block);
        __builtin_memcpy(to + at, &block, sizeof block);
    }
    __builtin_memcpy(to + len - sizeof last, &last, sizeof last);
}

/* The same from the end, for TO behind FROM. */
static void copy_down(unsigned char *to, const unsigned char *from, size_t len)
{
    struct block first;
    size_t at;

    __builtin_memcpy(&first, from, sizeof first);
    for (at = len; at > sizeof first; at -= sizeof first) {
        struct block block;
        __builtin_memcpy(&block, from + at - sizeof block, sizeof block);
        __builtin_memcpy(to + at - sizeof block, &block, sizeof block);
    }
    __builtin_memcpy(to, &first, sizeof first);
}

static void copy_many(unsigned char *to, const unsigned char *from, size_t len)
{
#ifdef __x86_64__
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
#else
    copy_up(to, from, len);
#endif
}

static void set_few(unsigned char *to, uint64_t bytes, size_t len)
{
    if (len >= 8) {
        __builtin_memcpy(to, &bytes, 8);
        __builtin_memcpy(to + len - 8, &bytes, 8);
    } else if (len >= 4) {
        __builtin_memcpy(to, &bytes, 4);
        __builtin_memcpy(to + len - 4, &bytes, 4);
    } else if (len > 0) {
        to[0] = to[len / 2] = to[len - 1] = (unsigned char)bytes;
    }
}

/* Sixteen bytes or more. */
static void set_blocks(unsigned char *to, uint64_t bytes, size_t len)
{
    const struct block block = {{bytes, bytes}};
    size_t at;

    for (at = 0; at + sizeof block < len; at += sizeof block) {
        __builtin_memcpy(to + at, &block, sizeof block);
    }
    __builtin_memcpy(to + len - sizeof block, &block, sizeof block);
}

static void set_many(unsigned char *to, uint64_t bytes, size_t len)
{
#ifdef __x86_64__
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(len) : "a"(bytes) : "memory");
#else
    set_blocks(to, bytes, len);
#endif
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    if (len <= 32) {
        copy_few(to, from, len);
    } else if (len <= BLOCKS_MAX) {
        copy_up(to, from, len);
    } else {
        copy_many(to, from, len);
    }
    return to;
}

void *memmove(void *to, const void *from, size_t len)
{
    uintptr_t distance = (uintptr_t)to - (uintptr_t)from;

    if (len <= 32) {
        copy_few(to, from, len);
    } else if (distance < len) {
        copy_down(to, from, len);
    } else {
        copy_up(to, from, len);
    }
    return to;
}

void *memset(void *to, int byte, size_t len)
{
    uint64_t bytes = (unsigned char)byte * 0x0101010101010101ULL;

    if (len < 16) {
        set_few(to, bytes, len);
    } else if (len <= BLOCKS_MAX) {
        set_blocks(to, bytes, len);
    } else {
        set_many(to, bytes, len);
    }
    return to;
}
