/* Growing strings: skalibs' stralloc behind functions that never fail. When
 * memory runs out they call the hook that main set and exit 111. */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <skalibs/stralloc.h>

#include <stddef.h>

/* Sets what runs before exit(EXITCODE_TEMPORARY) when memory runs out, such as
 * a write of "421 4.3.0 ..."; the hook must not allocate. */
void text_on_exhaustion(void (*hook)(void));
/* Runs the hook and exits 111; for callers whose own allocation failed. */
void text_exhausted(void) __attribute__((noreturn));
/* For a program that must not end: where memory runs out the functions below run the
 * hook once, and wait until there is some. */
void text_wait_on_exhaustion(void (*hook)(void));
/* malloc, realloc and strdup that never return NULL. Freed with free(). */
void *memory_get(size_t size);
void *memory_resize(void *old, size_t size);
char *memory_copy_string(const char *s);
char *memory_copy_bytes(const char *s, size_t len); /* adds a final NUL */

void text_clear(stralloc *t); /* length 0, memory kept */
void text_free(stralloc *t);  /* memory given back, t empty and usable */
void text_wipe(stralloc *t);  /* the same for secrets: overwritten before */
void text_make_room(stralloc *t, size_t len); /* for LEN bytes in all */
void text_add_bytes(stralloc *t, const char *bytes, size_t len);
void text_add_string(stralloc *t, const char *s);
void text_add_byte(stralloc *t, char byte);
void text_add_number(stralloc *t, long long n);
void text_add_format(stralloc *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_set_string(stralloc *t, const char *s);
/* Makes sure that a NUL follows the text (not counted in len); returns t->s. */
const char *text_string(stralloc *t);

/* Folds A-Z to a-z in place. */
void text_lower(char *bytes, size_t len);
/* 1 where both hold the same bytes but for the case of A-Z. */
int text_equal_nocase(const char *a, size_t a_len, const char *b, size_t b_len);
/* Parses a whole unsigned decimal number; 0, or -1 where it is not one or over max. */
int text_parse_number(const char *bytes, size_t len, unsigned long long max,
                      unsigned long long *out);

#endif
