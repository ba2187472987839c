/* The small encodings of mail: base64 (RFC 4648, strict), xtext (RFC 3461
 * section 4), CRC-32C, random names. */
#ifndef LIB_ENCODE_H
#define LIB_ENCODE_H

#include <skalibs/stralloc.h>

#include <stddef.h>
#include <stdint.h>

/* Appends the decoded bytes; -1 (OUT unchanged) for any byte out of place,
 * wrong padding or non-zero spare bits. */
int base64_decode(stralloc *out, const char *in, size_t len);
void base64_encode(stralloc *out, const char *in, size_t len); /* no line breaks */

/* Appends the bytes of pairs of hexadecimal digits in any case; -1 (OUT unchanged) for
 * others. */
int hex_decode(stralloc *out, const char *in, size_t len);

/* Appends. xtext_decode: -1 for what is not xtext. */
int xtext_decode(stralloc *out, const char *in, size_t len);
void xtext_encode(stralloc *out, const char *in, size_t len);
int xtext_is_valid(const char *in, size_t len);

/* CRC-32C (Castagnoli). Begin with 0, feed the result back in for more bytes. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);

#define RANDOM_NAME_LEN 26
/* 128 random bits as 26 letters and digits (a-z, 2-7), and a NUL. 0, or -1. */
int random_name(char out[RANDOM_NAME_LEN + 1]);

#endif
