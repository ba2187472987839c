#include "report_text.h"

#include "address.h"
#include "clock.h"
#include "header.h"
#include "settings.h"
#include "text.h"

#include <string.h>
#include <time.h>

#define VALUE_MAX 900 /* header lines stay below 998 octets */

void report_add_clean(stralloc *out, const char *text, size_t len)
{
    size_t i;

    if (len > VALUE_MAX) {
        len = VALUE_MAX;
    }
    for (i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        text_add_byte(out, c < ' ' || c == 127 ? '?' : text[i]);
    }
}

static void add_field(stralloc *out, const char *name, const char *value)
{
    text_add_string(out, name);
    text_add_string(out, ": ");
    report_add_clean(out, value, strlen(value));
    text_add_byte(out, '\n');
}

static void add_date(stralloc *out, const char *name, time_t when)
{
    char date[CLOCK_DATE_SIZE];

    clock_format_date(date, when);
    add_field(out, name, date);
}

static const char *subject(const struct report *report)
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

/* The Message-ID of the message that this is about, where it is one line of sane
 * length. */
static void add_references(const struct report *report, stralloc *out)
{
    size_t at = 0, len;

    while ((len = header_field_length(report->header.s + at, report->header.len - at)) >
           0) {
        const char *field = report->header.s + at;
        const char *value;
        size_t value_len;
        at += len;
        if (!header_field_is(field, len, "Message-ID", &value, &value_len)) {
            continue;
        }
        while (value_len > 0 && strchr(" \t\n", value[value_len - 1])) {
            value_len--;
        }
        while (value_len > 0 && strchr(" \t", *value)) {
            value++;
            value_len--;
        }
        if (value_len < 3 || value_len > 500 || *value != '<' ||
            value[value_len - 1] != '>' || memchr(value, '\n', value_len)) {
            return;
        }
        text_add_string(out, "In-Reply-To: ");
        report_add_clean(out, value, value_len);
        text_add_string(out, "\nReferences: ");
        report_add_clean(out, value, value_len);
        text_add_byte(out, '\n');
        return;
    }
}

static void add_message_header(const struct report *report, stralloc *out)
{
    const char *host = setting_host_name(report->tables);
    char date[CLOCK_DATE_SIZE];

    clock_format_date(date, time(NULL));
    text_add_format(out, "Received: by %s (pombo) id %s;\n\t%s\n", host, report->id,
                    date);
    text_add_format(out, "Date: %s\n", date);
    text_add_format(out, "From: Mail Delivery System <MAILER-DAEMON@%s>\n", host);
    text_add_format(out, "To: <%s>\n", report->to);
    text_add_format(out, "Subject: %s\n", subject(report));
    text_add_format(out, "Message-ID: <%s@%s>\n", report->id, host);
    add_references(report, out);
    text_add_format(
        out,
        "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=%s;\n\tboundary=\"%s=_\"\n",
        report->is_utf8 ? "global-delivery-status" : "delivery-status", report->id);
    if (report->job->file.envelope.flags & (ENVELOPE_8BITMIME | ENVELOPE_SMTPUTF8)) {
        text_add_string(out, "Content-Transfer-Encoding: 8bit\n");
    }
    text_add_string(out, "\nThis is a MIME message about the delivery of mail.\n\n");
}

static const char *explanation(const struct report *report)
{
    if (report->is_double) {
        return "A notification about an undelivered message could not be delivered "
               "itself.\n"
               "It comes to you, the postmaster, and goes no further.\n";
    }
    switch (report->job->kind) {
    case NOTIFY_BOUNCE:
        return "Your message could not be delivered to the recipients below. It will "
               "not be\n"
               "tried again. The reasons are given with each; if one looks like a slip "
               "of the\n"
               "pen in the address, mend it and send the message again.\n";
    case NOTIFY_WARNING:
        return "Your message has not been delivered yet to the recipients below. You "
               "need not\n"
               "do anything: it will be tried again, and you will be told if it "
               "fails.\n";
    default:
        return "As you asked, here is what became of your message.\n";
    }
}

static void add_explained_recipient(const struct report *report,
                                    const struct notify_recipient *recipient,
                                    stralloc *out)
{
    const struct envelope_recipient *envelope =
        &report->job->file.envelope.recipients[recipient->index];

    text_add_format(out, "\n<%s>: %s", envelope->address, recipient->action);
    if (*recipient->host) {
        text_add_string(out, "; host ");
        report_add_clean(out, recipient->host, strlen(recipient->host));
        text_add_string(out, " said:");
    } else if (*recipient->text) {
        text_add_byte(out, ':');
    }
    if (*recipient->text) {
        text_add_string(out, "\n    ");
        report_add_clean(out, recipient->text, strlen(recipient->text));
    }
    text_add_byte(out, '\n');
}

