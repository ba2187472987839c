/* The hosts that take mail for a domain, in the order to be tried (RFC 5321
 * section 5.1, RFC 7505). */
#ifndef QSEND_MX_H
#define QSEND_MX_H

#include "dns.h"
#include "tables.h"

#include <skalibs/stralloc.h>

#define MX_HOSTS_MAX 100
/* A domain whose exchangers' addresses can't be found in so many seconds has those
 * that were found by then. */
#define MX_SECONDS_MAX 60

struct mx_host {
    unsigned preference;
    char name[DNS_NAME_SIZE];
    struct net_address address;
    const char *dane; /* what dane.h says of it */
};

struct mx_answer {
    char status; /* K, Z or D */
    const char *enhanced, *text;
    unsigned long ttl; /* seconds */
    struct mx_host hosts[MX_HOSTS_MAX];
    size_t count;
    char *danes[2 * MX_HOSTS_MAX]; /* that the hosts point to */
    size_t dane_count;
    stralloc reports; /* who wants reports of TLS (tlsrpt.h); not NUL-terminated */
};

/* Finds the exchangers of DOMAIN; ourselves and all that are no better than ourselves
 * are taken out. With a PORT (0: none) their TLSA records for it are looked up, and
 * what they lack is asked of the domain's policy of MTA-STS; where tls_reports is on,
 * who wants reports. ANSWER is {0} before the first call, and keeps its strings until
 * the next one. */
void mx_find(const struct tables *tables, const char *domain, unsigned port,
             struct mx_answer *answer);
/* Finds the addresses of a route's host alone. */
void mx_find_host(const char *name, unsigned port, struct mx_answer *answer);

#endif
