#include "report.h"

#include "address.h"
#include "derived_file.h"
#include "header.h"
#include "log.h"
#include "recipient.h"
#include "report_text.h"
#include "report_value.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What an undeliverable double bounce is known by. */
#define DOUBLE_BOUNCE "double-bounce"
#define BLOCK_SIZE 65536

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
                              (recipient->flags & RECIPIENT_EXPANDED) != 0,
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

    /* RFC 8689 section 5: REQUIRETLS has RET=HDRS with it. */
    if (job->kind != NOTIFY_BOUNCE ||
        (flags & (ENVELOPE_RET_HDRS | ENVELOPE_REQUIRETLS))) {
        return 0;
    }
    return (flags & ENVELOPE_RET_FULL) ||
           job->file.body_length <= setting_number(tables, SET_bounce_size);
}

/* 1 where the message's body, or its header, has bytes over 127; -1 with errno. */
static int find_8bit(const struct report *report)
{
    char *block;
    struct queue_body body;
    int is_8bit = 0;
    ssize_t got;

    if (!report->is_whole) {
        return report_has_8bit(report->header.s, report->header.len);
    }
    block = memory_get(BLOCK_SIZE);
    queue_body_open(&body, report->job->fd, &report->job->file);
    while ((got = queue_body_read(&body, block, BLOCK_SIZE)) > 0) {
        is_8bit = is_8bit || report_has_8bit(block, (size_t)got);
    }
    free(block);
    return got < 0 ? -1 : is_8bit;
}

/* An SMTPUTF8 message that made no use of it gets a notification that anyone can
 * take. */
static int needs_utf8(const struct report *report)
{
    const struct envelope *message = &report->job->file.envelope;
    size_t i;
    int is_used = report_has_8bit(report->header.s, report->header.len);

    for (i = 0; i < report->job->count; i++) {
        is_used = is_used ||
                  address_is_utf8(
                      message->recipients[report->job->recipients[i].index].address);
    }
    return address_is_utf8(report->to) ||
           (is_used && (message->flags & ENVELOPE_SMTPUTF8));
}

/* Reads what the notification tells of and returns. 0, or -1 with errno. */
static int look_at_message(struct report *report)
{
    struct notify_job *job = report->job;

    if (queue_read_header(job->fd, &job->file, &report->header) < 0) {
        return -1;
    }
    report->is_whole = is_whole_wanted(job, report->tables);
    report->is_8bit = find_8bit(report);
    report->is_utf8 = needs_utf8(report);
    report->is_double = job->file.envelope.sender.len == 0;
    return report->is_8bit < 0 ? -1 : 0;
}

static void fill_envelope(const struct report *report, struct envelope *envelope)
{
    envelope->arrival = report->now;
    envelope->flags = (report->is_8bit || report->is_utf8 ? ENVELOPE_8BITMIME : 0) |
                      (report->is_utf8 ? ENVELOPE_SMTPUTF8 : 0) |
                      (report->job->file.envelope.flags & ENVELOPE_REQUIRETLS);
    text_set_string(&envelope->brought_by,
                    report->is_double ? DOUBLE_BOUNCE : "bounce");
    envelope_add_recipient(envelope, report->to, 0, NULL, 0);
    derived_set_parent(envelope, report->job, kinds[report->job->kind]);
}

/* Queues the notification to TO. 0, or -1 with errno; WRITER then holds the name. */
static int queue_report(struct notify_job *job, const struct tables *tables,
                        const char *to, struct queue_writer *writer)
{
    struct envelope envelope = {0};
    struct report report = {
        .job = job, .tables = tables, .to = to, .id = writer->name, .now = time(NULL)};
    int result = look_at_message(&report);

    if (result == 0) {
        fill_envelope(&report, &envelope);
        result = derived_begin(writer, &envelope);
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
    } else if (errno == EILSEQ) {
        log_failure("damaged", "id", job->name, (char *)0);
        notify_job_unreadable(job, 1);
    } else {
        log_failure("queue", "id", job->name, (char *)0);
        notify_job_result_all(job, 'Z', "4.3.0", "cannot queue the notification");
    }
    text_free(&to);
}
