#include "../../sts/policy.h"
#include "check.h"
#include "text.h"

#define HEAD "version: STSv1\nmode: enforce\nmax_age: 86400\n"

static const struct {
    const char *text;
    const char *canonical; /* NULL: it is none */
} rows[] = {
    {HEAD "mx: a.example", HEAD "mx: a.example\n"},
    {"version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmx: *.b.example\r\n"
     "max_age: 86400\r\n",
     HEAD "mx: a.example\nmx: *.b.example\n"},
    {"max_age:86400 \t\nmx:  A.Example\t\r\nmode:\tenforce\nversion: STSv1\n\n\r\n",
     HEAD "mx: a.example\n"},
    /* What nobody knows, and what stands twice. */
    {HEAD "mx: a.example\nnew_field-1.x: s\xc3\xbcme: value\nmode: none\nmax_age: no\n"
          "version: STSv9\n",
     HEAD "mx: a.example\n"},
    {"version: STSv1\nmode: none\nmax_age: 0\n",
     "version: STSv1\nmode: none\nmax_age: 0\n"},
    {"version: STSv1\nmode: testing\nmx: a\nmax_age: 0031557600",
     "version: STSv1\nmode: testing\nmax_age: 31557600\nmx: a\n"},
    {"version: STSv1\nmode: enforce\nmax_age: 31557601\nmx: a\n",
     "version: STSv1\nmode: enforce\nmax_age: 31557600\nmx: a\n"},
    /* Faults. */
    {"", NULL},
    {HEAD, NULL},
    {"mode: enforce\nmax_age: 86400\nmx: a.example\n", NULL},
    {"version: STSv1\nmax_age: 86400\nmx: a.example\n", NULL},
    {"version: STSv1\nmode: enforce\nmx: a.example\n", NULL},
    {"version: STSv2\nmode: enforce\nmax_age: 86400\nmx: a.example\n", NULL},
    {"version: STSv1\nmode: Enforce\nmax_age: 86400\nmx: a.example\n", NULL},
    {"version: STSv1\nmode: enforce\nmax_age: 31557600000\nmx: a.example\n", NULL},
    {"version: STSv1\nmode: enforce\nmax_age: -1\nmx: a.example\n", NULL},
    {"version: STSv1\nmode: enforce\nmax_age: 1d\nmx: a.example\n", NULL},
    {"version: STSv1\nmode: enforce\nmax_age: 00000000001\nmx: a.example\n", NULL},
    {"Version: STSv1\nmode: enforce\nmax_age: 1\nmx: a.example\n", NULL},
    {"version : STSv1\nmode: enforce\nmax_age: 1\nmx: a.example\n", NULL},
    {HEAD "mx: a.example\nno field\n", NULL},
    {HEAD "mx: a.example\nempty:\n", NULL},
    {HEAD "mx: a.example\n-x: y\n", NULL},
    {HEAD "mx: a.example\nx: \001\n", NULL},
    {HEAD "mx: a.example\rmx: b.example\n", NULL},
    {HEAD "mx: \n", NULL},
    {HEAD "mx: *\n", NULL},
    {HEAD "mx: *.\n", NULL},
    {HEAD "mx: a.*.example\n", NULL},
    {HEAD "mx: m*.example\n", NULL},
    {HEAD "mx: .example\n", NULL},
    {HEAD "mx: a..example\n", NULL},
    {HEAD "mx: a.example.\n", NULL},
    {HEAD "mx: -a.example\n", NULL},
    {HEAD "mx: a_b.example\n", NULL},
    {HEAD "mx: a.example, b.example\n", NULL},
    {HEAD "mx: [192.0.2.1]\n", NULL},
};

static const struct {
    const char *pattern, *host;
    int lists;
} matches[] = {
    {"mail.example.org", "mail.example.org", 1},
    {"mail.example.org", "MAIL.example.ORG", 1},
    {"mail.example.org", "xmail.example.org", 0},
    {"mail.example.org", "a.mail.example.org", 0},
    {"*.example.org", "mail.example.org", 1},
    {"*.example.org", "example.org", 0},
    {"*.example.org", "a.b.example.org", 0},
    {"*.example.org", ".example.org", 0},
    {"*.example.org", "", 0},
};

static void test_parse(void)
{
    struct sts_policy policy = {.max_age = 0};
    stralloc again = STRALLOC_ZERO;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *fault =
            sts_policy_parse(rows[i].text, strlen(rows[i].text), &policy);
        if (rows[i].canonical && !fault) {
            text_clear(&again);
            sts_policy_write(&again, &policy);
            CHECK_STRING(text_string(&again), rows[i].canonical);
        } else if ((rows[i].canonical == NULL) != (fault != NULL)) {
            printf("row %zu: %s\n", i, fault ? fault : "taken");
            CHECK(!"as expected");
        }
    }
    CHECK(sts_policy_parse(HEAD "mx: a.example\n\0", sizeof HEAD + 14, &policy));
    text_free(&again);
    sts_policy_free(&policy);
}

static void test_match(void)
{
    struct sts_policy policy = {.max_age = 0};
    size_t i;

    for (i = 0; i < sizeof matches / sizeof *matches; i++) {
        stralloc text = STRALLOC_ZERO;
        text_add_format(&text, HEAD "mx: other.example\nmx: %s\n", matches[i].pattern);
        CHECK(!sts_policy_parse(text.s, text.len, &policy));
        CHECK_NUMBER(sts_policy_lists(&policy, matches[i].host), matches[i].lists);
        text_free(&text);
    }
    sts_policy_free(&policy);
}

int main(void)
{
    test_parse();
    test_match();
    return check_report();
}
