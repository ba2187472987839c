#include "address.h"
#include "check.h"
#include "text.h"

#include <stdlib.h>

static const struct {
    const char *in;
    unsigned flags;
    enum address_result result;
    const char *out; /* for ADDRESS_OK */
} paths[] = {
    {"<ann@example.org>", 0, ADDRESS_OK, "ann@example.org"},
    {"<Ann@EXAMPLE.Org>", 0, ADDRESS_OK, "Ann@example.org"},
    {"<ann@example.org.>", 0, ADDRESS_OK, "ann@example.org"},
    {"<a.b+c=d/e@x-y.example>", 0, ADDRESS_OK, "a.b+c=d/e@x-y.example"},
    {"<\"ann\"@example.org>", 0, ADDRESS_OK, "ann@example.org"},
    {"<\"a b\"@example.org>", 0, ADDRESS_OK, "\"a b\"@example.org"},
    {"<\"a\\\"\\\\b\"@example.org>", 0, ADDRESS_OK, "\"a\\\"\\\\b\"@example.org"},
    {"<\"a@b\"@example.org>", 0, ADDRESS_OK, "\"a@b\"@example.org"},
    {"<\"\"@example.org>", 0, ADDRESS_OK, "\"\"@example.org"},
    {"<@a.example,@b.example:ann@example.org>", 0, ADDRESS_OK, "ann@example.org"},
    {"<@a.example:ann@example.org>", 0, ADDRESS_OK, "ann@example.org"},
    {"<ann@[192.0.2.1]>", 0, ADDRESS_OK, "ann@[192.0.2.1]"},
    {"<ann@[ipv6:2001:DB8::1]>", 0, ADDRESS_OK, "ann@[IPv6:2001:db8::1]"},
    {"<ann@[IPv6:2001:DB8:0:0::1]>", 0, ADDRESS_OK, "ann@[IPv6:2001:db8::1]"},
    {"<ann@[IPv6:2001:0db8:0:0:0:0:192.0.2.1]>", 0, ADDRESS_OK,
     "ann@[IPv6:2001:db8::c000:201]"},
    {"<ann@[IPv6:::FFFF:192.0.2.1]>", 0, ADDRESS_OK, "ann@[192.0.2.1]"},
    {"<ann@[IPv6:::ffff:c000:201]>", 0, ADDRESS_OK, "ann@[192.0.2.1]"},
    {"<>", ADDRESS_MAY_BE_NULL, ADDRESS_OK, ""},
    {"<PostMaster>", ADDRESS_MAY_BE_POSTMASTER, ADDRESS_OK, "postmaster"},
    {"<ann>", ADDRESS_MAY_LACK_DOMAIN, ADDRESS_OK, "ann"},
    {"<j\xc3\xbcrgen@b\xc3\xbc.example>", ADDRESS_MAY_BE_UTF8, ADDRESS_OK,
     "j\xc3\xbcrgen@b\xc3\xbc.example"},
    {"<j\xc3\xbcrgen@example.org>", 0, ADDRESS_NEEDS_UTF8, NULL},
    {"<j\xc3@example.org>", ADDRESS_MAY_BE_UTF8, ADDRESS_SYNTAX, NULL},
    {"<j\xc2\x9b@example.org>", ADDRESS_MAY_BE_UTF8, ADDRESS_SYNTAX, NULL},
    {"<\"j\xc2\x80\"@example.org>", ADDRESS_MAY_BE_UTF8, ADDRESS_SYNTAX, NULL},
    {"<j@b\xc2\x85.example>", ADDRESS_MAY_BE_UTF8, ADDRESS_SYNTAX, NULL},
    {"<j\xc2\xa0@example.org>", ADDRESS_MAY_BE_UTF8, ADDRESS_OK,
     "j\xc2\xa0@example.org"},
    {"<j\xc0\xaf@example.org>", ADDRESS_MAY_BE_UTF8, ADDRESS_SYNTAX, NULL},
    {"<>", 0, ADDRESS_SYNTAX, NULL},
    {"<ann>", 0, ADDRESS_SYNTAX, NULL},
    {"ann@example.org", 0, ADDRESS_SYNTAX, NULL},
    {"<ann@example.org", 0, ADDRESS_SYNTAX, NULL},
    {"<ann@@example.org>", 0, ADDRESS_SYNTAX, NULL},
    {"<.ann@example.org>", 0, ADDRESS_SYNTAX, NULL},
    {"<ann.@example.org>", 0, ADDRESS_SYNTAX, NULL},
    {"<a..b@example.org>", 0, ADDRESS_SYNTAX, NULL},
    {"<ann@>", 0, ADDRESS_SYNTAX, NULL},
    {"<ann@-x.example>", 0, ADDRESS_SYNTAX, NULL},
    {"<ann@x-.example>", 0, ADDRESS_SYNTAX, NULL},
    {"<ann@x..example>", 0, ADDRESS_SYNTAX, NULL},
    {"<ann@[192.0.2.300]>", 0, ADDRESS_SYNTAX, NULL},
    {"<ann@[192.0.2.1>", 0, ADDRESS_SYNTAX, NULL},
    {"<ann@[2001:db8::1]>", 0, ADDRESS_SYNTAX, NULL},
    {"<a nn@example.org>", 0, ADDRESS_SYNTAX, NULL},
    {"<\"a\r\nb\"@example.org>", 0, ADDRESS_SYNTAX, NULL},
    {"<\"a\\\x01\"@example.org>", 0, ADDRESS_SYNTAX, NULL},
    {"<\"ab@example.org>", 0, ADDRESS_SYNTAX, NULL},
    {"<@a.example ann@example.org>", 0, ADDRESS_SYNTAX, NULL},
    {"<@a.example,ann@example.org>", 0, ADDRESS_SYNTAX, NULL},
};

