/* Sessions counted by what came of TLS in them (RFC 8460): in memory, and once a minute
 * and at the end appended to the file of the day, tlsrpt/DAY below the queue. Nothing
 * is synced: a crash loses the last minute's. */
#ifndef QSEND_TLS_COUNTS_H
#define QSEND_TLS_COUNTS_H

#include "../tlsreport/dayline.h"
#include "hash.h"

struct tls_counter {
    struct tls_counter *next; /* in its bucket */
    unsigned long long count;
    long long day; /* from 1970, UTC */
    char fields[]; /* of the day's line */
};

struct tls_counts {
    struct tls_counter *buckets[HASH_SIZE];
    size_t bytes;              /* that they all take */
    long long full_day;        /* whose file is as long as it may be; 0: none */
    unsigned char has_trouble; /* a file could not be written; it was logged */
};

/* Counts one session with LINE's fields (its count is not read), today. Where memory
 * for counters is full those that there are are written first. */
void tls_counts_add(struct tls_counts *counts, const struct day_line *line);
/* Writes all of them; those for which that fails are lost. */
void tls_counts_flush(struct tls_counts *counts);

#endif
