/* When the reports of TLS are made: once a UTC day, at a moment of chance after
 * midnight, so that not all of the world's come at once (RFC 8460 section 4.1). */
#ifndef QSEND_TLS_SCHEDULE_H
#define QSEND_TLS_SCHEDULE_H

#include <time.h>

struct tls_schedule {
    long long day; /* on which it is due, from 1970 */
    time_t due;    /* 0: done for that day */
};

/* 1 where the reports are due at NOW. The first question of a day chooses the moment:
 * RANDOM is any number, DELAY the most seconds after midnight; with no less than ten
 * minutes it is five minutes at least. Who begins later in the day, as after a start,
 * waits no longer than ten minutes. */
int tls_schedule_is_due(struct tls_schedule *schedule, time_t now, unsigned random,
                        long long delay);

#endif
