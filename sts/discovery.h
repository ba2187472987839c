/* Whether a domain says that it has a policy of MTA-STS (RFC 8461 section 3.1). */
#ifndef STS_DISCOVERY_H
#define STS_DISCOVERY_H

#include "record.h"

/* Looks for the TXT record of DOMAIN, which is in the DNS's form. 1 with its ID; 0:
 * there is no record, not exactly one, a faulty one, or the DNS fails. *TTL says how
 * long that may be kept; seconds. */
int sts_discover(const char *domain, char id[STS_ID_MAX + 1], unsigned long *ttl);

#endif
