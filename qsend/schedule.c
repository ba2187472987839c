#include "schedule.h"

#define BACK_OFF_MAX 3600

long long schedule_isqrt(long long x)
{
    long long root = 0;
    long long bit = 1LL << 31;

    for (; bit > 0; bit >>= 1) {
        if ((root + bit) <= x / (root + bit)) {
            root += bit;
        }
    }
    return root;
}

time_t schedule_next_attempt(time_t birth, time_t now, long long scale)
{
    long long root;

    if (birth > now) {
        birth = now;
    }
    root = schedule_isqrt((long long)now - birth) + scale;
    return birth + root * root;
}

long long schedule_back_off(long long last, long long first)
{
    long long next = last > 0 ? last * 2 : first;

    return next > BACK_OFF_MAX ? BACK_OFF_MAX : next;
}
