#include "destination.h"

#include "attempt.h"
#include "log.h"
#include "result.h"
#include "schedule.h"
#include "scheduler.h"
#include "text.h"
#include "worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Jobs ahead for one qremote, so that it can pipeline. */
#define REMOTE_WINDOW 5
#define REMOTE_JOBS_PER_WORKER 10
/* What a host takes in a packet at most, beside what DANE says of it. */
#define HOST_BYTES 400
/* INDEX and NUL. */
#define REMOTE_RECIPIENT_BYTES 11
/* More jobs than this for one destination are parked on disk while memory is
 * short, so that a slow destination leaves room for the others. */
#define WAITING_MAX (ACTIVE_MAX / 2)
#define PARKED_MAX 3600
/* How long an answer says that a destination works. */
#define TRUST_MS 60000
/* How often one more session is tried where as many as it may have were too many. */
#define LIMITED_MS 30000

void destination_set_limits(struct destination *destination)
{
    const struct scheduler_settings *settings = &destination->pool.scheduler->settings;
    struct pool *pool = &destination->pool;
    int is_probe = destination->back_off > 0;
    int is_one = is_probe || destination->answered == 0;

    pool->worker_limit = is_one ? 1 : (size_t)settings->concurrency_exchanger;
    destination->limited = 0;
    pool->window = is_probe ? 1 : REMOTE_WINDOW;
    pool->jobs_per_worker = REMOTE_JOBS_PER_WORKER;
    pool->linger = settings->remote_linger * 1000;
    pool->interval =
        settings->rate_exchanger > 0 ? 60000 / settings->rate_exchanger : 0;
}

static int write_job(struct pool *pool, struct job *job, struct packet *packet, int *fd)
{
    size_t i;

    (void)pool;
    packet_add(packet, "job");
    packet_add_number(packet, job->number);
    packet_add(packet, job->message->name);
    for (i = job->answered; i < job->count; i++) {
        packet_add_number(packet, job->indexes[i]);
    }
    *fd = message_open(job->message, O_RDONLY);
    return *fd < 0 ? -1 : 0;
}

/* Those for which there is no room, the last to be tried, are left out. */
static void write_host(struct packet *packet, const struct lookup_host *host,
                       unsigned port)
{
    if (packet->bytes.len + HOST_BYTES + strlen(host->dane) > PACKET_MAX) {
        return;
    }
    packet_add(packet, host->name);
    packet_add(packet, host->ip);
    packet_add_number(packet, port);
    packet_add(packet, host->dane);
}

/* Each session begins at another host of those with the same rank. */
static void write_greeting(struct pool *pool, struct packet *packet)
{
    struct destination *destination = pool->owner;
    size_t first;
    size_t end;
    size_t i;

    packet_add(packet, "hosts");
    packet_add(packet, destination->name);
    packet_add(packet, destination->policy);
    packet_add(packet, destination->auth);
    for (first = 0; first < destination->host_count; first = end) {
        end = first + 1;
        while (end < destination->host_count &&
               destination->hosts[end].rank == destination->hosts[first].rank) {
            end++;
        }
        for (i = 0; i < end - first; i++) {
            size_t at = first + (i + destination->started) % (end - first);
            write_host(packet, &destination->hosts[at], destination->port);
        }
    }
    destination->started++;
}

static int is_working(const struct destination *destination, const struct worker *but)
{
    const struct worker *worker = destination->pool.workers;

    while (worker && (worker == but || !worker->has_answered || worker->is_finished)) {
        worker = worker->next;
    }
    return worker != NULL;
}

/* Of a refused connection; what had to do with TLS has a code of its own. */
static void set_trouble(struct destination *destination, const char *text,
                        const char *enhanced)
{
    free(destination->trouble);
    destination->trouble = memory_copy_string(text);
    snprintf(destination->trouble_code, sizeof destination->trouble_code, "%s",
             enhanced && *enhanced ? enhanced : "4.4.1");
}

static void begin_back_off(struct destination *destination, const char *text,
                           const char *enhanced)
{
    struct scheduler *scheduler = destination->pool.scheduler;
    clock_ms now = clock_monotonic();
    struct log_line line;

    /* Others of its sessions may say so too. */
    if (destination->back_off_end > now) {
        return;
    }
    destination->back_off =
        schedule_back_off(destination->back_off, scheduler->settings.retry_interval);
    destination->back_off_end = now + destination->back_off * 1000;
    destination->answered = 0;
    set_trouble(destination, text, enhanced);
    destination_set_limits(destination);
    log_begin(&line, LOG_LEVEL_WARNING, "unreachable");
    log_string(&line, "destination", destination->name);
    log_string(&line, "text", text);
    log_number(&line, "seconds", destination->back_off);
    log_end(&line);
}

/* Where other sessions work, the server only takes no more of them. */
static void take_unreachable(struct worker *worker, const char *text,
                             const char *enhanced)
{
    struct destination *destination = worker->pool->owner;
    struct pool *pool = worker->pool;

    pool_worker_finished(worker);
    if (is_working(destination, worker)) {
        pool->worker_limit = pool->worker_count > 2 ? pool->worker_count - 1 : 1;
        destination->limited = clock_monotonic();
        return;
    }
    begin_back_off(destination, text ? text : "no connection", enhanced);
    pool_fail_waiting(pool, destination->trouble);
}

