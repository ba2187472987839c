#include "../../tlsreport/dayline.h"
#include "check.h"
#include "text.h"

#include <stdlib.h>

static const struct day_line example = {
    .fields = {[DAY_DOMAIN] = "a.example",
               [DAY_REPORTS] = "mailto:tls@a.example",
               [DAY_POLICY] = "mx.a.example 3 1 1 ab",
               [DAY_RESULT] = "certificate-expired",
               [DAY_HOST] = "mx.a.example",
               [DAY_IP] = "192.0.2.1",
               [DAY_SOURCE] = "192.0.2.2",
               [DAY_TEXT] = "it has\texpired\x1b[31m"}};

static void make(stralloc *out, const struct day_line *line, unsigned long long count)
{
    stralloc fields = STRALLOC_ZERO;

    day_line_add_fields(&fields, line);
    text_clear(out);
    day_line_add(out, count, fields.s, fields.len);
    text_string(out);
    text_free(&fields);
}

static void test_round_trip(void)
{
    stralloc text = STRALLOC_ZERO;
    struct day_line line;

    make(&text, &example, 12);
    CHECK(text.s[text.len - 1] == '\n');
    CHECK_NUMBER(day_line_parse(text.s, text.len - 1, &line), 0);
    CHECK_NUMBER(line.count, 12);
    CHECK_NUMBER(line.result, TLS_RESULT_EXPIRED);
    CHECK_STRING(line.fields[DAY_DOMAIN], "a.example");
    CHECK_STRING(line.fields[DAY_POLICY], "mx.a.example 3 1 1 ab");
    CHECK_STRING(line.fields[DAY_SOURCE], "192.0.2.2");
    CHECK_STRING(line.fields[DAY_TEXT], "it has?expired?[31m");
    text_free(&text);
}

/* Torn anywhere, or with any byte changed, it counts for nothing. */
static void test_damage(void)
{
    stralloc text = STRALLOC_ZERO;
    struct day_line line;
    size_t i;

    make(&text, &example, 12);
    for (i = 0; i < text.len - 1; i++) {
        char *copy = memory_copy_bytes(text.s, text.len);
        CHECK_NUMBER(day_line_parse(copy, i, &line), -1);
        free(copy);
        copy = memory_copy_bytes(text.s, text.len);
        copy[i] ^= 1;
        CHECK_NUMBER(day_line_parse(copy, text.len - 1, &line), -1);
        free(copy);
    }
    text_free(&text);
}

static void test_nonsense(void)
{
    struct day_line bad = example;
    stralloc text = STRALLOC_ZERO;
    struct day_line line;

    bad.fields[DAY_RESULT] = "fine";
    make(&text, &bad, 1);
    CHECK_NUMBER(day_line_parse(text.s, text.len - 1, &line), -1);
    bad.fields[DAY_RESULT] = "none";
    make(&text, &bad, 1);
    CHECK_NUMBER(day_line_parse(text.s, text.len - 1, &line), -1);
    bad = example;
    bad.fields[DAY_DOMAIN] = "";
    make(&text, &bad, 1);
    CHECK_NUMBER(day_line_parse(text.s, text.len - 1, &line), -1);
    text_clear(&text);
    day_line_add(&text, 1, "a\tb", 3);
    CHECK_NUMBER(day_line_parse(text.s, text.len - 1, &line), -1);
    text_free(&text);
}

static void test_days(void)
{
    char name[DAY_NAME_SIZE];

    day_name_format(name, 20781);
    CHECK_STRING(name, "2026-11-24");
    CHECK_NUMBER(day_name_parse("2026-11-24", 10), 20781);
    CHECK_NUMBER(day_name_parse("1970-01-01", 10), 0);
    CHECK_NUMBER(day_name_parse("2024-02-29", 10), 19782);
    CHECK_NUMBER(day_name_parse("2026-02-29", 10), -1);
    CHECK_NUMBER(day_name_parse("2026-13-01", 10), -1);
    CHECK_NUMBER(day_name_parse("2026-1-01", 9), -1);
    CHECK_NUMBER(day_name_parse("2026-11-24x", 11), -1);
    CHECK_NUMBER(day_name_parse("+026-11-24", 10), -1);
    CHECK_NUMBER(day_name_parse("../../etc/", 10), -1);
    CHECK_NUMBER(day_name_parse("", 0), -1);
}

int main(void)
{
    test_round_trip();
    test_damage();
    test_nonsense();
    test_days();
    return check_report();
}
