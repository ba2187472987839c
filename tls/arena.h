/* The memory that OpenSSL takes in a session's own process: fresh pages in one piece
 * instead of the holes in the heap that the process has from its parent. A page of that
 * heap has to be copied for the first byte that is written into it; those of the arena
 * come from the kernel empty, many at a time. And what a session reads and writes lies
 * apart from the private keys, between pages that nobody may touch. */
#ifndef TLS_ARENA_H
#define TLS_ARENA_H

#include <stddef.h>

/* In a session's process, once: from here on new memory comes from the arena, as long
 * as there is room in it. Without memory for an arena all stays as it was. */
void arena_begin(void);

/* malloc, realloc and free as CRYPTO_set_mem_functions wants them (FILE and LINE are
 * not looked at). Before arena_begin, and for what does not fit, memory is malloc's. */
void *arena_take(size_t size, const char *file, int line);
void *arena_resize(void *memory, size_t size, const char *file, int line);
void arena_give(void *memory, const char *file, int line);

#endif
