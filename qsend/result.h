/* Packets "result": what a worker says of the recipients of a job. */
#ifndef QSEND_RESULT_H
#define QSEND_RESULT_H

#include "pool.h"

/* Takes a result packet (its verb has been read) apart and down. Where it does
 * not fit the jobs in hand, the worker is expelled. */
void result_receive(struct worker *worker, struct packet *packet);
/* The rules on_packet and on_failed of pools whose workers send results alone. */
void result_on_packet(struct worker *worker, const char *verb, struct packet *packet);
void result_on_failed(struct pool *pool, struct job *job, const char *text);
/* All recipients of JOB that have no result yet fail for now; frees JOB. */
void result_fail_job(struct scheduler *scheduler, struct job *job, const char *enhanced,
                     const char *text);

#endif
