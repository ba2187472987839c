/* What a domain's policy of MTA-STS (RFC 8461) says of its exchangers, where DANE has
 * no word (dane.h; lib/tls_policy.h has the texts). */
#ifndef QSEND_STS_H
#define QSEND_STS_H

#include "mx.h"

/* Finds the policy of DOMAIN, whose exchangers are in ANSWER, and has it fetched where
 * that must be; waits for that no longer than ten seconds. DANE goes first: a host with
 * TLSA records, or one whose records can't be told, keeps them (section 2). ANSWER's
 * time to live becomes less where the policy is to be looked at sooner. 0, or -1 where
 * one is kept and can't be read: nothing can be said then. */
int sts_apply(const char *domain, struct mx_answer *answer);

#endif
