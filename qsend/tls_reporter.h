/* Once a minute, where the setting tls_reports is on: the counters of TLS's results go
 * to their file, and when the day's reports are due, qtlsreport is started. One that
 * ends without having said "done" is started again after some minutes. */
#ifndef QSEND_TLS_REPORTER_H
#define QSEND_TLS_REPORTER_H

#include "loop.h"
#include "tls_schedule.h"

struct scheduler;

struct tls_reporter {
    struct loop_timer tick;
    struct loop_watch watch; /* the socket to qtlsreport; fd 0: it does not run */
    struct tls_schedule schedule;
    unsigned char is_on;
};

void tls_reporter_open(struct scheduler *scheduler);
/* The setting may have changed. */
void tls_reporter_apply_settings(struct scheduler *scheduler);
/* At the end: writes the counters. */
void tls_reporter_close(struct scheduler *scheduler);

#endif
