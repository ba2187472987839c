/* A day's file as the JSON of each domain's report. */
#include "../../tlsreport/json.h"
#include "../../tlsreport/report.h"
#include "check.h"
#include "text.h"

static void add(stralloc *file, unsigned long long count, const char *domain,
                const char *reports, const char *policy, const char *result,
                const char *text)
{
    struct day_line line = {
        .fields = {domain, reports, policy, result, "", "", "", ""}};
    stralloc fields = STRALLOC_ZERO;

    if (*text) {
        line.fields[DAY_HOST] = "mx.example";
        line.fields[DAY_IP] = "192.0.2.1";
        line.fields[DAY_SOURCE] = "192.0.2.2";
        line.fields[DAY_TEXT] = text;
    }
    day_line_add_fields(&fields, &line);
    day_line_add(file, count, fields.s, fields.len);
    text_free(&fields);
}

static void read_day(struct day *day, const stralloc *file)
{
    day_parse(day, memory_copy_bytes(file->s, file->len), file->len);
}

static void test_report(void)
{
    stralloc file = STRALLOC_ZERO, out = STRALLOC_ZERO;
    static const char sts_text[] = "version: STSv1\nmode: enforce\nmx: *.b.example\n"
                                   "max_age: 86400\n";
    struct sts_policy sts = {.max_age = 0};
    struct tables tables = {0};
    struct report report;
    struct day day;

    add(&file, 2, "b.example", "mailto:old@b.example", "mx.b 3 1 1 ab 2 0 1 cd", "ok",
        "");
    text_add_string(&file, "\n01234567\t1\ttorn");
    text_add_string(&file, "\n");
    add(&file, 1, "a.example", "mailto:x@a.example", "insecure",
        "starttls-not-supported", "\"no\" \xff \xc3\xa9");
    add(&file, 1, "b.example", "mailto:new@b.example", "mx.b 3 1 1 ab 2 0 1 cd",
        "validation-failure", "why");
    add(&file, 3, "b.example", "mailto:new@b.example", "mx.b 3 1 1 ab 2 0 1 cd",
        "validation-failure", "why");
    add(&file, 5, "b.example", "mailto:new@b.example", "failed", "dnssec-invalid", "x");
    add(&file, 1, "b.example", "mailto:new@b.example", "mta-sts enforce mx1", "ok", "");
    add(&file, 1, "b.example", "mailto:new@b.example", "mta-sts enforce mx2", "ok", "");
    add(&file, 7, "b.example", "mailto:new@b.example", "mta-sts mismatch",
        "validation-failure", "not listed");
    add(&file, 8, "b.example", "mailto:new@b.example", "mta-sts testing-mismatch", "ok",
        "");
    add(&file, 9, "b.example", "mailto:new@b.example",
        "mta-sts failed sts-policy-fetch-error", "sts-policy-fetch-error", "");
    add(&file, 1, "b.example", "mailto:new@b.example",
        "mta-sts failed sts-policy-invalid", "sts-policy-invalid", "");
    read_day(&day, &file);
    CHECK_NUMBER(day.count, 11);
    CHECK_NUMBER(day.damaged, 1);
    report_begin(&report, &tables, &day, 20781);
    text_set_string(&report.submitter, "me.example");
    text_string(&report.submitter);
    text_set_string(&report.organization, "We");
    text_string(&report.organization);
    text_set_string(&report.contact, "c@me.example");
    text_string(&report.contact);
    report_set_domain(&report, 0);
    CHECK_STRING(report.domain, "a.example");
    report_write(&report, &out);
    CHECK_STRING(
        text_string(&out),
        "{\"organization-name\":\"We\",\"date-range\":{\"start-datetime\":"
        "\"2026-11-24T00:00:00Z\",\"end-datetime\":\"2026-11-24T23:59:59Z\"},"
        "\"contact-info\":\"c@me.example\",\"report-id\":"
        "\"2026-11-24.a.example@me.example\",\"policies\":[{\"policy\":{"
        "\"policy-type\":\"no-policy-found\",\"policy-domain\":\"a.example\"},"
        "\"summary\":{\"total-successful-session-count\":0,"
        "\"total-failure-session-count\":1},\"failure-details\":[{\"result-type\":"
        "\"starttls-not-supported\",\"sending-mta-ip\":\"192.0.2.2\","
        "\"receiving-mx-hostname\":\"mx.example\",\"receiving-ip\":\"192.0.2.1\","
        "\"failed-session-count\":1,\"failure-reason-code\":"
        "\"\\\"no\\\" \xef\xbf\xbd \xc3\xa9\"}]}]}");
    report_set_domain(&report, report.end);
    CHECK_STRING(report.domain, "b.example");
    CHECK_STRING(report.reports, "mailto:new@b.example");
    CHECK_NUMBER(report.end, day.count);
    text_clear(&out);
    report_write(&report, &out);
    text_string(&out);
    CHECK(strstr(out.s, "{\"policy-type\":\"tlsa\",\"policy-domain\":\"b.example\"}"));
    CHECK(strstr(out.s, "\"policy-string\":[\"3 1 1 ab\",\"2 0 1 cd\"],"
                        "\"policy-domain\":\"b.example\",\"mx-host\":[\"mx.b\"]}"));
    CHECK(strstr(out.s, "\"total-successful-session-count\":2,"
                        "\"total-failure-session-count\":4}"));
    CHECK(strstr(out.s, "\"failed-session-count\":4,"));
    CHECK(strstr(out.s,
                 "{\"policy-type\":\"sts\",\"policy-string\":[\"version: STSv1\","
                 "\"mode: enforce\"],\"policy-domain\":\"b.example\"},"
                 "\"summary\":{\"total-successful-session-count\":2,"
                 "\"total-failure-session-count\":7}"));
    CHECK(strstr(out.s, "\"mode: testing\"],\"policy-domain\":\"b.example\"},"
                        "\"summary\":{\"total-successful-session-count\":8,"));
    CHECK(strstr(out.s, "{\"policy-type\":\"sts\",\"policy-domain\":\"b.example\"},"
                        "\"summary\":{\"total-successful-session-count\":0,"
                        "\"total-failure-session-count\":10},"));
    CHECK(strstr(out.s, "{\"result-type\":\"sts-policy-fetch-error\","));
    CHECK(sts_policy_parse(sts_text, strlen(sts_text), &sts) == NULL);
    report.sts = &sts;
    text_clear(&out);
    report_write(&report, &out);
    text_string(&out);
    CHECK(strstr(out.s, "[\"version: STSv1\",\"mode: enforce\",\"mx: *.b.example\","
                        "\"max_age: 86400\"],\"policy-domain\":\"b.example\","
                        "\"mx-host\":[\"*.b.example\"]}"));
    /* That of the other mode is not told of it. */
    CHECK(strstr(out.s, "\"mode: testing\"],\"policy-domain\":\"b.example\"},"));
    sts_policy_free(&sts);
    report_file_name(&report, "json.gz", &out);
    CHECK_STRING(out.s, "me.example!b.example!1795478400!1795564799.json.gz");
    report_free(&report);
    day_free(&day);
    text_free(&file);
    text_free(&out);
}

static void test_text(void)
{
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"", "\"\""},
        {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
        {"\x01\n\x7f", "\"\\u0001\\u000a\\u007f\""},
        {"\xe2\x82\xac \xf0\x9f\x95\x8a", "\"\xe2\x82\xac \xf0\x9f\x95\x8a\""},
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 /* overlong */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* surrogate */
        {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* cut off */
        {"\xe2\"", "\"\xef\xbf\xbd\\\"\""},
    };
    stralloc out = STRALLOC_ZERO;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json json = {.out = &out};
        text_clear(&out);
        json_string(&json, NULL, rows[i].text);
        CHECK_STRING(text_string(&out), rows[i].json);
    }
    text_free(&out);
}

int main(void)
{
    test_report();
    test_text();
    return check_report();
}
