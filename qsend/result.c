#include "result.h"

#include "attempt.h"
#include "intake.h"
#include "log.h"
#include "scheduler.h"
#include "text.h"
#include "worker.h"

#include <limits.h>
#include <string.h>

/* The state that a notice's success stands for; qnotify has written it. */
static char get_notice_state(enum job_verb verb)
{
    switch (verb) {
    case JOB_BOUNCE:
        return STATE_BOUNCED;
    case JOB_DELAY:
        return STATE_WARNED;
    default:
        return STATE_DONE;
    }
}

static void log_notice(const struct job *job, const char *derived)
{
    static const char *const kinds[] = {[JOB_FORWARD] = "forward",
                                        [JOB_BOUNCE] = "bounce",
                                        [JOB_DELAY] = "delay",
                                        [JOB_SUCCESS] = "success"};

    log_event(LOG_LEVEL_INFO, "derived", "id", job->message->name, "kind",
              kinds[job->verb], "new", *derived ? derived : NULL, (char *)0);
}

/* PARTS: enhanced code, host (here: the derived file's name), text, and how the session
 * was protected. */
static void take_notice(struct scheduler *scheduler, const struct job *job,
                        uint32_t index, char status, const char *const parts[4])
{
    struct message *message = job->message;

    if (status == 'K' || (status == 'R' && job->verb == JOB_FORWARD)) {
        char state = STATE_DELIVERED;
        if (status != 'R') {
            state = get_notice_state(job->verb);
        }
        message_recipient(message, index)->state = state;
        if (job->verb == JOB_FORWARD) {
            message_set_outcome(message, index, 'K', parts[0], "", parts[2]);
        }
        if (*parts[1]) {
            intake_report(scheduler, parts[1]);
        }
        if (*parts[1] || job->verb == JOB_FORWARD) {
            log_notice(job, parts[1]);
        }
    } else if (job->verb == JOB_FORWARD) {
        const char *const shown[4] = {parts[0], "", parts[2], ""};
        attempt_result(scheduler, message, index, status, shown);
    } else {
        log_event(LOG_LEVEL_WARNING, "notice-failed", "id", message->name, "text",
                  parts[2], (char *)0);
    }
}

/* C says as much as Z of the recipient, and more of the message. */
static void take_one(struct scheduler *scheduler, const struct job *job, uint32_t index,
                     char status, const char *const parts[4])
{
    if (status == 'C') {
        job->message->is_damaged = 1;
        status = 'Z';
    }
    if (job->verb == JOB_LOCAL) {
        char outcome = status;
        if (status == 'K') {
            outcome = 'L';
        }
        attempt_result(scheduler, job->message, index, outcome, parts);
    } else if (job->verb == JOB_REMOTE) {
        attempt_result(scheduler, job->message, index, status, parts);
    } else {
        take_notice(scheduler, job, index, status, parts);
    }
}

/* One recipient's five fields. 1, 0 at the packet's end, -1 for nonsense. */
static int read_one(struct worker *worker, struct job *job, struct packet *packet)
{
    const char *index_text = packet_next(packet);
    const char *status = packet_next(packet);
    const char *parts[4] = {NULL, NULL, NULL, worker->tls};
    unsigned long long index;
    int i;

    if (!index_text) {
        return 0;
    }
    for (i = 0; i < 3; i++) {
        parts[i] = packet_next(packet);
        if (!parts[i]) {
            return -1;
        }
    }
    if (text_parse_number(index_text, strlen(index_text), UINT32_MAX, &index) < 0 ||
        !strchr("KRZDC", *status) || strlen(status) != 1 ||
        job_answer(job, (uint32_t)index) < 0) {
        return -1;
    }
    take_one(worker->pool->scheduler, job, (uint32_t)index, *status, parts);
    return 1;
}

/* States go to the file at once, but where the message is about to be removed. */
static void end_packet(struct worker *worker, struct job *job)
{
    struct scheduler *scheduler = worker->pool->scheduler;
    struct message *message = job->message;
    int is_over = job->answered == job->count;

    if (!is_over || message->references > 1) {
        message_write_states(message);
    }
    if (is_over) {
        pool_job_done(worker, job);
        attempt_release(scheduler, message);
    }
}

void result_receive(struct worker *worker, struct packet *packet)
{
    struct job *job =
        job_list_find(&worker->jobs, packet_next_number(packet, LLONG_MAX));
    int read = 1;

    while (job && read > 0) {
        read = read_one(worker, job, packet);
    }
    if (!job || read < 0) {
        worker_expel(worker);
    }
    if (job) {
        end_packet(worker, job);
    }
}

void result_fail_job(struct scheduler *scheduler, struct job *job, const char *enhanced,
                     const char *text)
{
    struct message *message = job->message;
    const char *const parts[4] = {enhanced, "", text, ""};
    size_t i;

    for (i = job->answered; i < job->count; i++) {
        take_one(scheduler, job, job->indexes[i], 'Z', parts);
    }
    job_free(job);
    attempt_release(scheduler, message);
}

void result_on_packet(struct worker *worker, const char *verb, struct packet *packet)
{
    if (strcmp(verb, "result") == 0) {
        result_receive(worker, packet);
    } else {
        worker_expel(worker);
    }
}

void result_on_failed(struct pool *pool, struct job *job, const char *text)
{
    result_fail_job(pool->scheduler, job, "4.3.0", text);
}
