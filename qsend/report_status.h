/* The part of a notification that programs read: message/delivery-status. */
#ifndef QSEND_REPORT_STATUS_H
#define QSEND_REPORT_STATUS_H

#include "report_text.h"

/* Appends the fields of the message and of each recipient (RFC 3464 section 2, RFC 6533
 * section 3), with an empty line after each group. */
void report_write_status(const struct report *report, stralloc *out);
/* The time until which a delayed message is tried. */
time_t report_retry_end(const struct report *report);

#endif
