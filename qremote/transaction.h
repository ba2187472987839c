/* Mail transactions: one message to some of its recipients (RFC 5321 section 3.3). */
#ifndef QREMOTE_TRANSACTION_H
#define QREMOTE_TRANSACTION_H

#include "job.h"
#include "session.h"

enum transaction_end {
    TRANSACTION_DONE,   /* all recipients have results; the session goes on */
    TRANSACTION_OVER,   /* they have, but the session is of no use any more */
    TRANSACTION_UNTRIED /* the connection went before anything was decided: nothing was
                           sent that the server could have taken */
};

/* Sends the job's message to all of its recipients that have no result, in as many
 * transactions as the server's limits ask for. */
enum transaction_end transaction_run(struct session *session, struct job *job);

#endif
