/* Linked into the programs of the tests of failing calls, with -Wl,--wrap: makes each
 * allocation, and the beginning of main, known to the tracer by a read that can't
 * succeed; an allocation fails where the tracer makes that read fail with ENOMEM.
 * Without a tracer nothing changes. */
#include "injection.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *s);

/* The call itself: errno and cancellation are none of its business. */
static int may_allocate(void)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_read), "D"((long)MALLOC_FD), "S"(0L), "d"(0L)
                     : "rcx", "r11", "memory");
    if (result == -ENOMEM) {
        errno = ENOMEM;
        return 0;
    }
    return 1;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    return may_allocate() ? __real_realloc(old, size) : NULL;
}

char *__wrap_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = __wrap_malloc(size);

    return copy ? memcpy(copy, s, size) : NULL;
}
