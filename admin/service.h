/* The programs that make a running mail system. */
#ifndef ADMIN_SERVICE_H
#define ADMIN_SERVICE_H

#include "state.h"

#define SERVICE_ADDRESSES_MAX 16

/* Where those on the network listen. */
struct service_options {
    const char *addresses[SERVICE_COUNT][SERVICE_ADDRESSES_MAX];
    int counts[SERVICE_COUNT];
};

/* Starts every service as the caller and waits until all answer; STATE holds what was
 * started, and is written to the disk on the way. 0, or an exit code when all is told,
 * with the ends of the logs; what was started then still has to be stopped. */
int service_start_all(const struct service_options *options, struct state *state);

#endif
