/* Stopping what `pombo up` started. */
#ifndef ADMIN_STOP_H
#define ADMIN_STOP_H

#include "state.h"

#define STOP_SECONDS 20

/* Ends all services and what they started: TERM, after SECONDS KILL (and says so on fd
 * 2); then removes the state, of which the addresses go first. 0, or an exit code. */
int stop_services(struct state *state, int seconds);

#endif
