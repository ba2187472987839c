#include "attempt.h"

#include "log.h"
#include "notice.h"
#include "schedule.h"
#include "scheduler.h"
#include "takeover.h"

#include <stdio.h>
#include <unistd.h>

static long long get_lifetime(const struct scheduler *scheduler,
                              const struct message *message)
{
    return message->file.envelope.sender.len == 0 ? scheduler->settings.bounce_lifetime
                                                  : scheduler->settings.queue_lifetime;
}

int attempt_is_expired(const struct scheduler *scheduler, const struct message *message,
                       time_t now)
{
    return now - message->file.envelope.arrival >= get_lifetime(scheduler, message);
}

static time_t choose_next_attempt(const struct scheduler *scheduler,
                                  const struct message *message, time_t now)
{
    time_t birth = message->file.envelope.arrival;
    time_t expiry = birth + get_lifetime(scheduler, message);
    time_t next = schedule_next_attempt(birth, now, scheduler->settings.retry_interval);

    if (message->not_before > next) {
        next = message->not_before;
    }
    if (expiry > now && next > expiry) {
        next = expiry;
    }
    if (message->parked_until && message->parked_until < next) {
        next = message->parked_until;
    }
    return next;
}

static void remove_message(struct message *message)
{
    char path[QUEUE_NAME_SIZE + 8];

    snprintf(path, sizeof path, "cur/%s", message->name);
    if (unlink(path) < 0) {
        log_failure("remove", "id", message->name, (char *)0);
        message_write_states(message);
    } else {
        log_event(LOG_LEVEL_INFO, "done", "id", message->name, (char *)0);
    }
}

/* Where it can't be moved it stays in cur/, which is looked through now and then. */
static void defer_message(struct scheduler *scheduler, struct message *message)
{
    struct log_line line;
    time_t now = time(NULL);
    time_t next = choose_next_attempt(scheduler, message, now);

    message_write_states(message);
    if (wheel_defer(scheduler, message->name, next) < 0) {
        log_failure("defer", "id", message->name, (char *)0);
        return;
    }
    log_begin(&line, LOG_LEVEL_INFO, "waits");
    log_string(&line, "id", message->name);
    log_number(&line, "seconds", next > now ? next - now : 0);
    log_end(&line);
}

static void end(struct scheduler *scheduler, struct message *message)
{
    if (message_is_settled(message)) {
        remove_message(message);
    } else if (message->is_damaged) {
        message_write_states(message);
        takeover_set_aside("cur", message->name, "its text is damaged");
    } else if (scheduler->is_stopping) {
        message_write_states(message);
    } else {
        defer_message(scheduler, message);
    }
    message_remove(&scheduler->active, message);
    intake_wake(scheduler);
}

void attempt_release(struct scheduler *scheduler, struct message *message)
{
    if (message->references > 1) {
        message->references--;
        return;
    }
    if (!message->is_notifying && !message->is_damaged && !scheduler->is_stopping) {
        message->is_notifying = 1;
        notice_queue_all(scheduler, message, time(NULL));
        if (message->references > 1) {
            message->references--;
            message_write_states(message);
            return;
        }
    }
    end(scheduler, message);
}

static void log_result(struct message *message, size_t index, const char *event,
                       const char *tls)
{
    const struct outcome *outcome = &message->outcomes[index];
    struct log_line line;

    log_begin(&line, LOG_LEVEL_INFO, event);
    log_string(&line, "id", message->name);
    log_string(&line, "to", message_recipient(message, index)->address);
    if (*outcome_host(outcome)) {
        log_string(&line, "host", outcome_host(outcome));
    }
    log_string(&line, "code", outcome_enhanced(outcome));
    log_string(&line, "text", outcome_text(outcome));
    if (*tls && *outcome_host(outcome)) {
        log_string(&line, "tls", tls);
    }
    if (message->file.envelope.flags & ENVELOPE_REQUIRETLS) {
        log_string(&line, "requiretls", "yes");
    }
    log_number(&line, "delay", time(NULL) - message->file.envelope.arrival);
    log_end(&line);
}

/* What a delivered recipient is still owed (RFC 3461 section 5.2). */
static char get_success_state(const struct message *message,
                              const struct envelope_recipient *recipient, char status)
{
    if (!(recipient->notify & NOTIFY_SUCCESS) ||
        message->file.envelope.sender.len == 0) {
        return STATE_DONE;
    }
    switch (status) {
    case 'L':
        return STATE_DELIVERED;
    case 'R':
        return STATE_RELAYED;
    default:
        return STATE_DONE;
    }
}

void attempt_result(struct scheduler *scheduler, struct message *message, size_t index,
                    char status, const char *const parts[4])
{
    struct envelope_recipient *recipient = message_recipient(message, index);
    const char *event = "deferred";

    (void)scheduler;
    message_set_outcome(message, index, status, parts[0], parts[1], parts[2]);
    if (status == 'D') {
        event = "failed";
    } else if (status != 'Z') {
        event = status == 'L' ? "delivered" : "relayed";
        message_set_state(message, index,
                          get_success_state(message, recipient, status));
    }
    log_result(message, index, event, parts[3]);
}

void attempt_fail(struct scheduler *scheduler, struct message *message, size_t index,
                  char status, const char *enhanced, const char *text)
{
    const char *const parts[4] = {enhanced, "", text, ""};

    attempt_result(scheduler, message, index, status, parts);
}
