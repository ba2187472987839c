/* A policy's text from its HTTPS server (RFC 8461 section 3.3), by libcurl. */
#ifndef STS_FETCH_H
#define STS_FETCH_H

#include "tls_result.h"

#include <skalibs/stralloc.h>

#define STS_FETCH_WHY_MAX 200
#define STS_TEXT_MAX 65536 /* a longer policy is none (section 3.2) */

struct fetch {
    const char *domain;    /* whose policy is at mta-sts.DOMAIN */
    const char *addresses; /* of that, parted by commas; IPv6 in brackets */
    unsigned port;
    long milliseconds;       /* for all of it */
    const char *authorities; /* the folder of the CAs' certificates */
};

/* Loads what it needs, once and before fetch_run. 0, or -1. */
int fetch_open(void);
/* Fetches: TLS_RESULT_OK, and OUT is the text; else the type of failure, and WHY says
 * more. */
enum tls_result fetch_run(const struct fetch *fetch, stralloc *out,
                          char why[STS_FETCH_WHY_MAX]);

#endif
