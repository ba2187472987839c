#include "../../tls/certname.h"
#include "check.h"

int main(void)
{
    static const struct {
        const char *pattern, *name;
        int match;
    } rows[] = {
        {"mail.example.org", "mail.example.org", 2},
        {"MAIL.example.org", "mail.EXAMPLE.org", 2},
        {"mail.example.org", "mail.example.or", 0},
        {"*.example.org", "mail.example.org", 1},
        {"*.Example.org", "mail.example.ORG", 1},
        {"*.example.org", "a.b.example.org", 0},
        {"*.example.org", "example.org", 0},
        {"*.example.org", ".example.org", 0},
        {"*.org", "example.org", 0},
        {"*", "example", 0},
        {"*.", "example.", 0},
        {"m*.example.org", "mail.example.org", 0},
        {"*.example.org", "", 0},
        {"", "mail.example.org", 0},
    };
    char long_name[300];
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_NUMBER(certname_match(rows[i].pattern, rows[i].name), rows[i].match);
    }
    CHECK(certname_is_plain("a-b_c.example.org"));
    CHECK(!certname_is_plain(""));
    CHECK(!certname_is_plain("a b"));
    CHECK(!certname_is_plain("a\n"));
    CHECK(!certname_is_plain("*.example.org"));
    memset(long_name, 'a', sizeof long_name);
    long_name[256] = '\0';
    CHECK(!certname_is_plain(long_name));
    long_name[255] = '\0';
    CHECK(certname_is_plain(long_name));
    return check_report();
}
