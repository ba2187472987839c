/* The pool of qlocal. */
#ifndef QSEND_LOCAL_H
#define QSEND_LOCAL_H

#include "message.h"
#include "pool.h"
#include "recipient.h"

void local_open(struct scheduler *scheduler);
void local_apply_settings(struct scheduler *scheduler);
/* Adds recipient INDEX, whose ROUTE is a mailbox, to the deliveries. */
void local_add(struct scheduler *scheduler, struct message *message, size_t index,
               const struct recipient_route *route);

#endif
