#include "tls_schedule.h"

#include "../tlsreport/dayline.h"

#define LEAST_SECONDS 300
#define LATE_SECONDS 600

/* Between LEAST and MOST. */
static long long choose(unsigned random, long long least, long long most)
{
    return least + (long long)(random % (unsigned long long)(most - least + 1));
}

int tls_schedule_is_due(struct tls_schedule *schedule, time_t now, unsigned random,
                        long long delay)
{
    long long day = (long long)now / DAY_SECONDS;

    if (day != schedule->day || schedule->day == 0) {
        long long least = delay >= 2 * LEAST_SECONDS ? LEAST_SECONDS : 0;
        schedule->day = day;
        schedule->due = (time_t)(day * DAY_SECONDS + choose(random, least, delay));
        if (schedule->due < now) {
            schedule->due =
                now +
                (time_t)choose(random, 0, delay < LATE_SECONDS ? delay : LATE_SECONDS);
        }
    }
    return schedule->due > 0 && schedule->due <= now;
}
