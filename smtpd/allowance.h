/* How many messages and recipients each user may still submit in this hour, which
 * begins with the first message. Counted in run/submitted, which outlives sessions and
 * not a restart of the machine. */
#ifndef SMTPD_ALLOWANCE_H
#define SMTPD_ALLOWANCE_H

#include "tables.h"

struct allowance {
    int fd;                         /* -1: could not be had */
    long long messages, recipients; /* the limits; 0: none */
};

enum allowance_result {
    ALLOWANCE_LEFT,
    ALLOWANCE_MESSAGES,   /* no message is left */
    ALLOWANCE_RECIPIENTS, /* not so many recipients */
    ALLOWANCE_ERROR       /* nothing can be counted now */
};

/* Reads the limits and, where there are any, opens the file, which has to be done
 * before the walls. */
void allowance_open(struct allowance *allowance, const struct tables *tables);
void allowance_close(struct allowance *allowance);
/* Whether USER may send a message to RECIPIENTS more. */
enum allowance_result allowance_look(const struct allowance *allowance,
                                     const char *user, unsigned long long recipients);
/* The same, and counts it where it may. */
enum allowance_result allowance_take(const struct allowance *allowance,
                                     const char *user, unsigned long long recipients);

#endif
