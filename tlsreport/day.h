/* A day's file, read: its lines in the order of a report. */
#ifndef TLSREPORT_DAY_H
#define TLSREPORT_DAY_H

#include "dayline.h"

struct day_row {
    struct day_line line;
    size_t position; /* in the file */
};

struct day {
    char *bytes;
    struct day_row *rows; /* by domain, policy, result, and the rest */
    size_t count;
    size_t damaged; /* lines that counted for nothing */
};

/* Takes the LEN bytes of a file, which are DAY's own from now on: from malloc, with one
 * more behind them. */
void day_parse(struct day *day, char *bytes, size_t len);
void day_free(struct day *day);
/* Rows from FIRST on that are of the same domain; with day_policy_end, of the same
 * policy too: where they end. */
size_t day_domain_end(const struct day *day, size_t first);
size_t day_policy_end(const struct day *day, size_t first);
/* The same for rows with the same fields. */
size_t day_detail_end(const struct day *day, size_t first);
/* Who wants reports of the domain of rows FIRST to END: what was known last. */
const char *day_reports(const struct day *day, size_t first, size_t end);

#endif
