#include "message.h"

#include "address.h"
#include "addresslist.h"
#include "clock.h"
#include "draft.h"
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
    struct submission submission;
    unsigned long long size; /* of the body so far */
    int bad_recipients;
};

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *format, ...)
{
    va_list args;

    fputs("qinject: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

/* Sets OUT to the canonical address, with default_domain where it has none. 0, or -1.
 */
static int complete_address(const struct message *message, const char *text, size_t len,
                            stralloc *out)
{
    stralloc whole = STRALLOC_ZERO;
    int result;

    if (len > 1 && text[0] == '<' && text[len - 1] == '>') {
        text++;
        len -= 2;
    }
    result = address_parse(text, len, ADDRESS_MAY_BE_UTF8 | ADDRESS_MAY_LACK_DOMAIN,
                           out) == ADDRESS_OK
                 ? 0
                 : -1;
    if (result == 0 && !address_domain(text_string(out))) {
        text_add_bytes(&whole, out->s, out->len);
        text_add_byte(&whole, '@');
        text_add_string(&whole, setting_default_domain(message->tables));
        result =
            address_parse(whole.s, whole.len, ADDRESS_MAY_BE_UTF8, out) == ADDRESS_OK
                ? 0
                : -1;
    }
    text_free(&whole);
    return result;
}

static void add_recipient(const char *text, size_t len, void *data)
{
    struct message *message = data;
    struct envelope *envelope = &message->submission.envelope;
    stralloc address = STRALLOC_ZERO;
    size_t i;

    if (complete_address(message, text, len, &address) < 0) {
        complain("not an address: %.*s", (int)(len > 300 ? 300 : len), text);
        message->bad_recipients = 1;
    } else {
        text_string(&address);
        for (i = 0; i < envelope->recipient_count; i++) {
            if (strcmp(envelope->recipients[i].address, address.s) == 0) {
                break; /* named twice: one copy */
            }
        }
        if (i == envelope->recipient_count) {
            envelope_add_recipient(envelope, address.s, message->options->notify, NULL,
                                   0);
        }
    }
    text_free(&address);
}

static int set_sender(struct message *message)
{
    struct envelope *envelope = &message->submission.envelope;
    const char *sender = message->options->sender;

    if (!sender) {
        sender = person_name();
    }
    if (!*sender || strcmp(sender, "<>") == 0) {
        text_clear(&envelope->sender);
        return 0;
    }
    if (complete_address(message, sender, strlen(sender), &envelope->sender) < 0) {
        complain("not an address: %.300s", sender);
        return -1;
    }
    return 0;
}

/* With -t the recipients are those of the header; arguments come to them. */
static enum sysexit set_recipients(struct message *message)
{
    const struct options *options = message->options;
    const struct draft *draft = &message->draft;
    const stralloc *named = draft->has_resent ? &draft->resent : &draft->to;
    size_t i;

    if (options->reads_headers) {
        addresslist_each(named->s, named->len, add_recipient, message);
    }
    for (i = 0; i < options->recipient_count; i++) {
        addresslist_each(options->recipients[i], strlen(options->recipients[i]),
                         add_recipient, message);
    }
    if (message->bad_recipients) {
        return SYSEXIT_DATA;
    }
    if (message->submission.envelope.recipient_count == 0) {
        complain("no recipients%s", options->reads_headers ? " in To, Cc and Bcc"
                                                           : ": name them, or use -t");
        return SYSEXIT_USAGE;
    }
    return SYSEXIT_OK;
}

/* The body is not known yet: it counts as 8-bit unless -B7BIT says otherwise; qremote
 * looks at what it truly holds. Addresses alone ask for SMTPUTF8: raw 8-bit headers of
 * old scripts go the way that they always went. */
static void set_flags(struct message *message)
{
    struct envelope *envelope = &message->submission.envelope;
    int is_utf8 = address_is_utf8(text_string(&envelope->sender));
    size_t i;

    for (i = 0; i < envelope->recipient_count; i++) {
        is_utf8 |= address_is_utf8(envelope->recipients[i].address);
    }
    envelope->flags = message->options->ret;
    envelope->flags |= message->options->is_7bit ? 0u : (unsigned)ENVELOPE_8BITMIME;
    envelope->flags |= is_utf8 ? (unsigned)ENVELOPE_SMTPUTF8 : 0u;
    if (message->options->envid) {
        xtext_encode(&envelope->envid, message->options->envid,
                     strlen(message->options->envid));
    }
    text_add_format(&envelope->brought_by, "uid %ld", (long)getuid());
    envelope->arrival = time(NULL);
}

static void add_from(const struct message *message, stralloc *out)
{
    const char *name =
        message->options->name ? message->options->name : person_full_name();
    const struct envelope *envelope = &message->submission.envelope;
    stralloc address = STRALLOC_ZERO;

    if (envelope->sender.len > 0) {
        text_add_bytes(&address, envelope->sender.s, envelope->sender.len);
    } else if (complete_address(message, person_name(), strlen(person_name()),
                                &address) < 0) {
        text_set_string(&address, "MAILER-DAEMON@");
        text_add_string(&address, setting_host_name(message->tables));
    }
    text_add_string(out, "From: ");
    if (*name) {
        person_add_phrase(out, name);
        text_add_string(out, " <");
    }
    text_add_bytes(out, address.s, address.len);
    text_add_string(out, *name ? ">\n" : "\n");
    text_free(&address);
}

/* Received, the fields as they came, the fields that lack, an empty line. */
static void complete_header(const struct message *message, stralloc *out)
{
    const struct draft *draft = &message->draft;
    const char *host = setting_host_name(message->tables);
    const char *id = message->submission.writer.name;
    char date[CLOCK_DATE_SIZE];

    clock_format_date(date, message->submission.envelope.arrival);
    text_add_format(out, "Received: by %s (pombo, uid %ld) id %s;\n\t%s\n", host,
                    (long)getuid(), id, date);
    text_add_bytes(out, draft->header.s, draft->header.len);
    if (!draft->has_from) {
        add_from(message, out);
    }
    if (!draft->has_date) {
        text_add_format(out, "Date: %s\n", date);
    }
    if (!draft->has_message_id) {
        text_add_format(out, "Message-ID: <%s@%s>\n", id, host);
    }
    text_add_byte(out, '\n');
}

static enum sysexit report_failure(struct message *message,
                                   enum submission_result result)
{
    complain("%s", message->submission.reason);
    return result == SUBMISSION_PERMANENT ? SYSEXIT_UNAVAILABLE : SYSEXIT_TEMPORARY;
}

static enum submission_result copy_body(struct message *message)
{
    stralloc line = STRALLOC_ZERO;
    long long limit = setting_number(message->tables, SET_size_limit);
    enum submission_result result = submission_write(
        &message->submission, message->draft.first.s, message->draft.first.len);

    while (result == SUBMISSION_DONE && input_next(&message->input, &line)) {
        message->size += line.len;
        if (message->size > (unsigned long long)limit) {
            snprintf(message->submission.reason, sizeof message->submission.reason,
                     "the message is larger than the limit of %lld bytes", limit);
            result = SUBMISSION_PERMANENT;
        } else {
            result = submission_write(&message->submission, line.s, line.len);
        }
    }
    if (result == SUBMISSION_DONE && message->input.has_error) {
        snprintf(message->submission.reason, sizeof message->submission.reason,
                 "cannot read the message: %s",
                 strerrordesc_np(message->input.has_error));
        result = SUBMISSION_TEMPORARY;
    }
    text_free(&line);
    return result;
}

static enum sysexit send_message(struct message *message)
{
    stralloc header = STRALLOC_ZERO;
    enum submission_result result;

    if (queue_new_name(message->submission.writer.name) < 0) {
        complain("no random bytes from the kernel");
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

static enum sysexit read_and_send(struct message *message)
{
    enum sysexit result;

    switch (draft_read(&message->draft, &message->input)) {
    case DRAFT_TOO_LONG:
        complain("the header section is longer than %d bytes", DRAFT_HEADER_MAX);
        return SYSEXIT_DATA;
    case DRAFT_ERROR:
        complain("cannot read the message: %s",
                 strerrordesc_np(message->input.has_error));
        return SYSEXIT_TEMPORARY;
    default:
        break;
    }
    if (set_sender(message) < 0) {
        return SYSEXIT_DATA;
    }
    result = set_recipients(message);
    if (result != SYSEXIT_OK) {
        return result;
    }
    set_flags(message);
    return send_message(message);
}

enum sysexit message_submit(const struct options *options, const struct tables *tables)
{
    struct message message = {.options = options,
                              .tables = tables,
                              .submission = {.writer = {.fd = -1}, .spool = -1}};
    enum sysexit result;

    input_open(&message.input, 0, !options->is_dot_kept);
    result = read_and_send(&message);
    input_close(&message.input);
    draft_free(&message.draft);
    envelope_free(&message.submission.envelope);
    return result;
}
