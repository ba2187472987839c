/* A line of a day's file: so many sessions had the same result of TLS. qsend appends
 * them, qtlsreport reads them. Its fields are parted by tabs, the CRC-32C in
 * hexadecimal is of all that follows:
 *     CRC COUNT DOMAIN REPORTS POLICY RESULT HOST IP SOURCE TEXT
 * A line that was torn, or is damaged otherwise, counts for nothing. */
#ifndef TLSREPORT_DAYLINE_H
#define TLSREPORT_DAYLINE_H

#include "tls_result.h"

#include <skalibs/stralloc.h>

#include <stddef.h>

/* The folder of such files, below the queue. */
#define DAY_FOLDER "tlsrpt"
/* Who brought a message that is such a report, in its envelope: its own session is not
 * counted (RFC 8460 section 3). */
#define DAY_BROUGHT_BY "tls-report"
/* "2026-11-24" and NUL, in UTC. */
#define DAY_NAME_SIZE 11
#define DAY_SECONDS 86400
/* A file gets no longer than this. */
#define DAY_FILE_MAX (64 << 20)

enum day_field {
    DAY_DOMAIN,  /* the policy domain, as in the DNS */
    DAY_REPORTS, /* who wants reports of it (qsend/tlsrpt.h) */
    DAY_POLICY,  /* what is known of the host (qsend/dane.h) */
    DAY_RESULT,  /* lib/tls_result.h; of "ok" the rest is empty */
    DAY_HOST,    /* the exchanger's name, */
    DAY_IP,      /* ... its address, */
    DAY_SOURCE,  /* ... our own, */
    DAY_TEXT,    /* ... and why it failed */
    DAY_FIELDS
};

struct day_line {
    unsigned long long count;
    enum tls_result result;
    const char *fields[DAY_FIELDS];
};

/* Appends the fields alone, without control bytes and each of a sane length: lines
 * that mean the same have the same. */
void day_line_add_fields(stralloc *out, const struct day_line *line);
/* Appends a whole line with such fields, and LF. */
void day_line_add(stralloc *out, unsigned long long count, const char *fields,
                  size_t len);
/* Takes a line of LEN bytes without its LF apart; it is written to, and LINE points
 * into it. 0, or -1 where it is none. Pure. */
int day_line_parse(char *bytes, size_t len, struct day_line *line);

/* The name of the file of DAY, counted from 1970. */
void day_name_format(char name[DAY_NAME_SIZE], long long day);
/* The day, or -1 where NAME (LEN bytes) is no day's name. */
long long day_name_parse(const char *name, size_t len);

#endif
