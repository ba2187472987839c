/* Changing rows of users and passwords: what else stands in the files stays as it is,
 * comments too, and what would not compile is taken back. */
#ifndef CDB_ROWCHANGE_H
#define CDB_ROWCHANGE_H

#include "exitcode.h"
#include "textfile.h"

struct row_change {
    const char *file; /* below etc: "users", "passwords", "domains" */
    const char *key;  /* canonical address or domain */
    const char *row;  /* the new row; NULL: removed */
    unsigned mode;    /* of a file that is made; one that is there
                         keeps its own, less what this one does not allow */
    int was_there;    /* set: there was a row with that key */
};

/* Makes the changes and compiles the tables. The caller holds compile_lock. All is told
 * on fd 2. EXITCODE_DONE; else the files are as they were. */
enum exitcode rowchange_apply(struct row_change *changes, size_t count);

/* The row of KEY in etc/FILE without its comment, to be freed; NULL where there is none
 * (errno 0) or on errors. */
char *rowchange_find(const char *file, const char *key);
/* 1 where there is one, 0 where there is none, -1 with errno. */
int rowchange_has(const char *file, const char *key);

#endif
