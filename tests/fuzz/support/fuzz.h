/* What fuzz targets share. A target is tests/fuzz/NAME.c with the one function
 * LLVMFuzzerTestOneInput: linked with libFuzzer it searches (make fuzz), linked with
 * replay.c it replays the files of tests/fuzz/corpus/NAME (make test). A line
 * "fuzz-options:" in its head comment is for libFuzzer. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that has to hold for each input. */
#define REQUIRE(condition)                                                             \
    do {                                                                               \
        if (!(condition)) {                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
                    #condition);                                                       \
            abort();                                                                   \
        }                                                                              \
    } while (0)

/* The input, taken apart from its front. */
struct fuzz_input {
    const char *at;
    size_t left;
};

static inline struct fuzz_input fuzz_open(const uint8_t *data, size_t size)
{
    return (struct fuzz_input){(const char *)data, size};
}

/* 0 where nothing is left. */
static inline unsigned fuzz_byte(struct fuzz_input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return (unsigned char)*input->at++;
}

/* What goes before SEPARATOR, or all that is left. */
static inline const char *fuzz_until(struct fuzz_input *input, char separator,
                                     size_t *len)
{
    const char *start = input->at;
    const char *end = input->left ? memchr(start, separator, input->left) : NULL;

    *len = end ? (size_t)(end - start) : input->left;
    input->at += *len + (end != NULL);
    input->left -= *len + (end != NULL);
    return start;
}

/* A copy that ends in NUL and has no other; freed by the caller. It is exactly as long
 * as it has to be, so that the sanitizer sees each step too far. */
static inline char *fuzz_string(const char *bytes, size_t len)
{
    size_t nul = len ? strnlen(bytes, len) : 0;
    char *copy = malloc(nul + 1);

    if (!copy) {
        abort();
    }
    if (nul > 0) {
        memcpy(copy, bytes, nul);
    }
    copy[nul] = '\0';
    return copy;
}

/* 1 where a byte is a control byte. */
static inline int fuzz_has_control(const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < ' ' || c == 127) {
            return 1;
        }
    }
    return 0;
}

#endif
