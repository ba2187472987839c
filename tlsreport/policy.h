/* The policy that a host's field stands for (qsend/dane.h), as a report tells of it:
 *     NAME[,NAME] U S M HEX ...    tlsa; its strings are the records, its host NAME
 *     failed                       tlsa, without strings: they can't be told
 *     mta-sts failed TYPE          sts, without strings: it could not be had
 *     mta-sts ...                  sts, with the mode that was in force: testing where
 *                                  the next word begins so, else enforce
 *     insecure, and all else       no-policy-found */
#ifndef TLSREPORT_POLICY_H
#define TLSREPORT_POLICY_H

#include "../sts/policy.h"
#include "json.h"

/* The order of policies as fields; 0 where they are the same to a report. */
int policy_compare(const char *a, const char *b);
/* Writes the member "policy" for DOMAIN. STS is the policy of MTA-STS that is kept of
 * it (NULL: none is), whose text is told where it has the mode that was in force. */
void policy_write(struct json *json, const char *field, const char *domain,
                  const struct sts_policy *sts);

#endif
