#include "report.h"

#include "../qsend/punycode.h"
#include "encode.h"
#include "json.h"
#include "policy.h"
#include "settings.h"
#include "text.h"

#include <string.h>

/* Of names in a file's name, of which two and more have to fit into 255 bytes. */
#define FILE_DOMAIN_MAX 90

/* As the DNS has it: headers, and who reads them, want ASCII. */
static void add_domain(stralloc *out, const char *domain)
{
    char encoded[256];

    text_add_string(out, punycode_encode_domain(domain, encoded, sizeof encoded) == 0
                             ? encoded
                             : domain);
}

void report_begin(struct report *report, const struct tables *tables,
                  const struct day *day, long long number)
{
    const char *from = setting_text(tables, SET_tls_report_from);
    const char *contact = setting_text(tables, SET_tls_report_contact);
    const char *organization = setting_text(tables, SET_tls_report_organization);

    *report = (struct report){.tables = tables, .day = day, .number = number};
    if (*from) {
        text_set_string(&report->from, from);
    } else {
        text_add_string(&report->from, "postmaster@");
        add_domain(&report->from, setting_default_domain(tables));
    }
    text_set_string(&report->contact, *contact ? contact : text_string(&report->from));
    text_set_string(&report->organization,
                    *organization ? organization : setting_default_domain(tables));
    add_domain(&report->submitter, setting_host_name(tables));
    text_string(&report->from);
    text_string(&report->contact);
    text_string(&report->organization);
    text_string(&report->submitter);
}

/* The same for each making of the same report, so that who gets it twice can tell. */
void report_set_domain(struct report *report, size_t first)
{
    char name[DAY_NAME_SIZE];

    report->first = first;
    report->end = day_domain_end(report->day, first);
    report->domain = report->day->rows[first].line.fields[DAY_DOMAIN];
    report->reports = day_reports(report->day, first, report->end);
    day_name_format(name, report->number);
    text_clear(&report->id);
    text_add_format(&report->id, "%s.%s@%s", name, report->domain, report->submitter.s);
    text_string(&report->id);
}

void report_free(struct report *report)
{
    text_free(&report->from);
    text_free(&report->contact);
    text_free(&report->organization);
    text_free(&report->submitter);
    text_free(&report->id);
}

static void write_range(const struct report *report, struct json *json)
{
    char name[DAY_NAME_SIZE];
    char time[DAY_NAME_SIZE + 10];

    day_name_format(name, report->number);
    json_open(json, "date-range", '{');
    memcpy(time, name, DAY_NAME_SIZE);
    memcpy(time + DAY_NAME_SIZE - 1, "T00:00:00Z", 11);
    json_string(json, "start-datetime", time);
    memcpy(time + DAY_NAME_SIZE - 1, "T23:59:59Z", 11);
    json_string(json, "end-datetime", time);
    json_close(json, '}');
}

static unsigned long long add_up(const struct day *day, size_t first, size_t end,
                                 int is_success)
{
    unsigned long long sum = 0;

    for (; first < end; first++) {
        if ((day->rows[first].line.result == TLS_RESULT_OK) == is_success) {
            sum += day->rows[first].line.count;
        }
    }
    return sum;
}

static void write_text(struct json *json, const char *name, const char *value)
{
    if (*value) {
        json_string(json, name, value);
    }
}

static void write_detail(struct json *json, const struct day_line *line,
                         unsigned long long count)
{
    json_open(json, NULL, '{');
    json_string(json, "result-type", line->fields[DAY_RESULT]);
    write_text(json, "sending-mta-ip", line->fields[DAY_SOURCE]);
    write_text(json, "receiving-mx-hostname", line->fields[DAY_HOST]);
    write_text(json, "receiving-ip", line->fields[DAY_IP]);
    json_number(json, "failed-session-count", count);
    write_text(json, "failure-reason-code", line->fields[DAY_TEXT]);
    json_close(json, '}');
}

static void write_details(struct json *json, const struct day *day, size_t first,
                          size_t end)
{
    size_t details = 0;

    json_open(json, "failure-details", '[');
    while (first < end && details < REPORT_DETAILS_MAX) {
        size_t next = day_detail_end(day, first);
        if (day->rows[first].line.result != TLS_RESULT_OK) {
            write_detail(json, &day->rows[first].line, add_up(day, first, next, 0));
            details++;
        }
        first = next;
    }
    json_close(json, ']');
}

static void write_policy(struct json *json, const struct report *report, size_t first,
                         size_t end)
{
    const struct day *day = report->day;
    unsigned long long failures = add_up(day, first, end, 0);

    json_open(json, NULL, '{');
    policy_write(json, day->rows[first].line.fields[DAY_POLICY], report->domain,
                 report->sts);
    json_open(json, "summary", '{');
    json_number(json, "total-successful-session-count", add_up(day, first, end, 1));
    json_number(json, "total-failure-session-count", failures);
    json_close(json, '}');
    if (failures > 0) {
        write_details(json, day, first, end);
    }
    json_close(json, '}');
}

void report_write(const struct report *report, stralloc *out)
{
    struct json json = {.out = out};
    size_t first = report->first;
    size_t policies = 0;

    json_open(&json, NULL, '{');
    json_string(&json, "organization-name", report->organization.s);
    write_range(report, &json);
    json_string(&json, "contact-info", report->contact.s);
    json_string(&json, "report-id", report->id.s);
    json_open(&json, "policies", '[');
    while (first < report->end && policies++ < REPORT_POLICIES_MAX) {
        size_t next = day_policy_end(report->day, first);
        write_policy(&json, report, first, next);
        first = next;
    }
    json_close(&json, ']');
    json_close(&json, '}');
}

static void add_name(stralloc *out, const char *domain)
{
    size_t len = strlen(domain);
    size_t i;

    for (i = len > FILE_DOMAIN_MAX ? len - FILE_DOMAIN_MAX : 0; i < len; i++) {
        text_add_byte(out, domain[i] == '/' ? '_' : domain[i]);
    }
}

void report_file_name(const struct report *report, const char *extension,
                      stralloc *name)
{
    long long begin = report->number * DAY_SECONDS;

    text_clear(name);
    add_name(name, report->submitter.s);
    text_add_byte(name, '!');
    add_name(name, report->domain);
    text_add_format(name, "!%lld!%lld", begin, begin + DAY_SECONDS - 1);
    if (strlen(report->domain) > FILE_DOMAIN_MAX) {
        text_add_format(name, "!%08x",
                        crc32c(0, report->domain, strlen(report->domain)));
    }
    text_add_format(name, ".%s", extension);
    text_string(name);
}
