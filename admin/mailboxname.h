/* The mailbox of a new user. */
#ifndef ADMIN_MAILBOXNAME_H
#define ADMIN_MAILBOXNAME_H

#include <skalibs/stralloc.h>

/* Sets OUT to DOMAIN/LOCAL of a canonical address in lower case; bytes that have no
 * place in a folder's name or a row stand as %HH, so that no two addresses share a
 * mailbox by accident. */
void mailboxname_make(const char *address, stralloc *out);

#endif
