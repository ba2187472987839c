/* What may fill qsend's memory. Messages that wait for a look-up, or for a destination
 * that has not answered lately, may take a quarter of it while they are old and three
 * quarters while they are new; beyond that they are parked: put (back) into the wheel
 * untried. The rest is for local mail and for destinations that answer, so that a
 * dead name server or thousands of dead hosts never stand in the way of other mail.
 * The parked come back at a steady pace, for each costs some work. */
#ifndef QSEND_PARKING_H
#define QSEND_PARKING_H

#include "message.h"

struct scheduler;

struct parking {
    time_t back; /* when the last one parked comes back */
    unsigned in_second;
};

/* Parks MESSAGE where memory is too full for it to wait: 1, else 0. */
int parking_take(struct scheduler *scheduler, struct message *message);

#endif
