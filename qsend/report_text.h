/* The text of a delivery status notification. */
#ifndef QSEND_REPORT_TEXT_H
#define QSEND_REPORT_TEXT_H

#include "notify_job.h"
#include "tables.h"

#include <skalibs/stralloc.h>

#include <time.h>

struct report {
    struct notify_job *job;
    const struct tables *tables;
    const char *to; /* who is told */
    const char *id; /* the notification's own name in the queue */
    time_t now;
    stralloc header; /* the header section of the message it is about */
    int is_whole;    /* the whole message comes along, not its header section alone */
    int is_8bit;     /* what comes along has bytes over 127 */
    int is_utf8;     /* RFC 6533: addresses or header fields are in UTF-8 */
    int is_double;   /* a bounce that could not be delivered */
};

/* Appends all that goes before the third part's content, and what ends it. */
void report_write_start(const struct report *report, stralloc *out);
void report_write_end(const struct report *report, stralloc *out);

#endif
