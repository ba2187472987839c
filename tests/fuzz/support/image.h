/* Queue files in memory whose lengths and checksums are right. */
#ifndef TESTS_FUZZ_IMAGE_H
#define TESTS_FUZZ_IMAGE_H

#include <skalibs/stralloc.h>

#include <stddef.h>

/* Sets OUT to the file with HEADER (with its empty line) and BODY. */
void image_make(stralloc *out, const char *header, size_t header_len, const char *body,
                size_t body_len);

#endif
