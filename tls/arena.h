/* The memory that OpenSSL takes in a session's own process: fresh pages in one piece
 * instead of the holes in the heap that the process has from its parent. A page of that
 * heap would have to be copied for the first byte that is written into it; those of the
 * arena come from the kernel empty, many at a time. And what a session reads and writes
 * lies apart from the private keys, between pages that nobody may touch. */
#ifndef TLS_ARENA_H
#define TLS_ARENA_H

/* Lets OpenSSL take its memory through us: to be called before anything else of
 * OpenSSL. Until arena_begin it comes from malloc. */
void arena_install(void);
/* In a session's process, once: from here on new memory comes from the arena, as long
 * as there is room in it, and then from malloc. Without memory for an arena all stays
 * as it was. */
void arena_begin(void);

#endif
