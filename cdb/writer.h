/* Writing a cdb with tinycdb's command cdb. */
#ifndef CDB_WRITER_H
#define CDB_WRITER_H

#include "record.h"

/* A list and what goes before its keys ("users:"; empty for passwords). */
struct writer_part {
    const char *table; /* NULL: keys stand alone */
    const struct record_list *list;
};

/* Makes PATH (mode 0600, replacing what is there) of the records of all parts, each
 * value with a final NUL, and checks that it opens and holds as many. 0, or -1 when
 * all is told on fd 2. No sync. */
int writer_make(const char *path, const struct writer_part *parts, size_t count);

/* A descriptor that the command inherits: where it is one with a lock, the lock holds
 * as long as the command writes, even if we are killed. -1: none. */
void writer_hold(int fd);

#endif
