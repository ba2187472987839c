/* The last lines of a log, for a person. */
#ifndef ADMIN_LOGTAIL_H
#define ADMIN_LOGTAIL_H

#include <sys/types.h>

/* Bytes in the log so far; 0 where it is not there. */
off_t logtail_size(const char *path);
/* Writes the last lines after byte FROM to fd 2, indented. */
void logtail_print(const char *path, off_t from);

#endif
