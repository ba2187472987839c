/* The report of one domain's day (RFC 8460 section 4.4), as JSON, and as mail (section
 * 5.3). */
#ifndef TLSREPORT_REPORT_H
#define TLSREPORT_REPORT_H

#include "../sts/policy.h"
#include "day.h"
#include "tables.h"

/* Who reports, as the settings have it, and what. Start with report_begin. */
struct report {
    const struct tables *tables;
    const struct day *day;
    long long number;  /* the day, from 1970 */
    size_t first, end; /* the domain's rows */
    const char *domain;
    const char *reports;          /* who wants it */
    const struct sts_policy *sts; /* of MTA-STS, that is kept of it now; the caller's,
                                     NULL where there is none */
    stralloc from, contact, organization, submitter, id; /* each ends in NUL */
};

/* Of different details more than these are counted alone; a domain has no more policies
 * than these in a report. */
#define REPORT_DETAILS_MAX 1000
#define REPORT_POLICIES_MAX 100

/* Takes the settings. */
void report_begin(struct report *report, const struct tables *tables,
                  const struct day *day, long long number);
/* Goes on with the domain whose rows begin at FIRST. */
void report_set_domain(struct report *report, size_t first);
void report_free(struct report *report);
/* Appends the JSON. */
void report_write(const struct report *report, stralloc *out);
/* Sets NAME to that of a report's file (RFC 8460 section 5.1), with EXTENSION. */
void report_file_name(const struct report *report, const char *extension,
                      stralloc *name);

#endif
