#include "../../qsend/tlsrpt.h"
#include "check.h"
#include "text.h"

static void test_records(void)
{
    static const struct {
        const char *text;
        int result;
        const char *field;
    } rows[] = {
        {"v=TLSRPTv1; rua=mailto:tls@example.org", 1, "mailto:tls@example.org"},
        {"v=TLSRPTv1;rua=mailto:tls@Example.ORG;", 1, "mailto:tls@example.org"},
        {"v=TLSRPTv1 ;  rua=mailto:a@b.example , https://b.example/tls ; x=y", 1,
         "mailto:a@b.example,https://b.example/tls"},
        {"v=TLSRPTv1;ext=1;rua=HTTPS://b.example/?q=1", 1, "https://b.example/?q=1"},
        {"v=TLSRPTv1;rua=mailto:a%40b.example?subject=x", 1, "mailto:a@b.example"},
        {"v=TLSRPTv1;rua=mailto:a%2cb@c.example", 1, ""}, /* no address */
        {"v=TLSRPTv1;rua=mailto:a%0d%0ab@c.example", 1, ""},
        {"v=TLSRPTv1;rua=mailto:%22a%3e%22@c.example", 1,
         ""}, /* no place in a header */
        {"v=TLSRPTv1;rua=mailto:a%4@c.example", 1, ""},
        {"v=TLSRPTv1;rua=mailto:a%zz@c.example", 1, ""},
        {"v=TLSRPTv1;rua=mailto:", 1, ""},
        {"v=TLSRPTv1;rua=mailto:\xc3\xa9@c.example", 1, ""},
        {"v=TLSRPTv1;rua=https://a.example/\"x", 1, ""},
        {"v=TLSRPTv1;rua=http://a.example/,mailto:a@b.example", 1,
         "mailto:a@b.example"},
        {"v=TLSRPTv1;rua=mailto:a@b.example;rua=mailto:c@d.example", 1,
         "mailto:a@b.example"},
        {"v=TLSRPTv1;", 1, ""},
        {"v=TLSRPTv1", 1, ""},
        {"v=TLSRPTv11;rua=mailto:a@b.example", 0, ""},
        {"V=tlsrptv1;rua=mailto:a@b.example", 0, ""},
        {"v=spf1 -all", 0, ""},
        {"rua=mailto:a@b.example;v=TLSRPTv1", 0, ""},
        {"", 0, ""},
    };
    stralloc field = STRALLOC_ZERO;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(tlsrpt_parse(rows[i].text, strlen(rows[i].text), &field),
                     rows[i].result);
        CHECK_STRING(text_string(&field), rows[i].field);
    }
    text_free(&field);
}

/* As many as may be, and as many bytes. */
static void test_limits(void)
{
    stralloc text = STRALLOC_ZERO, field = STRALLOC_ZERO;
    int i;

    text_set_string(&text, "v=TLSRPTv1;rua=");
    for (i = 0; i < 20; i++) {
        text_add_format(&text, "%smailto:a%d@b.example", i ? "," : "", i);
    }
    CHECK_NUMBER(tlsrpt_parse(text.s, text.len, &field), 1);
    CHECK(strstr(text_string(&field), "a7@b.example") != NULL);
    CHECK(strstr(field.s, "a8@b.example") == NULL);
    text_set_string(&text, "v=TLSRPTv1;rua=https://a.example/");
    for (i = 0; i < 1000; i++) {
        text_add_byte(&text, 'x');
    }
    text_add_string(&text, ",mailto:a@b.example");
    CHECK_NUMBER(tlsrpt_parse(text.s, text.len, &field), 1);
    CHECK_STRING(text_string(&field), "mailto:a@b.example");
    text_free(&text);
    text_free(&field);
}

int main(void)
{
    test_records();
    test_limits();
    return check_report();
}
