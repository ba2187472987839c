/* Whether a domain says that it has a policy of MTA-STS (RFC 8461 section 3.1). */
#ifndef STS_DISCOVERY_H
#define STS_DISCOVERY_H

#include "record.h"

enum sts_discovery {
    STS_ABSENT, /* no record, not exactly one, or a faulty one */
    STS_THERE,
    STS_UNKNOWN /* the DNS fails */
};

/* Looks for the TXT record of DOMAIN, which is in the DNS's form; STS_THERE with its
 * ID. *TTL says how long that may be kept; seconds. */
enum sts_discovery sts_discover(const char *domain, char id[STS_ID_MAX + 1],
                                unsigned long *ttl);

#endif
