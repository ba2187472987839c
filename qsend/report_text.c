#include "report_text.h"

#include "clock.h"
#include "header.h"
#include "report_status.h"
#include "report_value.h"
#include "settings.h"
#include "text.h"

#include <string.h>

static const char *get_subject(const struct report *report)
{
    switch (report->job->kind) {
    case NOTIFY_BOUNCE:
        return report->is_double ? "A bounce could not be delivered"
                                 : "Your message could not be delivered";
    case NOTIFY_WARNING:
        return "Your message is delayed";
    default:
        return "Your message was delivered";
    }
}

/* <ID> in printable ASCII, of sane length, on one line. */
static int is_message_id(const char *value, size_t len)
{
    size_t i;

    if (len < 3 || len > 500 || value[0] != '<' || value[len - 1] != '>') {
        return 0;
    }
    for (i = 1; i < len - 1; i++) {
        if (value[i] <= ' ' || value[i] >= 127 || value[i] == '<' || value[i] == '>') {
            return 0;
        }
    }
    return 1;
}

/* Names the message that this is about, where its first Message-ID is a good one. */
static void add_references(const struct report *report, stralloc *out)
{
    size_t at = 0, len;

    while ((len = header_field_length(report->header.s + at, report->header.len - at)) >
           0) {
        const char *value;
        size_t value_len;
        if (header_field_is(report->header.s + at, len, "Message-ID", &value,
                            &value_len)) {
            while (value_len > 0 && strchr(" \t\n", value[value_len - 1])) {
                value_len--;
            }
            while (value_len > 0 && strchr(" \t\n", *value)) {
                value++;
                value_len--;
            }
            if (is_message_id(value, value_len)) {
                text_add_format(out, "In-Reply-To: %.*s\nReferences: %.*s\n",
                                (int)value_len, value, (int)value_len, value);
            }
            return;
        }
        at += len;
    }
}

static void add_encoding(int is_8bit, stralloc *out)
{
    if (is_8bit) {
        text_add_string(out, "Content-Transfer-Encoding: 8bit\n");
    }
}

static void add_message_header(const struct report *report, stralloc *out)
{
    const char *host = setting_host_name(report->tables);
    char date[CLOCK_DATE_SIZE];

    clock_format_date(date, report->now);
    text_add_format(out, "Received: by %s (pombo) id %s;\n\t%s\n", host, report->id,
                    date);
    text_add_format(out, "Date: %s\n", date);
    text_add_format(out, "From: Mail Delivery System <MAILER-DAEMON@%s>\n", host);
    text_add_format(out, "To: <%s>\n", report->to);
    text_add_format(out, "Subject: %s\n", get_subject(report));
    text_add_format(out, "Message-ID: <%s@%s>\n", report->id, host);
    add_references(report, out);
    text_add_format(
        out,
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=%s;\n\tboundary=\"%s=_\"\n",
        report->is_utf8 ? "global-delivery-status" : "delivery-status", report->id);
    add_encoding(report->is_8bit || report->is_utf8, out);
    text_add_string(out, "\nThis is a MIME message about the delivery of mail.\n\n");
}

static void add_introduction(const struct report *report, stralloc *out)
{
    char date[CLOCK_DATE_SIZE];

    if (report->is_double) {
        text_add_string(out,
                        "A notification about an undelivered message could not be "
                        "delivered itself.\nIt comes to you, the postmaster, and goes "
                        "no further.\n");
        return;
    }
    switch (report->job->kind) {
    case NOTIFY_BOUNCE:
        text_add_string(out,
                        "Your message could not be delivered to the recipients below, "
                        "and will not be\ntried again.\n");
        return;
    case NOTIFY_WARNING:
        clock_format_date(date, report_retry_end(report));
        text_add_format(out,
                        "Your message has not reached the recipients below yet. You "
                        "need not do anything:\nit is tried until\n    %s\nand you "
                        "will be told if it fails.\n",
                        date);
        return;
    default:
        text_add_string(out, "As you asked, here is what became of your message.\n");
    }
}

