#include "text.h"

#include "exitcode.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_WAIT_MS 100
#define LONG_TEXT 1024
#define FORMAT_ROOM 128 /* most formatted texts are shorter */

static void (*exhaustion_hook)(void);
static int is_patient;

void text_on_exhaustion(void (*hook)(void))
{
    exhaustion_hook = hook;
    is_patient = 0;
}

void text_exhausted(void)
{
    if (exhaustion_hook) {
        exhaustion_hook();
    }
    _exit(EXITCODE_TEMPORARY);
}

void text_wait_on_exhaustion(void (*hook)(void))
{
    exhaustion_hook = hook;
    is_patient = 1;
}

/* Returns when it is time to try again, if at all. */
static void wait_for_memory(void)
{
    const struct timespec pause = {.tv_nsec = MEMORY_WAIT_MS * 1000000L};

    if (!is_patient) {
        text_exhausted();
    }
    if (exhaustion_hook) {
        exhaustion_hook();
    }
    nanosleep(&pause, NULL);
}

void *memory_get(size_t size)
{
    void *got;

    while (!(got = malloc(size > 0 ? size : 1))) {
        wait_for_memory();
    }
    return got;
}

void *memory_resize(void *old, size_t size)
{
    void *got;

    while (!(got = realloc(old, size > 0 ? size : 1))) {
        wait_for_memory();
    }
    return got;
}

char *memory_copy_bytes(const char *s, size_t len)
{
    char *copy = memory_get(len + 1);

    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *memory_copy_string(const char *s)
{
    return memory_copy_bytes(s, strlen(s));
}

void text_clear(stralloc *t)
{
    t->len = 0;
}

void text_free(stralloc *t)
{
    stralloc_free(t);
    *t = stralloc_zero;
}

void text_wipe(stralloc *t)
{
    if (t->s) {
        explicit_bzero(t->s, t->a);
    }
    text_free(t);
}

void text_make_room(stralloc *t, size_t len)
{
    while (!stralloc_ready(t, len)) {
        wait_for_memory();
    }
}

/* Long texts double, where skalibs would add an eighth: else one that grows is moved
 * again and again, each time to memory that the kernel has to find. */
static void grow(stralloc *t, size_t more)
{
    if (t->a >= LONG_TEXT && more <= t->a && t->len + more > t->a) {
        text_make_room(t, 2 * t->a);
    }
}

void text_add_bytes(stralloc *t, const char *bytes, size_t len)
{
    grow(t, len);
    while (len > 0 && !stralloc_catb(t, bytes, len)) {
        wait_for_memory();
    }
}

void text_add_string(stralloc *t, const char *s)
{
    text_add_bytes(t, s, strlen(s));
}

void text_add_byte(stralloc *t, char byte)
{
    text_add_bytes(t, &byte, 1);
}

void text_add_number(stralloc *t, long long n)
{
    text_add_format(t, "%lld", n);
}

void text_add_format(stralloc *t, const char *format, ...)
{
    size_t room = FORMAT_ROOM;
    va_list args;
    int len;

    for (;;) {
        while (!stralloc_readyplus(t, room)) {
            wait_for_memory();
        }
        va_start(args, format);
        /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is above */
        len = vsnprintf(t->s + t->len, room, format, args);
        va_end(args);
        if (len < 0) {
            text_exhausted();
        }
        if ((size_t)len < room) {
            break;
        }
        room = (size_t)len + 1;
    }
    t->len += (size_t)len;
}

void text_set_string(stralloc *t, const char *s)
{
    t->len = 0;
    text_add_string(t, s);
}

const char *text_string(stralloc *t)
{
    while (!stralloc_readyplus(t, 1)) {
        wait_for_memory();
    }
    t->s[t->len] = '\0';
    return t->s;
}

static char fold(char c)
{
    if (c >= 'A' && c <= 'Z') {
        c = (char)(c + ('a' - 'A'));
    }
    return c;
}

void text_lower(char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        bytes[i] = fold(bytes[i]);
    }
}

int text_equal_nocase(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t i;

    if (a_len != b_len) {
        return 0;
    }
    for (i = 0; i < a_len; i++) {
        if (fold(a[i]) != fold(b[i])) {
            return 0;
        }
    }
    return 1;
}

int text_parse_number(const char *bytes, size_t len, unsigned long long max,
                      unsigned long long *out)
{
    unsigned long long n = 0;
    size_t i;

    if (len == 0) {
        return -1;
    }
    for (i = 0; i < len; i++) {
        unsigned digit = (unsigned)(unsigned char)bytes[i] - '0';
        if (digit > 9 || (n >= ULLONG_MAX / 10 && n > (ULLONG_MAX - digit) / 10)) {
            return -1;
        }
        n = n * 10 + digit;
    }
    if (n > max) {
        return -1;
    }
    *out = n;
    return 0;
}
