#include "report_status.h"

#include "address.h"
#include "clock.h"
#include "report_value.h"
#include "settings.h"
#include "text.h"

#include <string.h>

static void add_date(stralloc *out, const char *name, time_t when)
{
    char date[CLOCK_DATE_SIZE];

    clock_format_date(date, when);
    text_add_format(out, "%s: %s\n", name, date);
}

time_t report_retry_end(const struct report *report)
{
    return report->job->file.envelope.arrival +
           (time_t)setting_number(report->tables, SET_queue_lifetime);
}

/* ORCPT as given: "rfc822;" xtext, which is shown decoded (RFC 3464 section 2.3.1). */
static void add_original_recipient(const struct report *report, const char *orcpt,
                                   stralloc *out)
{
    const char *semicolon = strchr(orcpt, ';');
    stralloc decoded = STRALLOC_ZERO;

    if (semicolon &&
        xtext_decode(&decoded, semicolon + 1, strlen(semicolon + 1)) == 0) {
        text_add_string(out, "Original-Recipient: ");
        report_add_clean(out, orcpt, (size_t)(semicolon - orcpt), 0);
        text_add_string(out, "; ");
        report_add_clean(out, decoded.s, decoded.len, report->is_utf8);
        text_add_byte(out, '\n');
    }
    text_free(&decoded);
}

static void add_diagnosis(const struct report *report,
                          const struct notify_recipient *recipient, stralloc *out)
{
    if (*recipient->host) {
        text_add_string(out, "Remote-MTA: dns; ");
        report_add_clean(out, recipient->host, strlen(recipient->host), 0);
        text_add_byte(out, '\n');
    }
    if (*recipient->text && (*recipient->host || report->job->kind != NOTIFY_REPORT)) {
        text_add_string(out, *recipient->host ? "Diagnostic-Code: smtp; "
                                              : "Diagnostic-Code: X-Pombo; ");
        report_add_clean(out, recipient->text, strlen(recipient->text),
                         report->is_utf8);
        text_add_byte(out, '\n');
    }
}

static void add_recipient(const struct report *report,
                          const struct notify_recipient *recipient, stralloc *out)
{
    const struct envelope_recipient *envelope =
        &report->job->file.envelope.recipients[recipient->index];

    add_original_recipient(report, envelope->orcpt, out);
    text_add_format(out, "Final-Recipient: %s; ",
                    address_is_utf8(envelope->address) ? "utf-8" : "rfc822");
    report_add_address(out, envelope->address, report->is_utf8);
    text_add_string(out, "\nAction: ");
    report_add_clean(out, recipient->action, strlen(recipient->action), 0);
    text_add_string(out, "\nStatus: ");
    report_add_clean(out, recipient->enhanced, strlen(recipient->enhanced), 0);
    text_add_byte(out, '\n');
    add_diagnosis(report, recipient, out);
    add_date(out, "Last-Attempt-Date", report->now);
    if (report->job->kind == NOTIFY_WARNING) {
        add_date(out, "Will-Retry-Until", report_retry_end(report));
    }
    text_add_byte(out, '\n');
}

void report_write_status(const struct report *report, stralloc *out)
{
    const struct envelope *message = &report->job->file.envelope;
    stralloc envid = STRALLOC_ZERO;
    size_t i;

    if (message->envid.len > 0 &&
        xtext_decode(&envid, message->envid.s, message->envid.len) == 0) {
        text_add_string(out, "Original-Envelope-Id: ");
        report_add_clean(out, envid.s, envid.len, 0);
        text_add_byte(out, '\n');
    }
    text_free(&envid);
    text_add_format(out, "Reporting-MTA: dns; %s\n", setting_host_name(report->tables));
    add_date(out, "Arrival-Date", message->arrival);
    text_add_byte(out, '\n');
    for (i = 0; i < report->job->count; i++) {
        add_recipient(report, &report->job->recipients[i], out);
    }
}
