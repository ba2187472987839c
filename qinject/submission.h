/* A message on its way into the queue: straight where we may write it, else over QMQP
 * through run/qmqp. */
#ifndef QINJECT_SUBMISSION_H
#define QINJECT_SUBMISSION_H

#include "queuefile.h"

enum submission_result {
    SUBMISSION_DONE,
    SUBMISSION_TEMPORARY, /* try again later */
    SUBMISSION_PERMANENT  /* refused */
};

struct submission {
    const struct envelope *envelope; /* the caller's, filled before submission_begin */
    struct queue_writer writer;      /* fd -1 where nothing is begun */
    int spool;                       /* the message, where QMQP takes it; else -1 */
    int is_for_queue;                /* set by the caller: never over QMQP */
    int error;                       /* errno of what went wrong; 0: QMQP's answer */
    char reason[300];                /* what went wrong, or what QMQP's server said */
};

/* Chooses the way and opens it. writer.name may be set already (queue_new_name). */
enum submission_result submission_begin(struct submission *submission);
enum submission_result submission_write(struct submission *submission,
                                        const char *bytes, size_t len);
/* DONE: the message is safe. */
enum submission_result submission_commit(struct submission *submission);
/* Gives up what was begun. */
void submission_abort(struct submission *submission);

#endif
