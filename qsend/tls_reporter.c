#include "tls_reporter.h"

#include "log.h"
#include "scheduler.h"
#include "worker.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 60000
#define AGAIN_SECONDS 600
/* Of what qspawn can start (qstart.c). */
#define PROGRAM_TLSREPORT 1

static void forget_program(struct scheduler *scheduler)
{
    struct tls_reporter *reporter = &scheduler->tls_reporter;

    loop_watch_remove(&scheduler->loop, &reporter->watch);
    close(reporter->watch.fd);
    reporter->watch.fd = 0;
}

/* "done", or its end. */
static void on_ready(void *data, unsigned events)
{
    struct scheduler *scheduler = data;
    struct tls_reporter *reporter = &scheduler->tls_reporter;
    struct packet *packet = &scheduler->packet;
    const char *verb;
    int fd = -1;

    (void)events;
    if (packet_receive(reporter->watch.fd, packet, &fd) > 0 &&
        (verb = packet_next(packet)) && strcmp(verb, "done") == 0) {
        reporter->schedule.due = 0;
    } else if (reporter->schedule.due > 0) {
        log_event(LOG_LEVEL_WARNING, "no-tls-reports", "program", "qtlsreport",
                  (char *)0);
    }
    if (fd >= 0) {
        close(fd);
    }
    forget_program(scheduler);
}

static void start_program(struct scheduler *scheduler)
{
    struct tls_reporter *reporter = &scheduler->tls_reporter;
    int fd;

    if (reporter->watch.fd > 0) {
        return;
    }
    fd = worker_spawn(SPAWNER_NOTIFY, PROGRAM_TLSREPORT);
    if (fd < 0) {
        log_failure("start-worker", "program", "qtlsreport", (char *)0);
        return;
    }
    reporter->watch.fd = fd;
    reporter->watch.on_ready = on_ready;
    reporter->watch.data = scheduler;
    reporter->schedule.due = time(NULL) + AGAIN_SECONDS; /* unless it says "done" */
    if (loop_watch_add(&scheduler->loop, &reporter->watch, EPOLLIN) < 0) {
        log_failure("watch-worker", (char *)0);
        close(fd);
        reporter->watch.fd = 0;
    }
}

static void tick(void *data)
{
    struct scheduler *scheduler = data;
    struct tls_reporter *reporter = &scheduler->tls_reporter;
    unsigned random = 0;

    scheduler_refresh(scheduler, 0);
    tls_counts_flush(&scheduler->tls_counts);
    if (!reporter->is_on) {
        return;
    }
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) {
        random = (unsigned)clock_monotonic();
    }
    if (tls_schedule_is_due(&reporter->schedule, time(NULL), random,
                            scheduler->settings.tls_report_delay)) {
        start_program(scheduler);
    }
    loop_timer_set(&scheduler->loop, &reporter->tick, clock_monotonic() + TICK_MS);
}

void tls_reporter_open(struct scheduler *scheduler)
{
    scheduler->tls_reporter.tick.on_due = tick;
    scheduler->tls_reporter.tick.data = scheduler;
    tls_reporter_apply_settings(scheduler);
}

void tls_reporter_apply_settings(struct scheduler *scheduler)
{
    struct tls_reporter *reporter = &scheduler->tls_reporter;

    reporter->is_on = scheduler->settings.tls_reports > 0;
    if (!scheduler->is_stopping) {
        loop_timer_set(&scheduler->loop, &reporter->tick, 0);
    }
}

void tls_reporter_close(struct scheduler *scheduler)
{
    tls_counts_flush(&scheduler->tls_counts);
}
