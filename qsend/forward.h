/* Mail to an alias goes on to its targets as a new message in the queue. */
#ifndef QSEND_FORWARD_H
#define QSEND_FORWARD_H

#include "notify_job.h"
#include "tables.h"

/* Forwards for each recipient of the job, which all are aliases; sets their results: K;
 * R where a DSN "expanded" is owed (several targets, NOTIFY=SUCCESS); D for loops
 * (5.4.6) and aliases that lead nowhere (5.1.1); Z. */
void forward_run(struct notify_job *job, const struct tables *tables);

#endif
