#include "check.h"
#include "header.h"

#include <string.h>

static const struct {
    const char *bytes;
    size_t first; /* header_field_length */
    size_t whole; /* header_section_length */
} rows[] = {
    {"", 0, 0},
    {"\n", 0, 0},
    {"\nbody\n", 0, 0},
    {"A: 1\n", 5, 5},
    {"A: 1", 0, 4},
    {"A: 1\n\nbody\n\nmore\n", 5, 5},
    {"A: 1\nB: 2\n\n", 5, 10},
    {"A: 1\n 2\n\t3\nB: 4\n\n", 11, 16},
    {"A: 1\n 2", 0, 7},
    {"A: 1\n \nB: 2\n\n", 7, 12},
    {"A: 1\n\r\nbody\n\n", 5, 12},
};

static void test_lengths(void)
{
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].bytes);
        CHECK_NUMBER(header_field_length(rows[i].bytes, len), rows[i].first);
        CHECK_NUMBER(header_section_length(rows[i].bytes, len), rows[i].whole);
    }
    CHECK_NUMBER(header_section_length("A: \0\nB: 2\n\nx", 12), 10);
}

static void test_count(void)
{
    static const char bytes[] = "A: 1\na : 2\n A: fold\nAB: 3\nA:\n\nA: body\n";

    CHECK_NUMBER(header_count_fields(bytes, sizeof bytes - 1, "A"), 3);
    CHECK_NUMBER(header_count_fields(bytes, sizeof bytes - 1, "C"), 0);
    CHECK_NUMBER(header_count_fields(bytes, 0, "A"), 0);
}

/* Bytes past LEN are never looked at. */
static void test_bounds(void)
{
    CHECK_NUMBER(header_field_length("A: 1\n 2\n", 5), 5);
    CHECK_NUMBER(header_field_length("A: 1\n 2\n", 4), 0);
    CHECK_NUMBER(header_section_length("A: 1\n\nB", 5), 5);
}

static const struct {
    const char *field, *name;
    const char *value; /* NULL: not this field */
} fields[] = {
    {"Subject: hello\n", "Subject", " hello\n"},
    {"SUBJECT: hello\n", "Subject", " hello\n"},
    {"Subject \t: hello\n", "subject", " hello\n"},
    {"Subject:\n folded\n", "Subject", "\n folded\n"},
    {"Subject:", "Subject", ""},
    {"Subject", "Subject", NULL},
    {"Subject\n", "Subject", NULL},
    {"Subjects: x\n", "Subject", NULL},
    {"Sub: x\n", "Subject", NULL},
    {"Subject\n : x\n", "Subject", NULL},
    {" Subject: x\n", "Subject", NULL},
    {"", "Subject", NULL},
};

static void test_fields(void)
{
    size_t i;

    for (i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *value = NULL;
        size_t len = 0;
        int is = header_field_is(fields[i].field, strlen(fields[i].field),
                                 fields[i].name, &value, &len);
        CHECK_NUMBER(is, fields[i].value != NULL);
        if (is) {
            CHECK_STRING(value, fields[i].value);
            CHECK_NUMBER(len, strlen(fields[i].value));
        }
    }
}

static const struct {
    const char *bytes;
    int is_optional;
} wishes[] = {
    {"", 0},
    {"Subject: x\n", 0},
    {"TLS-Required: No\n", 1},
    {"A: 1\ntls-required:no\nB: 2\n", 1},
    {"TLS-REQUIRED :\n\tnO \n \nB: 2\n", 1},
    {"TLS-Required: Yes\n", 0},
    {"TLS-Required:\n", 0},
    {"TLS-Required: Not\n", 0},
    {"TLS-Required: N o\n", 0},
    {"TLS-Required: N\n o\n", 0},
    {"TLS-Required: No No\n", 0},
    {"TLS-Required: No\n x\n", 0},
    {"TLS-Required: No (really)\n", 0},
    {"TLS-Required: No\nTLS-Required: No\n", 0},
    {"TLS-Required: Yes\nTLS-Required: No\n", 0},
    {"X-TLS-Required: No\n", 0},
    {"TLS-Required-: No\n", 0},
    {" TLS-Required: No\n", 0},
    {"A: 1\n TLS-Required: No\n", 0},
};

static void test_tls_required(void)
{
    size_t i;

    for (i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        CHECK_NUMBER(header_is_tls_optional(wishes[i].bytes, strlen(wishes[i].bytes)),
                     wishes[i].is_optional);
    }
}

int main(void)
{
    test_lengths();
    test_count();
    test_bounds();
    test_fields();
    test_tls_required();
    return check_report();
}
