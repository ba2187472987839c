/* Questions to the compiled tables, for a person or a script. */
#ifndef CDB_LOOKUP_H
#define CDB_LOOKUP_H

#include "exitcode.h"

#define LOOKUP_ABSENT 1

/* Prints what stands under KEY in the table named NAME; for conf the value in force.
 * EXITCODE_DONE, LOOKUP_ABSENT, EXITCODE_PERMANENT (no such table) or _TEMPORARY. */
int lookup_key(const char *name, const char *key);
/* Prints where mail to ADDRESS goes. The same results. */
int lookup_route(const char *address);

#endif
