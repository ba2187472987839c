#include "../../qsend/report_value.h"
#include "check.h"
#include "text.h"

static const char *clean(const char *text, int is_utf8)
{
    static stralloc out;

    text_clear(&out);
    report_add_clean(&out, text, strlen(text), is_utf8);
    return text_string(&out);
}

static const char *address(const char *text, int is_utf8)
{
    static stralloc out;

    text_clear(&out);
    report_add_address(&out, text, is_utf8);
    return text_string(&out);
}

static void test_clean(void)
{
    static const struct {
        const char *in, *ascii, *utf8;
    } rows[] = {
        {"plain text", "plain text", "plain text"},
        {"a\r\nb\tc\177", "a??b?c?", "a??b?c?"},
        {"\xc3\xbc", "??", "\xc3\xbc"},
        {"\xe2\x82\xac \xf0\x9f\x93\xaf", "??? ????", "\xe2\x82\xac \xf0\x9f\x93\xaf"},
        {"\xc3", "?", "?"},                   /* cut */
        {"\xc0\xaf", "??", "??"},             /* longer than it has to be */
        {"\xe0\x80\x80", "???", "???"},       /* the same */
        {"\xed\xa0\x80", "???", "???"},       /* a surrogate */
        {"\xf4\x90\x80\x80", "????", "????"}, /* over U+10FFFF */
        {"\xff\xfe", "??", "??"},             /* no UTF-8 at all */
        {"\xc2\x85x", "??x", "??x"},          /* NEL, a line end to some */
        {"\xc3(\xbc", "?(?", "?(?"},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_STRING(clean(rows[i].in, 0), rows[i].ascii);
        CHECK_STRING(clean(rows[i].in, 1), rows[i].utf8);
    }
}

static void test_length(void)
{
    char text[2001];

    memset(text, 'x', 2000);
    text[2000] = '\0';
    CHECK_NUMBER(strlen(clean(text, 0)), 900);
    memcpy(text + 898, "\xe2\x82\xac", 3); /* is not cut in two */
    CHECK_NUMBER(strlen(clean(text, 1)), 898);
}

static void test_address(void)
{
    CHECK_STRING(address("a+b@example.org", 0), "a+b@example.org");
    CHECK_STRING(address("\"a b\"@example.org", 0), "\"a b\"@example.org");
    CHECK_STRING(address("j\xc3\xbc+x@\xe2\x82\xac.example", 1),
                 "j\xc3\xbc+x@\xe2\x82\xac.example");
    CHECK_STRING(address("j\xc3\xbc+x@\xe2\x82\xac.example", 0),
                 "j\\x{FC}\\x{2B}x@\\x{20AC}.example");
}

/* The longest address that SMTP takes is whole; of what a damaged queue file may hold a
 * line is made that is not too long. */
static void test_long_address(void)
{
    char text[1001];
    size_t i;

    for (i = 0; i < 254; i += 2) {
        memcpy(text + i, "\xdf\xbf", 2);
    }
    text[254] = '\0';
    CHECK_NUMBER(strlen(address(text, 0)), 127 * 7);
    memset(text, 0xb4, 1000);
    text[1000] = '\0';
    CHECK(strlen(address(text, 0)) <= 900);
}

int main(void)
{
    test_clean();
    test_length();
    test_address();
    CHECK(report_has_8bit("a\200", 2));
    CHECK(!report_has_8bit("a\177", 2));
    test_long_address();
    return check_report();
}
