#include "clock.h"

#include <limits.h>
#include <string.h>

clock_ms clock_monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (clock_ms)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

clock_ms clock_deadline(long long seconds_from_now)
{
    return seconds_from_now <= 0 ? CLOCK_NEVER
                                 : clock_monotonic() + seconds_from_now * 1000;
}

int clock_poll_timeout(clock_ms deadline)
{
    clock_ms left;

    if (deadline == CLOCK_NEVER) {
        return -1;
    }
    left = deadline - clock_monotonic();
    if (left < 0) {
        return 0;
    }
    return left > INT_MAX ? INT_MAX : (int)left;
}

clock_ms clock_sooner(clock_ms a, clock_ms b)
{
    if (a == CLOCK_NEVER) {
        return b;
    }
    return b == CLOCK_NEVER || a < b ? a : b;
}

void clock_format_date(char *out, time_t when)
{
    struct tm local;

    /* The C locale is in force: none of the programs calls setlocale. */
    if (!localtime_r(&when, &local) ||
        strftime(out, CLOCK_DATE_SIZE, "%a, %d %b %Y %H:%M:%S %z", &local) == 0) {
        memcpy(out, "Thu, 01 Jan 1970 00:00:00 +0000", 32);
    }
}
