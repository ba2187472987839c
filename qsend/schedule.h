/* When things are due: pure arithmetic on times in seconds. */
#ifndef QSEND_SCHEDULE_H
#define QSEND_SCHEDULE_H

#include <time.h>

/* The largest N with N * N <= X; 0 for a negative X. */
long long schedule_isqrt(long long x);
/* The next attempt of a message that arrived at BIRTH and has just failed at NOW:
 * BIRTH + (isqrt(NOW - BIRTH) + SCALE)^2. A BIRTH in the future counts as NOW. */
time_t schedule_next_attempt(time_t birth, time_t now, long long scale);
/* The back-off from a destination after another failure: FIRST to begin with, then
 * twice the last one, an hour at most. */
long long schedule_back_off(long long last, long long first);

#endif
