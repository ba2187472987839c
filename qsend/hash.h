/* Chained hash tables of a fixed size, keyed by strings. */
#ifndef QSEND_HASH_H
#define QSEND_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SIZE 4096

/* FNV-1a, folded to an index below HASH_SIZE. */
static inline size_t hash_string(const char *s)
{
    uint32_t hash = 2166136261U;

    while (*s) {
        hash = (hash ^ (unsigned char)*s++) * 16777619U;
    }
    return (hash ^ (hash >> 16)) % HASH_SIZE;
}

#endif
