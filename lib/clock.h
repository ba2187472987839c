/* Two clocks: wall time in seconds for what is written down, and a monotonic one
 * in milliseconds for deadlines. */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <time.h>

/* Deadlines are absolute values of this clock; CLOCK_NEVER never comes. */
typedef long long clock_ms;
#define CLOCK_NEVER ((clock_ms)-1)

clock_ms clock_monotonic(void);
clock_ms clock_deadline(long long seconds_from_now); /* 0 or less: CLOCK_NEVER */
/* Milliseconds until DEADLINE for poll(2): 0 when past, -1 for CLOCK_NEVER. */
int clock_poll_timeout(clock_ms deadline);
/* The nearer of two deadlines. */
clock_ms clock_sooner(clock_ms a, clock_ms b);

#define CLOCK_DATE_SIZE 40
/* RFC 5322 date-time in local time with the zone, such as
 * "Tue, 24 Nov 2026 08:00:00 +0000"; out holds CLOCK_DATE_SIZE bytes. */
void clock_format_date(char *out, time_t when);

#endif
