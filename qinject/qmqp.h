/* QMQP, the protocol between qinject and qmqpd: one netstring with the message, the
 * sender and the recipients as netstrings in it; the answer is a netstring that begins
 * with K, Z or D. pombo's own extension: an address may be followed by a NUL and ESMTP
 * parameters (doc/INTERNALS). */
#ifndef QINJECT_QMQP_H
#define QINJECT_QMQP_H

#include "clock.h"
#include "queuefile.h"

/* Sends the message of the open file SPOOL and its envelope to run/qmqp. Sets REASON
 * (of SIZE bytes) to what the server or the system says. 'K', 'Z' or 'D'. */
char qmqp_send(int spool, const struct envelope *envelope, char *reason, size_t size);

/* Appends an address of the envelope with its parameters, as they go into a netstring:
 * the sender, or a recipient. */
void qmqp_add_sender(stralloc *out, const struct envelope *envelope);
void qmqp_add_recipient(stralloc *out, const struct envelope_recipient *recipient);
/* The other way round: takes BYTES apart into the envelope. 0, or -1 for nonsense. */
int qmqp_take_sender(struct envelope *envelope, const char *bytes, size_t len);
int qmqp_take_recipient(struct envelope *envelope, const char *bytes, size_t len);

#endif