static void test_paths(void)
{
    stralloc out = STRALLOC_ZERO;
    size_t i, used;

    for (i = 0; i < sizeof paths / sizeof *paths; i++) {
        size_t len = strlen(paths[i].in);
        enum address_result result =
            address_parse_path(paths[i].in, len, paths[i].flags, &out, &used);
        if (result != paths[i].result) {
            printf("%s\n", paths[i].in);
        }
        CHECK_NUMBER(result, paths[i].result);
        if (result == ADDRESS_OK) {
            CHECK_STRING(text_string(&out), paths[i].out);
            CHECK_NUMBER(used, len);
        }
    }
    text_free(&out);
}

static void test_what_follows(void)
{
    stralloc out = STRALLOC_ZERO;
    size_t used;

    CHECK(address_parse_path("<a@b.example> SIZE=1", 20, 0, &out, &used) == ADDRESS_OK);
    CHECK_NUMBER(used, 13);
    text_free(&out);
}

/* A canonical address parses to itself. */
static void test_canonical(void)
{
    stralloc once = STRALLOC_ZERO, twice = STRALLOC_ZERO;
    size_t i, used;

    for (i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (paths[i].result != ADDRESS_OK || !strchr(paths[i].out, '@')) {
            continue;
        }
        address_parse_path(paths[i].in, strlen(paths[i].in), paths[i].flags, &once,
                           &used);
        CHECK(address_parse(once.s, once.len, ADDRESS_MAY_BE_UTF8, &twice) ==
              ADDRESS_OK);
        CHECK_STRING(text_string(&twice), text_string(&once));
    }
    text_free(&once);
    text_free(&twice);
}

static void test_lengths(void)
{
    stralloc in = STRALLOC_ZERO, out = STRALLOC_ZERO;
    int i;

    for (i = 0; i < 64; i++) {
        text_add_byte(&in, 'a');
    }
    text_add_string(&in, "@example.org");
    CHECK(address_parse(in.s, in.len, 0, &out) == ADDRESS_OK);
    CHECK(address_parse("a@x", 3, 0, &out) == ADDRESS_OK);
    text_set_string(&out, "");
    text_add_byte(&out, 'a');
    text_add_bytes(&out, in.s, in.len);
    CHECK(address_parse(out.s, out.len, 0, &in) == ADDRESS_TOO_LONG);
    text_set_string(&in, "a@");
    for (i = 0; i < 64; i++) {
        text_add_string(&in, "abc.");
    }
    text_add_string(&in, "org");
    CHECK(address_parse(in.s, in.len, 0, &out) == ADDRESS_TOO_LONG);
    text_set_string(&in, "a@");
    while (in.len < 250) {
        text_add_string(&in, "abc.");
    }
    text_add_string(&in, "info"); /* 254: with its brackets a path of 256 */
    CHECK_NUMBER(in.len, 254);
    CHECK(address_parse(in.s, in.len, 0, &out) == ADDRESS_OK);
    text_add_byte(&in, 'x');
    CHECK(address_parse(in.s, in.len, 0, &out) == ADDRESS_TOO_LONG);
    text_free(&in);
    text_free(&out);
}

static void test_parts(void)
{
    CHECK_STRING(address_domain("\"a@b\"@example.org"), "example.org");
    CHECK(!address_domain("postmaster"));
    CHECK(!address_domain("\"a@b\""));
    CHECK(!address_domain("\"@example.org\""));
    CHECK(address_is_domain("mail.example.org", 16, 0));
    CHECK(address_is_domain("[IPv6:::1]", 10, 0));
    CHECK(!address_is_domain("a b", 3, 0));
    CHECK(!address_is_domain("", 0, 0));
    CHECK(!address_is_domain("b\xc3\xbc.example", 11, 0));
    CHECK(address_is_domain("b\xc3\xbc.example", 11, ADDRESS_MAY_BE_UTF8));
    CHECK(address_is_utf8("j\xc3\xbcrgen") && !address_is_utf8("ann"));
}

int main(void)
{
    test_paths();
    test_what_follows();
    test_canonical();
    test_lengths();
    test_parts();
    return check_report();
}
