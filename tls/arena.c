#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096UL
#define ARENA_SIZE (512 * 1024UL)
/* What a short session uses: made at once, as each page by itself costs twice. */
#define FIRST_SIZE (40 * 1024UL)

/* Pieces have one of these sizes: 32 bytes, 48, 64, 96 ... Large ones, of which often
 * the beginning alone is used, are taken from the far end. What is larger still comes
 * from malloc. */
#define STEPS 2
#define SMALLEST 32UL
#define LARGE (16 * 1024UL)
#define LARGEST (64 * 1024UL)
#define CLASSES 23

/* In front of each piece; 16 bytes, so that all are aligned as malloc's are. */
struct piece {
    uint32_t class, size; /* size: what was asked for */
    struct piece *next;   /* while it is free */
};

/* OpenSSL's calls have no place for a pointer of ours. */
static unsigned char *start, *end; /* NULL: there is no arena */
static unsigned char *next, *last; /* what lies between them is free */
static struct piece *free_pieces[CLASSES];

static size_t get_class_size(unsigned class)
{
    return (SMALLEST << class / STEPS) +
           (SMALLEST << class / STEPS) / STEPS * (class % STEPS);
}

/* The smallest class that has room for SIZE. */
static unsigned find_class(size_t size)
{
    unsigned shift, step;
    size_t base;

    if (size <= SMALLEST) {
        return 0;
    }
    shift = (unsigned)(8 * sizeof size - 1) -
            (unsigned)__builtin_clzl((size - 1) / SMALLEST);
    base = SMALLEST << shift;
    step = (unsigned)((size - base + base / STEPS - 1) / (base / STEPS));
    return shift * STEPS + step;
}

static int is_ours(const void *memory)
{
    const unsigned char *at = memory;

    return at >= start && at < end;
}

static struct piece *get_piece(void *memory)
{
    return (struct piece *)memory - 1;
}

static struct piece *cut(size_t size)
{
    unsigned char *at;

    if (size > (size_t)(last - next)) {
        return NULL;
    }
    if (size > LARGE) {
        last -= size;
        at = last;
    } else {
        at = next;
        next += size;
    }
    return (struct piece *)(void *)at;
}

static void *take_piece(size_t size)
{
    unsigned class = find_class(size);
    struct piece *piece = free_pieces[class];

    if (piece) {
        free_pieces[class] = piece->next;
    } else {
        piece = cut(sizeof *piece + get_class_size(class));
        if (!piece) {
            return NULL;
        }
        piece->class = class;
    }
    piece->size = (uint32_t)size;
    return piece + 1;
}

void *arena_take(size_t size, const char *file, int line)
{
    void *memory = NULL;

    (void)file;
    (void)line;
    if (size == 0) {
        return NULL;
    }
    if (start && size <= LARGEST) {
        memory = take_piece(size);
    }
    return memory ? memory : malloc(size);
}

void arena_give(void *memory, const char *file, int line)
{
    struct piece *piece;

    (void)file;
    (void)line;
    if (!is_ours(memory)) {
        free(memory);
        return;
    }
    piece = get_piece(memory);
    piece->next = free_pieces[piece->class];
    free_pieces[piece->class] = piece;
}

void *arena_resize(void *memory, size_t size, const char *file, int line)
{
    struct piece *piece;
    void *moved;

    if (size == 0) {
        arena_give(memory, file, line);
        return NULL;
    }
    if (!memory) {
        return arena_take(size, file, line);
    }
    if (!is_ours(memory)) {
        return realloc(memory, size);
    }
    piece = get_piece(memory);
    if (size <= get_class_size(piece->class)) {
        piece->size = (uint32_t)size;
        return memory;
    }
    moved = arena_take(size, file, line);
    if (moved) {
        memcpy(moved, memory, piece->size);
        arena_give(memory, file, line);
    }
    return moved;
}

void arena_begin(void)
{
    unsigned char *all = mmap(NULL, ARENA_SIZE + 2 * PAGE, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (all == MAP_FAILED) {
        return;
    }
    if (mprotect(all + PAGE, ARENA_SIZE, PROT_READ | PROT_WRITE) < 0) {
        munmap(all, ARENA_SIZE + 2 * PAGE);
        return;
    }
    start = next = all + PAGE;
    end = last = start + ARENA_SIZE;
    (void)madvise(start, FIRST_SIZE, MADV_POPULATE_WRITE); /* Linux 5.14 */
}
