/* An unnamed file for a message whose envelope comes, or is sent, after it. */
#ifndef QINJECT_SPOOL_H
#define QINJECT_SPOOL_H

#include <stddef.h>

/* A descriptor, or -1 with errno. The file goes when it is closed. */
int spool_open(void);
/* Writes all of it. 0, or -1 with errno. */
int spool_write(int fd, const char *bytes, size_t len);

#endif
