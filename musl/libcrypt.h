/* What libcrypt.a, compiled for glibc with _FORTIFY_SOURCE, asks of the C library, and
 * musl lacks. */
#ifndef MUSL_LIBCRYPT_H
#define MUSL_LIBCRYPT_H

#include <stddef.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
/* explicit_bzero and snprintf on an object of ROOM bytes; they abort where it is too
 * small. */
void __explicit_bzero_chk(void *bytes, size_t len, size_t room);
int __snprintf_chk(char *out, size_t size, int flag, size_t room, const char *format,
                   ...) __attribute__((format(printf, 5, 6)));
/* For new salts, which checkpw never makes. Aborts where there are no random bytes. */
void arc4random_buf(void *bytes, size_t len);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

#endif
