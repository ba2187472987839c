/* What salts of SCRAM are made up from for users who have none: random, and the same
 * for good, or those salts would change and tell that nobody has them. */
#ifndef CDB_SALT_SECRET_H
#define CDB_SALT_SECRET_H

#include "record.h"

/* Adds it to LIST, whose cdb PATH is to be: as PATH has it now; a new one where there
 * is none. 0, or -1: no random bytes. */
int salt_secret_add(struct record_list *list, const char *path);

#endif
