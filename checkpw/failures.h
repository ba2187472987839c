/* Wrong passwords, counted for each address that they come from (IPv6: for its /64),
 * over all protocols, in run/failures. Where an address has tried too many in a time
 * its log-ins are refused for a while, right ones too. */
#ifndef CHECKPW_FAILURES_H
#define CHECKPW_FAILURES_H

#include "tables.h"

struct failures {
    int fd; /* -1: nothing is counted */
    unsigned char key[9];
    const char *peer; /* the caller's */
    long long limit, seconds, cut_off;
};

/* Opens the counters for PEER, an address as text; one that is none, or is exempt, is
 * not counted. Where the file can't be had that is logged, and nothing is counted. */
void failures_open(struct failures *failures, const struct tables *tables,
                   const char *peer);
/* 1 where log-ins from the address are refused now. */
int failures_is_cut_off(const struct failures *failures);
/* Counts a wrong one. 1, and not counted, where others have had the address cut off by
 * now: a right one is refused then as well, so the answer has to be the same. */
int failures_count(const struct failures *failures);
void failures_close(struct failures *failures);

#endif
