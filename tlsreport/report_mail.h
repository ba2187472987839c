/* A report as mail (RFC 8460 section 5.3): multipart/report with the JSON, compressed
 * by gzip, for all mailto: addresses that want it. */
#ifndef TLSREPORT_REPORT_MAIL_H
#define TLSREPORT_REPORT_MAIL_H

#include "queuefile.h"
#include "report.h"

/* Adds the addresses of REPORTS to ENVELOPE as recipients that get no notifications.
 * How many there are. */
size_t report_mail_add_recipients(const char *reports, struct envelope *envelope);
/* Appends the message with LF line ends; ID is its name in the queue. 0, or -1 where it
 * can't be compressed. */
int report_mail_write(const struct report *report, const struct envelope *envelope,
                      const char *id, stralloc *out);

#endif
