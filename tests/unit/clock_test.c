#include "check.h"
#include "clock.h"

#include <limits.h>
#include <stdlib.h>

static void test_deadlines(void)
{
    clock_ms now = clock_monotonic();
    clock_ms soon = clock_deadline(5);

    CHECK(now > 0 && clock_monotonic() >= now);
    CHECK(soon >= now + 5000 && soon < now + 6000);
    CHECK(clock_deadline(0) == CLOCK_NEVER);
    CHECK(clock_deadline(-3) == CLOCK_NEVER);
    CHECK(clock_poll_timeout(soon) > 4000 && clock_poll_timeout(soon) <= 5000);
    CHECK_NUMBER(clock_poll_timeout(now - 1), 0);
    CHECK_NUMBER(clock_poll_timeout(CLOCK_NEVER), -1);
    CHECK_NUMBER(clock_poll_timeout(now + 10LL * INT_MAX), INT_MAX);
}

static void test_sooner(void)
{
    CHECK_NUMBER(clock_sooner(3, 4), 3);
    CHECK_NUMBER(clock_sooner(4, 3), 3);
    CHECK_NUMBER(clock_sooner(CLOCK_NEVER, 4), 4);
    CHECK_NUMBER(clock_sooner(4, CLOCK_NEVER), 4);
    CHECK(clock_sooner(CLOCK_NEVER, CLOCK_NEVER) == CLOCK_NEVER);
}

static const struct {
    const char *zone;
    time_t when;
    const char *date;
} dates[] = {
    {"UTC0", 0, "Thu, 01 Jan 1970 00:00:00 +0000"},
    {"UTC0", 1795507200, "Tue, 24 Nov 2026 08:00:00 +0000"},
    {"XST-5:30", 1795507200, "Tue, 24 Nov 2026 13:30:00 +0530"},
    {"XST9:30", 1795507200, "Mon, 23 Nov 2026 22:30:00 -0930"},
    {"CET-1CEST,M3.5.0,M10.5.0/3", 1782864000, "Wed, 01 Jul 2026 02:00:00 +0200"},
    {"UTC0", 1709164800, "Thu, 29 Feb 2024 00:00:00 +0000"},
};

static void test_dates(void)
{
    char out[CLOCK_DATE_SIZE];
    size_t i;

    for (i = 0; i < sizeof dates / sizeof *dates; i++) {
        setenv("TZ", dates[i].zone, 1);
        tzset();
        clock_format_date(out, dates[i].when);
        CHECK_STRING(out, dates[i].date);
    }
    /* A year past what struct tm holds is no reason to crash. */
    clock_format_date(out, (time_t)LLONG_MAX);
    CHECK(strlen(out) < CLOCK_DATE_SIZE);
}

int main(void)
{
    test_deadlines();
    test_sooner();
    test_dates();
    return check_report();
}
