/* The log lines of qlisten. In a flood the log stays small: only so many lines a
 * second are written, and the next one counts those left out (skipped=N). */
#ifndef LISTEN_REPORT_H
#define LISTEN_REPORT_H

#include "peer.h"

#include <time.h>

struct throttle {
    time_t second;
    unsigned lines;
    unsigned skipped;
};

struct report {
    bool is_verbose; /* lines for each connection */
    struct throttle refusals;
    struct throttle faults;
};

/* A failed call (EVENT, with errno's text): one line a second. Keeps errno. */
void report_fault(struct report *report, const char *event);

/* A connection turned away; WHY is "all" or "source", whose LIMIT is reached: ten
 * lines a second. */
void report_refusal(struct report *report, const struct peer *remote, const char *why,
                    unsigned limit);

/* A program started, or ended with STATUS of waitpid; CONNECTIONS are open now. */
void report_open(const struct report *report, pid_t pid, const struct peer *remote,
                 unsigned connections);
void report_closed(const struct report *report, pid_t pid, int status,
                   unsigned connections);

/* SIGNAL ends us while CONNECTIONS are open. */
void report_stop(int signal, unsigned connections);

#endif
