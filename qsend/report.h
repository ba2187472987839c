/* Delivery status notifications: RFC 3461 (what is told), 3462 and 3464 (how), 6533 (in
 * UTF-8). */
#ifndef QSEND_REPORT_H
#define QSEND_REPORT_H

#include "notify_job.h"
#include "tables.h"

/* Queues what the job asks for, marks its recipients in the queue file and syncs that;
 * sets their results. */
void report_run(struct notify_job *job, const struct tables *tables);

#endif
