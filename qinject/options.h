/* The command line of qinject, which is sendmail's. */
#ifndef QINJECT_OPTIONS_H
#define QINJECT_OPTIONS_H

#include <stddef.h>

enum qinject_mode {
    MODE_DELIVER, /* -bm, the default: a message on standard input */
    MODE_SMTP,    /* -bs */
    MODE_QUEUE,   /* -bp, mailq */
    MODE_TABLES   /* -bi, newaliases */
};

struct options {
    enum qinject_mode mode;
    int reads_headers;  /* -t */
    int is_dot_kept;    /* -i, -oi: a line with a dot alone does not end the input */
    int runs_queue;     /* -q: qsend does so by itself */
    const char *sender; /* -f or -r; NULL where not given */
    const char *name;   /* -F */
    const char *envid;  /* -V, not yet xtext */
    unsigned notify;    /* -N, of enum notify_flag */
    unsigned ret;       /* -R, of enum envelope_flag */
    int is_7bit;        /* -B7BIT */
    int requires_tls;   /* -O RequireTLS: REQUIRETLS (RFC 8689) */
    char **recipients;  /* the arguments left, in argv */
    size_t recipient_count;
};

/* Parses ARGV (its first word chooses the mode for newaliases and mailq). NULL, or what
 * is wrong (a static text). Words that begin with an unknown flag are accepted in
 * silence. */
const char *options_parse(struct options *options, int argc, char **argv);

#endif
