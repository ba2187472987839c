/* The text of a delivery status notification. */
#ifndef QSEND_REPORT_TEXT_H
#define QSEND_REPORT_TEXT_H

#include "notify_job.h"
#include "tables.h"

#include <skalibs/stralloc.h>

struct report {
    const struct notify_job *job;
    const struct tables *tables;
    const char *to;  /* who is told */
    const char *id;  /* the notification's own name in the queue */
    stralloc header; /* the header section of the message it is about */
    int is_whole;    /* the whole message comes along, not its header section alone */
    int is_utf8;     /* RFC 6533: the message was SMTPUTF8 */
    int is_double;   /* a bounce that could not be delivered */
};

/* Appends all that goes before the third part's content, and what ends it. */
void report_write_start(const struct report *report, stralloc *out);
void report_write_end(const struct report *report, stralloc *out);
/* Appends TEXT with each control byte as '?', at most 900 bytes. */
void report_add_clean(stralloc *out, const char *text, size_t len);

#endif
