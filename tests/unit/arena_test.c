#include "../../tls/arena.h"
#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECES 400
#define ROUNDS 200000

struct held {
    unsigned char *memory;
    size_t size;
    unsigned char mark;
};

static void *take(size_t size)
{
    return arena_take(size, __FILE__, __LINE__);
}

static void give(void *memory)
{
    arena_give(memory, __FILE__, __LINE__);
}

static void *resize(void *memory, size_t size)
{
    return arena_resize(memory, size, __FILE__, __LINE__);
}

static int is_intact(const struct held *held, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        if (held->memory[i] != held->mark) {
            return 0;
        }
    }
    return 1;
}

/* Sizes as OpenSSL has them: most small, some of a record, few larger than any piece.
 */
static size_t draw_size(void)
{
    int kind = rand() % 100;

    return 1 + (size_t)rand() % (kind < 90 ? 600 : kind < 99 ? 20000 : 200000);
}

static void fill(struct held *held, size_t size)
{
    held->size = size;
    held->mark = (unsigned char)rand();
    memset(held->memory, held->mark, size);
}

/* Takes, resizes and gives at random; no piece overlaps another, and what was in one
 * before it was resized still is. */
static void check_at_random(void)
{
    static struct held held[PIECES];
    int broken = 0, crooked = 0;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        struct held *one = held + rand() % PIECES;
        size_t size = draw_size();
        if (!one->memory) {
            one->memory = take(size);
        } else if (!is_intact(one, one->size)) {
            broken++;
        } else if (rand() % 4 == 0) {
            one->memory = resize(one->memory, size);
            broken += !is_intact(one, size < one->size ? size : one->size);
        } else {
            give(one->memory);
            one->memory = NULL;
            continue;
        }
        crooked += (uintptr_t)one->memory % 16 != 0;
        fill(one, size);
    }
    for (i = 0; i < PIECES; i++) {
        give(held[i].memory);
    }
    CHECK_NUMBER(broken, 0);
    CHECK_NUMBER(crooked, 0);
}

static void check_edges(void)
{
    void *none = take(0);
    void *first = take(100), *second;

    CHECK(none == NULL);
    CHECK(first != NULL);
    CHECK(resize(first, 90) == first);
    CHECK(resize(first, 0) == NULL);
    second = take(100);
    CHECK(second == first);
    give(second);
    give(NULL);
    second = resize(NULL, 64 * 1024);
    CHECK(second != NULL);
    give(second);
}

/* A byte behind the arena's last one belongs to nobody. */
static void check_end(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        volatile char *at = take(64 * 1024);
        for (;;) {
            *at++ = 1;
        }
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(status != 0);
}

int main(void)
{
    char *before = take(50);

    memcpy(before, "from before", 12);
    arena_begin();
    before = resize(before, 5000);
    CHECK(strcmp(before, "from before") == 0);
    check_end();
    check_edges();
    give(before);
    check_at_random();
    return check_report();
}
