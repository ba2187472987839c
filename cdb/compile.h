/* From the text files of etc to tables.cdb, passwords.cdb and
 * relay_passwords.cdb. */
#ifndef CDB_COMPILE_H
#define CDB_COMPILE_H

#include "exitcode.h"

/* Waits for the lock on etc/.lock that whoever changes or compiles the tables holds.
 * The descriptor, closed to give it back, or -1 with errno. */
int compile_lock(void);

/* Checks all files; without faults makes the tables and puts them in force. The
 * caller holds the lock. Everything is told on fd 2. EXITCODE_DONE; _CONFIGURATION:
 * there were faults; _TEMPORARY: an error of the system. In both of the latter the old
 * tables stay in force. */
enum exitcode compile_tables(void);
/* The same, but leaves everything as it is; needs no lock and no right to write. */
enum exitcode compile_check(void);

#endif
