/* Writing to files, which may take fewer bytes than they are given. */
#ifndef LIB_WRITEALL_H
#define LIB_WRITEALL_H

#include <stddef.h>

/* Writes all of BYTES. 0, or -1 with errno. */
int write_all(int fd, const char *bytes, size_t len);

#endif
