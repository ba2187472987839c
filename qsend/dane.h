/* What DANE says of one exchanger (RFC 7672 section 2): its TLSA records, as one field
 * of text that goes from qmx through qsend to qremote and tlsc:
 *     insecure                    no DANE: the exchanger's name is not authenticated
 *     signed                      no DANE: its name is authenticated by DNSSEC, or the
 *                                 administrator's own, but it has no records, or none
 *                                 that are
 *     failed                      it can't be told; the host is not to be used
 *     NAME[,NAME] U S M HEX ...   names to be in the certificate (the first, the base
 *                                 domain, is the one to ask for), and four words for
 *                                 each record: usage, selector, matching type, data
 *                                 (or "-")
 * Records come in a fixed order; those without data are of no use. In the place of
 * "insecure" and "signed" may stand what a policy of MTA-STS says
 * (lib/tls_policy.h). */
#ifndef QSEND_DANE_H
#define QSEND_DANE_H

#include "dns.h"
#include "tls_policy.h"

#include <skalibs/stralloc.h>

/* Longer ones are as good as failed. */
#define DANE_FIELD_MAX 8192

struct dane_question {
    const char *exchanger; /* whose addresses were found */
    const char *domain;    /* whose exchanger it is */
    unsigned port;
    int is_secure;         /* all answers with its addresses are authenticated */
    const char *canonical; /* where its CNAMEs lead; itself where it has none */
};

/* 1 where FIELD says that DANE has no word. */
int dane_is_none(const char *field);
/* Sets FIELD for an exchanger whose name is authenticated. *TTL, in seconds, becomes
 * less where what was found may be kept for a shorter time. */
void dane_find(stralloc *field, const struct dane_question *question,
               unsigned long *ttl);

#endif
