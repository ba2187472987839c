/* Where each recipient of a message goes: a mailbox here, a forward, or a remote
 * destination. */
#ifndef QSEND_ROUTE_H
#define QSEND_ROUTE_H

#include "lookup.h"
#include "message.h"

struct scheduler;

/* Starts the attempt: sends all recipients of a new MESSAGE on their way. MESSAGE
 * may be over, and freed, on return. */
void route_message(struct scheduler *scheduler, struct message *message);
/* The hosts for WAITER's recipient are known, or known not to be. */
void route_found(struct scheduler *scheduler, const struct lookup *lookup,
                 const struct lookup_waiter *waiter);

#endif
