/* All that qsend holds in memory, part by part, as its modules share it. */
#ifndef QSEND_SCHEDULER_H
#define QSEND_SCHEDULER_H

#include "destination.h"
#include "intake.h"
#include "lookup.h"
#include "loop.h"
#include "message.h"
#include "packet.h"
#include "parking.h"
#include "pool.h"
#include "tables.h"
#include "tls_counts.h"
#include "tls_reporter.h"
#include "wheel.h"

/* The settings in force; times in seconds. */
struct scheduler_settings {
    long long concurrency_local, concurrency_remote, concurrency_silent,
        concurrency_exchanger;
    long long rate_exchanger, retry_interval, remote_linger, remote_port;
    long long queue_lifetime, bounce_lifetime, delay_warning;
    long long tls_reports, tls_report_delay;
};

struct scheduler {
    struct loop loop;
    struct tables tables;
    clock_ms tables_checked;
    struct scheduler_settings settings;
    struct active active;
    struct intake intake;
    struct wheel wheel;
    struct parking parking;
    struct pool local, notices;
    struct pool questions[QUESTION_POOLS];
    struct lookups lookups;
    struct destinations destinations;
    struct tls_counts tls_counts;
    struct tls_reporter tls_reporter;
    size_t worker_count[SPAWNER_COUNT];
    size_t jobs_in_hand; /* sent to workers, and not answered */
    long long last_number;
    struct packet packet, packet_out; /* scratch */
    struct timespec started;          /* by the clock of files' times */
    unsigned char is_stopping;
    unsigned char has_settled; /* all derived messages found at the start */
};

/* Opens the tables for the first time. 0, or -1 with errno. */
int scheduler_read_tables(struct scheduler *scheduler);
/* Takes changed tables and settings up, looking for them once a second at most;
 * at once with IS_FORCED. */
void scheduler_refresh(struct scheduler *scheduler, int is_forced);

#endif
