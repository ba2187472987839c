/* Which of the certificates in force a client is shown. */
#ifndef TLS_CHOICE_H
#define TLS_CHOICE_H

#include "store.h"

#include <openssl/ssl.h>

/* Gives SSL the certificates for NAME (NULL: the client named nobody): of each type of
 * key the best, those that bear the name; where none does those of host_name, and else
 * those of the folder "default" or the first valid one. Among equals one that is valid
 * now goes first, then the one that ends last. 0, or -1 where there is none. */
int choice_give(const struct store *store, SSL *ssl, const char *name);

#endif
