/* What these programs share. */
#ifndef BENCH_LIMITS_COMMON_H
#define BENCH_LIMITS_COMMON_H

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* A figure that is not what it should be is none. Ends children, too. */
static inline void die(const char *what)
{
    perror(what);
    _exit(111);
}

/* Of the clock that only goes forward. */
static inline double read_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
