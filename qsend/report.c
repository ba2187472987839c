#include "report.h"

#include "clock.h"
#include "derived_file.h"
#include "header.h"
#include "log.h"
#include "recipient.h"
#include "report_text.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What an undeliverable double bounce is known by. */
#define DOUBLE_BOUNCE "double-bounce"

static const char kinds[] = {
    [NOTIFY_BOUNCE] = 'b', [NOTIFY_WARNING] = 'w', [NOTIFY_REPORT] = 's'};
static const char states[] = {[NOTIFY_BOUNCE] = STATE_BOUNCED,
                              [NOTIFY_WARNING] = STATE_WARNED,
                              [NOTIFY_REPORT] = STATE_DONE};

/* RFC 3461 section 5.2.7.1: an alias with several targets was expanded, not delivered.
 */
static void name_expansions(struct notify_job *job, const struct tables *tables)
{
    size_t i;

    for (i = 0; job->kind == NOTIFY_REPORT && i < job->count; i++) {
        struct recipient_route route;
        const struct envelope_recipient *recipient =
            &job->file.envelope.recipients[job->recipients[i].index];
        if (recipient->state == STATE_DELIVERED &&
            recipient_resolve(tables, recipient->address,
                              recipient->flags & RECIPIENT_EXPANDED,
                              &route) == RECIPIENT_ALIAS) {
            free(job->recipients[i].action);
            job->recipients[i].action = memory_copy_string("expanded");
        }
    }
}

static void get_postmaster(const struct tables *tables, stralloc *out)
{
    const char *address = setting_text(tables, SET_postmaster);

    if (*address) {
        text_set_string(out, address);
    } else {
        text_set_string(out, "postmaster@");
        text_add_string(out, setting_default_domain(tables));
    }
    text_string(out);
}

/* Writes the notification; 0, or -1 with errno. */
static int write_report(const struct report *report, struct queue_writer *writer)
{
    stralloc text = STRALLOC_ZERO;
    int result;

    report_write_start(report, &text);
    result = queue_write(writer, text.s, text.len);
    if (result == 0) {
        result = report->is_whole
                     ? derived_copy_body(report->job->fd, &report->job->file, writer)
                     : queue_write(writer, report->header.s, report->header.len);
    }
    text_clear(&text);
    report_write_end(report, &text);
    if (result == 0) {
        result = queue_write(writer, text.s, text.len);
    }
    text_free(&text);
    return result;
}

static int is_whole_wanted(const struct notify_job *job, const struct tables *tables)
{
    unsigned flags = job->file.envelope.flags;

    if (job->kind != NOTIFY_BOUNCE || (flags & ENVELOPE_RET_HDRS)) {
        return 0;
    }
    return (flags & ENVELOPE_RET_FULL) ||
           job->file.body_length <= setting_number(tables, SET_bounce_size);
}

/* Queues the notification to TO. 0, or -1 with errno; WRITER then holds the name. */
static int queue_report(struct notify_job *job, const struct tables *tables,
                        const char *to, struct queue_writer *writer)
{
    struct envelope envelope = {0};
    struct report report = {.job = job,
                            .tables = tables,
                            .to = to,
                            .id = writer->name,
                            .is_whole = is_whole_wanted(job, tables),
                            .is_utf8 =
                                (job->file.envelope.flags & ENVELOPE_SMTPUTF8) != 0,
                            .is_double = job->file.envelope.sender.len == 0};
    int result;

    envelope.arrival = time(NULL);
    envelope.flags = job->file.envelope.flags & (ENVELOPE_8BITMIME | ENVELOPE_SMTPUTF8);
    text_set_string(&envelope.brought_by, report.is_double ? DOUBLE_BOUNCE : "bounce");
    envelope_add_recipient(&envelope, to, 0, NULL, 0);
    derived_set_parent(&envelope, job, kinds[job->kind]);
    result = derived_load_header(job->fd, &job->file, &report.header);
    if (result == 0) {
        result = queue_begin(writer, &envelope);
    }
    if (result == 0 && write_report(&report, writer) < 0) {
        queue_abort(writer);
        result = -1;
    } else if (result == 0) {
        result = queue_commit(writer);
    }
    text_free(&report.header);
    envelope_free(&envelope);
    return result;
}

/* Nothing is to be told: the recipients are settled without a message. */
static void settle_silently(struct notify_job *job)
{
    if (derived_mark(job, states[job->kind]) < 0) {
        notify_job_result_all(job, 'Z', "4.3.0", "cannot mark the queue file");
    } else {
        notify_job_result_all(job, 'K', "2.0.0", "nothing to tell");
    }
}

void report_run(struct notify_job *job, const struct tables *tables)
{
    struct queue_writer writer = {.fd = -1};
    stralloc to = STRALLOC_ZERO;
    const stralloc *by = &job->file.envelope.brought_by;
    int is_null = job->file.envelope.sender.len == 0;

    name_expansions(job, tables);
    if (is_null &&
        (job->kind != NOTIFY_BOUNCE || (by->len == strlen(DOUBLE_BOUNCE) &&
                                        memcmp(by->s, DOUBLE_BOUNCE, by->len) == 0))) {
        if (job->kind == NOTIFY_BOUNCE) {
            log_event(LOG_LEVEL_WARNING, "dropped", "id", job->name, "why",
                      "a double bounce that could not be delivered", (char *)0);
        }
        settle_silently(job);
        return;
    }
    if (is_null) {
        get_postmaster(tables, &to);
    } else {
        text_set_string(&to, text_string(&job->file.envelope.sender));
    }
    if (queue_report(job, tables, text_string(&to), &writer) == 0) {
        derived_finish(job, writer.name, states[job->kind]);
    } else if (errno == EEXIST) {
        derived_adopt(job, writer.name, states[job->kind]);
    } else {
        log_failure("queue", "id", job->name, (char *)0);
        notify_job_result_all(job, 'Z', "4.3.0", "cannot queue the notification");
    }
    text_free(&to);
}
