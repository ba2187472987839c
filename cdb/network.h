/* Networks as the tables name them. */
#ifndef CDB_NETWORK_H
#define CDB_NETWORK_H

#include "netaddress.h"

#define NETWORK_TEXT_SIZE (NET_ADDRESS_TEXT_SIZE + 8)

struct network {
    struct net_address address;
    unsigned bits;
    char text[NETWORK_TEXT_SIZE]; /* canonical: ADDRESS/BITS */
};

/* Reads "192.0.2.0/24", "2001:db8::/32" or one address. NULL, or what is wrong: also
 * bits set after the prefix. */
const char *network_parse(const char *text, struct network *out);

#endif
