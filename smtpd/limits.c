#include "limits.h"

#include "settings.h"

void limits_read(struct limits *limits, const struct tables *tables, int is_submission)
{
    limits->size = (unsigned long long)setting_number(tables, SET_size_limit);
    limits->free_space = (unsigned long long)setting_number(tables, SET_free_space);
    limits->recipients =
        (unsigned long long)setting_number(tables, SET_recipients_limit);
    limits->commands = (unsigned long long)setting_number(tables, SET_command_limit);
    limits->errors = (unsigned long long)setting_number(tables, SET_error_limit);
    limits->hops = (unsigned long long)setting_number(tables, SET_hops_limit);
    limits->line = (size_t)setting_number(tables, SET_line_limit);
    limits->command_timeout = setting_number(tables, SET_command_timeout);
    limits->data_timeout = setting_number(tables, SET_data_timeout);
    limits->is_repairing = setting_text(tables, SET_bare_newlines)[2] == 'p';
    limits->is_vrfy_open = (int)setting_number(tables, SET_vrfy);
    limits->is_expn_open = (int)setting_number(tables, SET_expn);
    if (is_submission) {
        limits->auth_fail_delay = setting_number(tables, SET_auth_fail_delay);
        limits->auth_tries = setting_number(tables, SET_auth_tries);
        limits->may_log_in_clear = (int)setting_number(tables, SET_auth_plaintext);
        limits->has_scram = (int)setting_number(tables, SET_auth_scram);
        limits->is_hiding_client =
            (int)setting_number(tables, SET_submission_hide_client);
    }
}
