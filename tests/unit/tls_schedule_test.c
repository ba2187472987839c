#include "../../qsend/tls_schedule.h"
#include "check.h"

#define DAY 86400
#define HOUR 3600
#define MIDNIGHT (20781LL * DAY)

/* Runs through the seconds FROM to TO; the first at which it is due, or -1. */
static long long find_due(struct tls_schedule *schedule, long long from, long long to,
                          unsigned random, long long delay)
{
    for (; from < to; from++) {
        if (tls_schedule_is_due(schedule, (time_t)from, random, delay)) {
            schedule->due = 0;
            return from;
        }
    }
    return -1;
}

static void test_days(void)
{
    static const unsigned randoms[] = {0, 1, 299, 14100, 14101, 123456789, 4294967295U};
    size_t i;

    for (i = 0; i < sizeof randoms / sizeof *randoms; i++) {
        struct tls_schedule schedule = {.day = 0};
        long long due =
            find_due(&schedule, MIDNIGHT, MIDNIGHT + DAY, randoms[i], 4LL * HOUR);
        CHECK(due >= MIDNIGHT + 300 && due <= MIDNIGHT + 4 * HOUR);
        /* Once a day, and on the next one again. */
        CHECK_NUMBER(
            find_due(&schedule, due + 1, MIDNIGHT + DAY, randoms[i], 4LL * HOUR), -1);
        due = find_due(&schedule, MIDNIGHT + DAY, MIDNIGHT + 2 * DAY, randoms[i] + 7,
                       4LL * HOUR);
        CHECK(due >= MIDNIGHT + DAY + 300 && due <= MIDNIGHT + DAY + 4 * HOUR);
    }
}

static void test_starts(void)
{
    struct tls_schedule schedule = {.day = 0};
    long long noon = MIDNIGHT + 12 * HOUR, due;

    /* A start at noon finds what was due at night. */
    due = find_due(&schedule, noon, noon + HOUR, 500, 4LL * HOUR);
    CHECK(due >= noon && due <= noon + 600);
    CHECK_NUMBER(find_due(&schedule, due + 1, MIDNIGHT + DAY, 500, 4LL * HOUR), -1);
    /* Without a delay, at once. */
    schedule = (struct tls_schedule){.day = 0};
    CHECK_NUMBER(find_due(&schedule, noon, noon + HOUR, 77, 0), noon);
    CHECK_NUMBER(find_due(&schedule, noon + 1, MIDNIGHT + DAY + 5, 77, 0),
                 MIDNIGHT + DAY);
    /* One that failed comes again when it was put off to. */
    schedule.due = (time_t)(MIDNIGHT + DAY + 600);
    CHECK_NUMBER(find_due(&schedule, MIDNIGHT + DAY + 1, MIDNIGHT + 2 * DAY, 77, 0),
                 MIDNIGHT + DAY + 600);
}

int main(void)
{
    test_days();
    test_starts();
    return check_report();
}
