#include "message.h"

#include "addressing.h"
#include "clock.h"
#include "draft.h"
#include "header.h"
#include "input.h"
#include "person.h"
#include "settings.h"
#include "submission.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct message {
    const struct options *options;
    const struct tables *tables;
    struct input input;
    struct draft draft;
    struct envelope envelope;
    struct submission submission; /* of the envelope */
    unsigned long long size;      /* as it was read, so far */
    char last;                    /* its last byte */
};

static void add_from(const struct message *message, stralloc *out)
{
    const char *name =
        message->options->name ? message->options->name : person_full_name();
    const struct envelope *envelope = &message->envelope;
    stralloc address = STRALLOC_ZERO;

    if (envelope->sender.len > 0) {
        text_add_bytes(&address, envelope->sender.s, envelope->sender.len);
    } else if (addressing_complete(message->tables, person_name(),
                                   strlen(person_name()), &address) < 0) {
        text_set_string(&address, "MAILER-DAEMON@");
        text_add_string(&address, setting_host_name(message->tables));
    }
    if (*name) {
        person_add_phrase(out, name);
        text_add_string(out, " <");
    }
    text_add_bytes(out, address.s, address.len);
    text_add_string(out, *name ? ">" : "");
    text_free(&address);
}

/* Received, the fields as they came, the fields that lack, an empty line. */
static void complete_header(const struct message *message, stralloc *out)
{
    const struct draft *draft = &message->draft;
    stralloc from = STRALLOC_ZERO;
    char date[CLOCK_DATE_SIZE];
    struct completion completion = {.date = date,
                                    .id = message->submission.writer.name,
                                    .host = setting_host_name(message->tables)};

    clock_format_date(date, message->envelope.arrival);
    text_add_format(out, "Received: by %s (pombo, uid %ld) id %s;\n\t%s\n",
                    completion.host, (long)getuid(), completion.id, date);
    if (draft->from_count == 0) {
        add_from(message, &from);
    }
    completion.from = text_string(&from);
    draft_complete(draft, &completion, out);
    text_free(&from);
}

static enum sysexit report_failure(struct message *message,
                                   enum submission_result result)
{
    complain("%s", message->submission.reason);
    return result == SUBMISSION_PERMANENT ? SYSEXIT_UNAVAILABLE : SYSEXIT_TEMPORARY;
}

static enum submission_result fail(struct message *message,
                                   enum submission_result result, const char *format,
                                   ...) __attribute__((format(printf, 3, 4)));
static enum submission_result
fail(struct message *message, enum submission_result result, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is right above */
    vsnprintf(message->submission.reason, sizeof message->submission.reason, format,
              args);
    va_end(args);
    return result;
}

/* Writes a piece of the body, where the message does not grow too large by it. */
static enum submission_result copy_piece(struct message *message, const stralloc *piece)
{
    long long limit = setting_number(message->tables, SET_size_limit);

    message->size += piece->len;
    if (message->size > (unsigned long long)limit) {
        return fail(message, SUBMISSION_PERMANENT,
                    "the message is larger than the limit of %lld bytes", limit);
    }
    if (piece->len == 0) {
        return SUBMISSION_DONE;
    }
    message->last = piece->s[piece->len - 1];
    return submission_write(&message->submission, piece->s, piece->len);
}

static enum submission_result copy_body(struct message *message)
{
    stralloc line = STRALLOC_ZERO;
    enum submission_result result;

    message->size = message->draft.header.len;
    message->last = '\n';
    result = copy_piece(message, &message->draft.first);
    while (result == SUBMISSION_DONE && input_next(&message->input, &line)) {
        result = copy_piece(message, &line);
    }
    if (result == SUBMISSION_DONE && message->input.has_error) {
        result = fail(message, SUBMISSION_TEMPORARY, "cannot read the message: %s",
                      strerror(message->input.has_error));
    }
    if (result == SUBMISSION_DONE && message->last != '\n') {
        result = submission_write(&message->submission, "\n", 1);
    }
    text_free(&line);
    return result;
}

/* 0 where the queue's disk has no room but what is to stay free. */
static int has_space(const struct message *message)
{
    long long space = queue_free_space();

    return space < 0 || space >= setting_number(message->tables, SET_free_space);
}

static enum sysexit send_message(struct message *message)
{
    stralloc header = STRALLOC_ZERO;
    enum submission_result result;

    if (queue_new_name(message->submission.writer.name) < 0) {
        complain("no random bytes from the kernel");
        return SYSEXIT_TEMPORARY;
    }
    if (!has_space(message)) {
        complain("the queue's disk is full");
        return SYSEXIT_TEMPORARY;
    }
    result = submission_begin(&message->submission);
    if (result != SUBMISSION_DONE) {
        return report_failure(message, result);
    }
    complete_header(message, &header);
    result = submission_write(&message->submission, header.s, header.len);
    text_free(&header);
    if (result == SUBMISSION_DONE) {
        result = copy_body(message);
    }
    if (result == SUBMISSION_DONE) {
        result = submission_commit(&message->submission);
    } else {
        submission_abort(&message->submission);
    }
    return result == SUBMISSION_DONE ? SYSEXIT_OK : report_failure(message, result);
}

/* RFC 8689 section 4.3: a header may ask to do without TLS, but not against REQUIRETLS.
 */
static void note_tls_wish(struct message *message)
{
    const stralloc *header = &message->draft.header;

    if (!(message->envelope.flags & ENVELOPE_REQUIRETLS) &&
        header_is_tls_optional(header->s, header->len)) {
        message->envelope.flags |= ENVELOPE_TLS_OPTIONAL;
    }
}

/* As in smtpd: what a program on this machine hands in again and again ends, too. */
static int is_looping(const struct message *message)
{
    const stralloc *header = &message->draft.header;
    size_t hops = header_count_fields(header->s, header->len, "Received");

    return hops > (size_t)setting_number(message->tables, SET_hops_limit);
}

static enum sysexit read_and_send(struct message *message)
{
    enum sysexit result;

    switch (draft_read(&message->draft, &message->input)) {
    case DRAFT_TOO_LONG:
        complain("the header section is longer than %lu bytes", DRAFT_HEADER_MAX);
        return SYSEXIT_DATA;
    case DRAFT_ERROR:
        complain("cannot read the message: %s", strerror(message->input.has_error));
        return SYSEXIT_TEMPORARY;
    default:
        break;
    }
    if (is_looping(message)) {
        complain("too many Received lines: a mail loop");
        return SYSEXIT_UNAVAILABLE;
    }
    result = addressing_fill(&message->envelope, message->options, message->tables,
                             &message->draft);
    note_tls_wish(message);
    return result == SYSEXIT_OK ? send_message(message) : result;
}

enum sysexit message_submit(const struct options *options, const struct tables *tables)
{
    struct message message = {.options = options,
                              .tables = tables,
                              .submission = {.writer = {.fd = -1}, .spool = -1}};
    enum sysexit result;

    message.submission.envelope = &message.envelope;
    input_open(&message.input, 0, !options->is_dot_kept);
    result = read_and_send(&message);
    input_close(&message.input);
    draft_free(&message.draft);
    envelope_free(&message.envelope);
    return result;
}
