/* Mail transactions: one message to some of its recipients (RFC 5321 section 3.3). */
#ifndef QREMOTE_TRANSACTION_H
#define QREMOTE_TRANSACTION_H

#include "job.h"
#include "session.h"

enum transaction_end {
    TRANSACTION_DONE,   /* all recipients have results; the session goes on */
    TRANSACTION_OVER,   /* all have, or qsend is gone; the session is closed */
    TRANSACTION_UNTRIED /* some have none, and none of these can have got the message;
                           the session is closed: a new one is to be tried */
};

/* Sends the job's message to all of its recipients that have no result, in as many
 * transactions as the server's limits ask for, and tells qsend the results of each.
 * UNTRIED comes only of a session that had transactions before this call, or after
 * one within it: a new session always gets on. */
enum transaction_end transaction_run(struct session *session, struct job *job);

#endif