static void add_explanation(const struct report *report, stralloc *out)
{
    size_t i;

    text_add_format(out, "--%s=_\nContent-Description: Notification\n", report->id);
    text_add_format(out,
                    "Content-Type: text/plain; charset=utf-8\n%s\n"
                    "This is the mail system at %s.\n\n%s",
                    report->is_utf8 ? "Content-Transfer-Encoding: 8bit\n" : "",
                    setting_host_name(report->tables), explanation(report));
    for (i = 0; i < report->job->count; i++) {
        add_explained_recipient(report, &report->job->recipients[i], out);
    }
    text_add_byte(out, '\n');
}

/* "rfc822;" xtext as given with ORCPT, decoded (RFC 3464 section 2.3.1). */
static void add_original_recipient(const char *orcpt, stralloc *out)
{
    const char *semicolon = strchr(orcpt, ';');
    stralloc decoded = STRALLOC_ZERO;

    if (semicolon &&
        xtext_decode(&decoded, semicolon + 1, strlen(semicolon + 1)) == 0) {
        text_add_string(out, "Original-Recipient: ");
        report_add_clean(out, orcpt, (size_t)(semicolon - orcpt));
        text_add_string(out, "; ");
        report_add_clean(out, decoded.s, decoded.len);
        text_add_byte(out, '\n');
    }
    text_free(&decoded);
}

static void add_status_recipient(const struct report *report,
                                 const struct notify_recipient *recipient,
                                 stralloc *out)
{
    const struct envelope *message = &report->job->file.envelope;
    const struct envelope_recipient *envelope = &message->recipients[recipient->index];
    time_t now = time(NULL);

    text_add_byte(out, '\n');
    add_original_recipient(envelope->orcpt, out);
    text_add_format(out, "Final-Recipient: %s; %s\n",
                    address_is_utf8(envelope->address) ? "utf-8" : "rfc822",
                    envelope->address);
    add_field(out, "Action", recipient->action);
    add_field(out, "Status", recipient->enhanced);
    if (*recipient->host) {
        text_add_string(out, "Remote-MTA: dns; ");
        report_add_clean(out, recipient->host, strlen(recipient->host));
        text_add_byte(out, '\n');
    }
    if (*recipient->text && (*recipient->host || report->job->kind != NOTIFY_REPORT)) {
        text_add_string(out, *recipient->host ? "Diagnostic-Code: smtp; "
                                              : "Diagnostic-Code: X-Pombo; ");
        report_add_clean(out, recipient->text, strlen(recipient->text));
        text_add_byte(out, '\n');
    }
    add_date(out, "Last-Attempt-Date", now);
    if (report->job->kind == NOTIFY_WARNING) {
        add_date(out, "Will-Retry-Until",
                 message->arrival +
                     (time_t)setting_number(report->tables, SET_queue_lifetime));
    }
}

static void add_status(const struct report *report, stralloc *out)
{
    const struct envelope *message = &report->job->file.envelope;
    stralloc envid = STRALLOC_ZERO;
    size_t i;

    text_add_format(out,
                    "--%s=_\nContent-Description: Delivery report\nContent-Type: "
                    "message/%s\n%s\n",
                    report->id,
                    report->is_utf8 ? "global-delivery-status" : "delivery-status",
                    report->is_utf8 ? "Content-Transfer-Encoding: 8bit\n" : "");
    if (message->envid.len > 0 &&
        xtext_decode(&envid, message->envid.s, message->envid.len) == 0) {
        text_add_string(out, "Original-Envelope-Id: ");
        report_add_clean(out, envid.s, envid.len);
        text_add_byte(out, '\n');
    }
    text_free(&envid);
    text_add_format(out, "Reporting-MTA: dns; %s\n", setting_host_name(report->tables));
    add_date(out, "Arrival-Date", message->arrival);
    for (i = 0; i < report->job->count; i++) {
        add_status_recipient(report, &report->job->recipients[i], out);
    }
    text_add_byte(out, '\n');
}

void report_write_start(const struct report *report, stralloc *out)
{
    const char *type = report->is_whole ? "message/rfc822" : "text/rfc822-headers";

    if (report->is_utf8) {
        type = report->is_whole ? "message/global" : "message/global-headers";
    }
    add_message_header(report, out);
    add_explanation(report, out);
    add_status(report, out);
    text_add_format(
        out, "--%s=_\nContent-Description: %s\nContent-Type: %s\n", report->id,
        report->is_whole ? "Your message" : "The header of your message", type);
    if (report->job->file.envelope.flags & (ENVELOPE_8BITMIME | ENVELOPE_SMTPUTF8)) {
        text_add_string(out, "Content-Transfer-Encoding: 8bit\n");
    }
    text_add_byte(out, '\n');
}

void report_write_end(const struct report *report, stralloc *out)
{
    text_add_format(out, "\n--%s=_--\n", report->id);
}
