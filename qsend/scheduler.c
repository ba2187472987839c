#include "scheduler.h"

#include "local.h"
#include "log.h"
#include "settings.h"

static void read_settings(struct scheduler *scheduler)
{
    const struct tables *tables = &scheduler->tables;
    struct scheduler_settings *settings = &scheduler->settings;

    settings->concurrency_local = setting_number(tables, SET_concurrency_local);
    settings->concurrency_remote = setting_number(tables, SET_concurrency_remote);
    settings->concurrency_silent = setting_number(tables, SET_concurrency_silent);
    settings->concurrency_exchanger = setting_number(tables, SET_concurrency_exchanger);
    settings->rate_exchanger = setting_number(tables, SET_rate_exchanger);
    settings->retry_interval = setting_number(tables, SET_retry_interval);
    settings->remote_linger = setting_number(tables, SET_remote_linger);
    settings->remote_port = setting_number(tables, SET_remote_port);
    settings->queue_lifetime = setting_number(tables, SET_queue_lifetime);
    settings->bounce_lifetime = setting_number(tables, SET_bounce_lifetime);
    settings->tls_reports = setting_number(tables, SET_tls_reports);
    settings->tls_report_delay = setting_number(tables, SET_tls_report_delay);
    settings->delay_warning = setting_number(tables, SET_delay_warning);
}

int scheduler_read_tables(struct scheduler *scheduler)
{
    if (tables_open(&scheduler->tables) < 0) {
        return -1;
    }
    read_settings(scheduler);
    return 0;
}

void scheduler_refresh(struct scheduler *scheduler, int is_forced)
{
    clock_ms now = clock_monotonic();
    int result;

    if (!is_forced && now - scheduler->tables_checked < 1000) {
        return;
    }
    scheduler->tables_checked = now;
    result = tables_refresh(&scheduler->tables);
    if (result < 0) {
        log_failure("tables", (char *)0);
    }
    if (result > 0) {
        read_settings(scheduler);
        local_apply_settings(scheduler);
        destination_apply_settings(scheduler);
        tls_reporter_apply_settings(scheduler);
        lookup_renew(scheduler);
        log_event(LOG_LEVEL_INFO, "tables", (char *)0);
    }
}
