/* The name of a client's address: its PTR record, believed only where the name leads
 * back to the address. */
#ifndef SMTPD_HOSTNAME_H
#define SMTPD_HOSTNAME_H

#include "netaddress.h"

#include <skalibs/stralloc.h>

enum hostname_result {
    HOSTNAME_FOUND,
    HOSTNAME_NONE,     /* no name, or none that leads back */
    HOSTNAME_TEMPORARY /* the DNS could not tell */
};

/* SERVER is "ADDRESS:PORT" (setting dns_server), or "" for the machine's resolver. OUT
 * gets the name in lower case. Waits a few seconds at most. */
enum hostname_result hostname_find(const struct net_address *address,
                                   const char *server, stralloc *out);

#endif
