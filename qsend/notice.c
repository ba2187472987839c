#include "notice.h"

#include "attempt.h"
#include "log.h"
#include "result.h"
#include "scheduler.h"
#include "text.h"

#include <fcntl.h>
#include <string.h>

/* Each notice is synced on its own: a few processes share the wait. */
#define NOTICE_WORKERS 4
#define NOTICE_JOBS_PER_WORKER 5
#define NOTICE_WINDOW 20
#define NOTICE_LINGER_MS 5000
/* INDEX, ACTION and NULs. */
#define NOTICE_FIXED_BYTES 40

static const char *const verbs[] = {[JOB_FORWARD] = "forward",
                                    [JOB_BOUNCE] = "bounce",
                                    [JOB_DELAY] = "delay",
                                    [JOB_SUCCESS] = "success"};

/* RFC 3464 section 2.3.3. */
static const char *get_action(enum job_verb verb, char state)
{
    switch (verb) {
    case JOB_BOUNCE:
        return "failed";
    case JOB_DELAY:
        return "delayed";
    default:
        return state == STATE_RELAYED ? "relayed" : "delivered";
    }
}

/* A success left over from before a crash has no outcome any more. */
static void write_recipient(struct job *job, uint32_t index, struct packet *packet)
{
    const struct outcome *outcome = &job->message->outcomes[index];
    const char *enhanced = outcome_enhanced(outcome);

    packet_add_number(packet, index);
    if (job->verb == JOB_FORWARD) {
        return;
    }
    packet_add(packet,
               get_action(job->verb, message_recipient(job->message, index)->state));
    packet_add(packet, *enhanced ? enhanced : "2.0.0");
    packet_add(packet, outcome_host(outcome));
    packet_add(packet, outcome_text(outcome));
}

static int write_job(struct pool *pool, struct job *job, struct packet *packet, int *fd)
{
    size_t i;

    (void)pool;
    packet_add(packet, verbs[job->verb]);
    packet_add_number(packet, job->number);
    packet_add(packet, job->message->name);
    for (i = job->answered; i < job->count; i++) {
        write_recipient(job, job->indexes[i], packet);
    }
    *fd = message_open(job->message, O_RDWR);
    return *fd < 0 ? -1 : 0;
}

static const struct pool_rules notice_rules = {
    .spawner = SPAWNER_NOTIFY,
    .program = "qnotify",
    .write_job = write_job,
    .on_packet = result_on_packet,
    .on_failed = result_on_failed,
};

void notice_open(struct scheduler *scheduler)
{
    struct pool *pool = &scheduler->notices;

    pool_open(pool, scheduler, &notice_rules);
    pool->worker_limit = NOTICE_WORKERS;
    pool->jobs_per_worker = NOTICE_JOBS_PER_WORKER;
    pool->window = NOTICE_WINDOW;
    pool->linger = NOTICE_LINGER_MS;
}

void notice_forward(struct scheduler *scheduler, struct message *message, size_t index)
{
    pool_add_recipient(&scheduler->notices, JOB_FORWARD, message, index,
                       NOTICE_FIXED_BYTES);
}

static void add(struct scheduler *scheduler, enum job_verb verb,
                struct message *message, size_t index)
{
    const struct outcome *outcome = &message->outcomes[index];
    size_t bytes = NOTICE_FIXED_BYTES + strlen(outcome_enhanced(outcome)) +
                   strlen(outcome_host(outcome)) + strlen(outcome_text(outcome));

    pool_add_recipient(&scheduler->notices, verb, message, index, bytes);
}

/* RFC 3461 section 4.1: without NOTIFY, failures and delays are told. */
static int may_notify(const struct envelope_recipient *recipient, unsigned wish)
{
    return recipient->notify == 0 || (recipient->notify & wish) != 0;
}

/* Failures go to qnotify with a null sender too: it tells the postmaster. */
static void queue_failure(struct scheduler *scheduler, struct message *message,
                          size_t index)
{
    if (may_notify(message_recipient(message, index), NOTIFY_FAILURE)) {
        add(scheduler, JOB_BOUNCE, message, index);
    } else {
        message_set_state(message, index, STATE_BOUNCED);
    }
}

/* An expired recipient keeps the host and text of its last failure. */
static void expire(struct message *message, size_t index)
{
    const struct outcome *outcome = &message->outcomes[index];
    const char *host = *outcome_host(outcome) ? outcome_host(outcome) : NULL;
    struct envelope_recipient *recipient = message_recipient(message, index);
    stralloc saved = STRALLOC_ZERO;

    log_event(LOG_LEVEL_INFO, "failed", "id", message->name, "to", recipient->address,
              "host", host, "code", "4.4.7", "text", outcome_text(outcome), "reason",
              "expired", (char *)0);
    text_set_string(&saved, host ? host : "");
    text_add_byte(&saved, '\0');
    text_add_string(&saved, outcome_text(outcome));
    text_string(&saved);
    message_set_outcome(message, index, 'D', "4.4.7", saved.s,
                        saved.s + strlen(saved.s) + 1);
    text_free(&saved);
}

static void queue_failures(struct scheduler *scheduler, struct message *message,
                           int is_expired)
{
    size_t i;

    for (i = 0; i < message->file.envelope.recipient_count; i++) {
        if (!message_is_todo(message, i)) {
            continue;
        }
        if (is_expired && message->outcomes[i].status == 'Z') {
            expire(message, i);
        }
        if (message->outcomes[i].status == 'D') {
            queue_failure(scheduler, message, i);
        }
    }
}

static void queue_delays(struct scheduler *scheduler, struct message *message)
{
    size_t i;

    for (i = 0; i < message->file.envelope.recipient_count; i++) {
        const struct envelope_recipient *recipient = message_recipient(message, i);
        if (recipient->state == STATE_TODO && message->outcomes[i].status == 'Z' &&
            may_notify(recipient, NOTIFY_DELAY)) {
            add(scheduler, JOB_DELAY, message, i);
        }
    }
}

static void queue_successes(struct scheduler *scheduler, struct message *message)
{
    size_t i;

    for (i = 0; i < message->file.envelope.recipient_count; i++) {
        char state = message_recipient(message, i)->state;
        if (state != STATE_DELIVERED && state != STATE_RELAYED) {
            continue;
        }
        if (message->file.envelope.sender.len > 0) {
            add(scheduler, JOB_SUCCESS, message, i);
        } else {
            message_set_state(message, i, STATE_DONE);
        }
    }
}

void notice_queue_all(struct scheduler *scheduler, struct message *message, time_t now)
{
    long long warning = scheduler->settings.delay_warning;
    int is_expired = attempt_is_expired(scheduler, message, now);

    queue_failures(scheduler, message, is_expired);
    if (!is_expired && warning > 0 && message->file.envelope.sender.len > 0 &&
        now - message->file.envelope.arrival >= warning) {
        queue_delays(scheduler, message);
    }
    queue_successes(scheduler, message);
}
