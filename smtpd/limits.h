/* The settings that a session goes by. */
#ifndef SMTPD_LIMITS_H
#define SMTPD_LIMITS_H

#include "tables.h"

#include <stddef.h>

/* Settings, read once a session. */
struct limits {
    unsigned long long size, free_space, recipients, commands, errors, hops;
    size_t line;
    long long command_timeout, data_timeout;
    long long auth_fail_delay, auth_tries;
    int is_repairing, is_vrfy_open, is_expn_open;
    int may_log_in_clear, is_hiding_client, has_scram;
};

/* Reads them; those for log-in and submission only where it IS_SUBMISSION. */
void limits_read(struct limits *limits, const struct tables *tables, int is_submission);

#endif