int destination_is_trusted(const struct destination *destination)
{
    return destination->answered > 0 &&
           clock_monotonic() - destination->answered < TRUST_MS;
}

/* What took no more sessions once may take them later. */
static void raise_limit(struct destination *destination)
{
    struct pool *pool = &destination->pool;
    size_t most = (size_t)pool->scheduler->settings.concurrency_exchanger;

    if (destination->limited == 0 ||
        destination->answered - destination->limited < LIMITED_MS) {
        return;
    }
    if (pool->worker_limit < most) {
        pool->worker_limit++;
    }
    destination->limited = pool->worker_limit < most ? destination->answered : 0;
}

static void note_answer(struct destination *destination)
{
    int was_in_doubt = destination->answered == 0;

    destination->answered = clock_monotonic();
    destination->done++;
    if (was_in_doubt) {
        destination->back_off = 0;
        destination->back_off_end = 0;
        destination_set_limits(destination);
        session_answered(destination);
    }
    raise_limit(destination);
}

/* RCPTMAX, MAILMAX, PROTOCOL or "no", and how the server was verified. */
static void take_session(struct worker *worker, struct packet *packet)
{
    const char *fields[4];
    int i;

    session_opened(worker);
    for (i = 0; i < 4; i++) {
        fields[i] = packet_next(packet);
    }
    if (fields[3]) {
        snprintf(worker->tls, sizeof worker->tls, "%s%s%s", fields[2],
                 *fields[3] ? "/" : "", fields[3]);
    }
}

static void on_packet(struct worker *worker, const char *verb, struct packet *packet)
{
    struct destination *destination = worker->pool->owner;

    if (strcmp(verb, "session") == 0) {
        take_session(worker, packet);
    } else if (strcmp(verb, "result") == 0) {
        session_opened(worker);
        note_answer(destination);
        result_receive(worker, packet);
    } else if (strcmp(verb, "tls") == 0) {
        tls_sessions_take(worker, packet);
    } else if (strcmp(verb, "unreachable") == 0) {
        const char *text = packet_next(packet);
        take_unreachable(worker, text, packet_next(packet));
    } else {
        worker_expel(worker);
    }
}

/* No attempt before the end of the back-off. */
static void note_back_off(const struct destination *destination,
                          struct message *message, clock_ms now)
{
    time_t end = time(NULL) + (destination->back_off_end - now) / 1000 + 1;

    if (destination->back_off_end > now && message->not_before < end) {
        message->not_before = end;
    }
}

static void on_failed(struct pool *pool, struct job *job, const char *text)
{
    const struct destination *destination = pool->owner;

    note_back_off(destination, job->message, clock_monotonic());
    result_fail_job(pool->scheduler, job,
                    destination->back_off > 0 ? destination->trouble_code : "4.3.0",
                    text);
}

static void on_close(struct worker *worker)
{
    session_closed(worker);
    tls_sessions_end(worker);
}

const struct pool_rules destination_rules = {
    .spawner = SPAWNER_REMOTE,
    .program = "qremote",
    .write_job = write_job,
    .on_packet = on_packet,
    .on_failed = on_failed,
    .write_greeting = write_greeting,
    .may_start = session_may_start,
    .on_close = on_close,
    .on_sent = tls_sessions_add_job,
    .on_end = session_ended,
    .is_wanted = session_is_wanted,
};

/* Seconds until most of what waits should be gone, going by what was done. */
static time_t estimate_wait(const struct destination *destination, clock_ms now)
{
    unsigned long long elapsed =
        (unsigned long long)(now - destination->busy_since) / 1000 + 1;
    unsigned long long wait =
        destination->pool.waiting.count * elapsed / (destination->done + 1);

    return wait > PARKED_MAX ? PARKED_MAX : (time_t)wait;
}

static int is_crowded(const struct destination *destination)
{
    const struct active *active = &destination->pool.scheduler->active;

    return destination->pool.waiting.count >= WAITING_MAX &&
           active->count >= ACTIVE_MAX / 4 * 3;
}

void destination_add(struct scheduler *scheduler, const struct lookup *lookup,
                     const struct lookup_waiter *waiter)
{
    struct destination *destination = destination_find(scheduler, lookup, waiter);
    clock_ms now = clock_monotonic();

    if (destination->back_off_end > now) {
        note_back_off(destination, waiter->message, now);
        attempt_fail(scheduler, waiter->message, waiter->index, 'Z',
                     destination->trouble_code, destination->trouble);
        return;
    }
    if (!destination->pool.waiting.first) {
        destination->busy_since = now;
        destination->done = 0;
        destination->has_new_mail = 0;
    }
    destination->has_new_mail |= !waiter->message->is_old;
    if (!destination_is_trusted(destination) &&
        parking_take(scheduler, waiter->message)) {
        return;
    }
    if (is_crowded(destination)) {
        waiter->message->parked_until =
            time(NULL) + estimate_wait(destination, now) + 1;
        return;
    }
    tls_sessions_note(destination, waiter->message, waiter->index, lookup->reports);
    pool_add_recipient(&destination->pool, JOB_REMOTE, waiter->message, waiter->index,
                       REMOTE_RECIPIENT_BYTES);
}
