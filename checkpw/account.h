/* Who logs in: from what the client typed to an address and its mailbox. */
#ifndef CHECKPW_ACCOUNT_H
#define CHECKPW_ACCOUNT_H

#include "tables.h"

#include <skalibs/stralloc.h>

enum account_result {
    ACCOUNT_FOUND,
    ACCOUNT_UNKNOWN,
    ACCOUNT_TEMPORARY /* the table can't be read or is damaged */
};

struct account {
    stralloc address; /* canonical, lower case, NUL-terminated */
    stralloc mailbox; /* the folder below the mail root, NUL-terminated */
};

/* Looks USER up in the table users. A name without a domain gets default_domain. An
 * alias or an address with an extension is no account. OUT starts as {0}. */
enum account_result account_find(const struct tables *tables, const char *user,
                                 struct account *out);

#endif