/* What a sender can do about it, by the status code (RFC 3463) or its start. */
static const char *get_advice(const char *enhanced)
{
    static const struct {
        const char *prefix, *advice;
    } rows[] = {
        {"5.1.2", "Look at the part after the @: there is no such domain."},
        {"5.1.10", "Look at the part after the @: that domain takes no mail."},
        {"5.1.", "Look at the address: there may be a slip of the pen in it."},
        {"5.2.2", "The mailbox is full: tell the recipient in another way."},
        {"5.2.3", "The message is too large: send it in smaller parts."},
        {"5.3.4", "The message is too large: send it in smaller parts."},
        {"5.4.6", "It runs in a circle: tell the recipient's postmaster."},
        {"5.7.30",
         "It was to travel by TLS alone (REQUIRETLS), and there it can't: send "
         "it without\n    that demand, or tell the recipient in another way."},
        {"5.7.", "It was refused by a rule: ask the recipient's postmaster."},
        {"4.4.7", "It was tried for too long: send it again later if it matters."},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].prefix);
        int is_class = rows[i].prefix[len - 1] == '.'; /* .0 says nothing more */
        if (strncmp(enhanced, rows[i].prefix, len) == 0 &&
            (is_class ? enhanced[len] != '0' : enhanced[len] == '\0')) {
            return rows[i].advice;
        }
    }
    return NULL;
}

/* What happened to a recipient, in a line. */
static const char *get_fate(const struct notify_recipient *recipient)
{
    static const struct {
        const char *action, *fate;
    } rows[] = {
        {"delivered", "delivered to the mailbox"},
        {"relayed", "passed on to a host that tells no more of it"},
        {"expanded", "passed on to all members of the list"},
        {"delayed", "not delivered yet"},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(recipient->action, rows[i].action) == 0) {
            return rows[i].fate;
        }
    }
    return "not delivered";
}

static void add_explained_recipient(const struct report *report,
                                    const struct notify_recipient *recipient,
                                    stralloc *out)
{
    const char *advice =
        report->job->kind == NOTIFY_BOUNCE ? get_advice(recipient->enhanced) : NULL;

    text_add_string(out, "\n<");
    report_add_address(out,
                       report->job->file.envelope.recipients[recipient->index].address,
                       report->is_utf8);
    text_add_format(out, ">\n    %s\n", get_fate(recipient));
    if (*recipient->text && report->job->kind != NOTIFY_REPORT) {
        text_add_string(out, "    ");
        if (*recipient->host) {
            report_add_clean(out, recipient->host, strlen(recipient->host), 0);
            text_add_string(out, " said: ");
        }
        report_add_clean(out, recipient->text, strlen(recipient->text),
                         report->is_utf8);
        text_add_byte(out, '\n');
    }
    if (advice) {
        text_add_format(out, "    %s\n", advice);
    }
}

static void add_explanation(const struct report *report, stralloc *out)
{
    size_t i;

    text_add_format(out,
                    "--%s=_\nContent-Description: Notification\n"
                    "Content-Type: text/plain; charset=%s\n",
                    report->id, report->is_utf8 ? "utf-8" : "us-ascii");
    add_encoding(report->is_utf8, out);
    text_add_format(out, "\nThis is the mail system at %s.\n\n",
                    setting_host_name(report->tables));
    add_introduction(report, out);
    for (i = 0; i < report->job->count; i++) {
        add_explained_recipient(report, &report->job->recipients[i], out);
    }
    text_add_byte(out, '\n');
}

static const char *get_content_type(const struct report *report)
{
    if (report->is_utf8) {
        return report->is_whole ? "message/global" : "message/global-headers";
    }
    return report->is_whole ? "message/rfc822" : "text/rfc822-headers";
}

void report_write_start(const struct report *report, stralloc *out)
{
    add_message_header(report, out);
    add_explanation(report, out);
    text_add_format(out,
                    "--%s=_\nContent-Description: Delivery report\n"
                    "Content-Type: message/%s\n",
                    report->id,
                    report->is_utf8 ? "global-delivery-status" : "delivery-status");
    add_encoding(report->is_utf8, out);
    text_add_byte(out, '\n');
    report_write_status(report, out);
    text_add_format(out, "--%s=_\nContent-Description: %s\nContent-Type: %s\n",
                    report->id,
                    report->is_whole ? "Your message" : "The header of your message",
                    get_content_type(report));
    add_encoding(report->is_8bit, out);
    text_add_byte(out, '\n');
}

void report_write_end(const struct report *report, stralloc *out)
{
    text_add_format(out, "\n--%s=_--\n", report->id);
}
