#include "../../qinject/addresslist.h"
#include "check.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* VALUE as it stands in a header; OUT: what was found, each in ||. */
static const struct {
    const char *value, *out;
} rows[] = {
    {"", ""},
    {" \n\t", ""},
    {" ann@example.org\n", "|ann@example.org|"},
    {"ann@example.org,bob@example.net", "|ann@example.org||bob@example.net|"},
    {"ann@example.org,\n bob@example.net,\n\tcarl\n",
     "|ann@example.org||bob@example.net||carl|"},
    {"Ann Smith <ann@example.org>", "|ann@example.org|"},
    {"Ann\n Smith\n <ann@example.org>", "|ann@example.org|"},
    {"\"Smith, Ann\" <ann@example.org>, bob", "|ann@example.org||bob|"},
    {"\"a \\\" < b, c\" <ann@example.org>", "|ann@example.org|"},
    {"=?utf-8?Q?J=C3=BCrgen?= <j@example.org>", "|j@example.org|"},
    {"J\xc3\xbcrgen <j\xc3\xbcrgen@example.org>", "|j\xc3\xbcrgen@example.org|"},
    {"ann@example.org (Ann, of (nested) course)", "|ann@example.org|"},
    {"(before) ann (mid) @ (dle) example.org (after)", "|ann@example.org|"},
    {"Ann (a \\) b) <ann(x)@example.org>", "|ann@example.org|"},
    {"ann . smith @ example . org", "|ann.smith@example.org|"},
    {"< ann @ example.org >", "|ann@example.org|"},
    {"<@a.example,@b.example:ann@example.org>", "|ann@example.org|"},
    {"Team: ann@example.org, Bob <bob@example.net>;, carl",
     "|ann@example.org||bob@example.net||carl|"},
    {"undisclosed-recipients:;", ""},
    {"undisclosed-recipients: ;, ann", "|ann|"},
    {"\"A: b\": ann@example.org;", "|ann@example.org|"},
    {",,ann,,", "|ann|"},
    {"<>", ""},
    {"MAILER <>", ""},
    {"\"a  b\"@example.org", "|\"a  b\"@example.org|"},
    {"\"a . @ b\" @ example.org", "|\"a . @ b\"@example.org|"},
    {"\"a\\\" \\\\ b\"@example.org", "|\"a\\\" \\\\ b\"@example.org|"},
    {"<\"a b\"@example.org>", "|\"a b\"@example.org|"},
    {"ann@[192.0.2.1]", "|ann@[192.0.2.1]|"},
    {"ann@[IPv6:2001:db8::1], bob", "|ann@[IPv6:2001:db8::1]||bob|"},
    {"Ann <ann@[IPv6:2001:db8::1]>", "|ann@[IPv6:2001:db8::1]|"},
    /* No addresses: given as they stand, so that they are refused and not lost. */
    {"Ann Smith", "|Ann Smith|"},
    {"ann@example.org bob@example.net", "|ann@example.org bob@example.net|"},
    {"\"no end", "|\"no end|"},
    {"ann@[no end", "|ann@[noend|"},
    {"ann, (no end bob@example.org", "|ann||(|"},
    {"<ann(no end@example.org>", "|ann(|"},
    {"<an n@example.org>", "|an n@example.org|"},
    {"< @a.example , @b.example : ann@example.org >", "|ann@example.org|"},
    {"<@eve@example.net:ann@example.org>", "|@eve@example.net:ann@example.org|"},
    {"<@a.example,eve@example.net:ann@example.org>",
     "|@a.example,eve@example.net:ann@example.org|"},
    {"<@:ann@example.org>", "|@:ann@example.org|"},
    {"<@a.example,:ann@example.org>", "|@a.example,:ann@example.org|"},
    {"<@a.example", "|@a.example|"},
    {"Ann <ann@example.org", "|ann@example.org|"},
    {"<ann@example.org> <eve@example.net>, bob",
     "|<ann@example.org> <eve@example.net>||bob|"},
    {"team: Ann <ann@example.org> x <eve@example.net>;",
     "| Ann <ann@example.org> x <eve@example.net>|"},
};

/* The same for addresslist_each_claim, where that gives more. */
static const struct {
    const char *value, *out;
} claims[] = {
    {"Ann Smith <ann@example.org>", "|ann@example.org|"},
    {"\"eve@example.net\" <ann@example.org>", "|ann@example.org|"},
    {"(eve@example.net) <ann@example.org>", "|ann@example.org|"},
    {"eve@example.net <ann@example.org>", "|ann@example.org||eve@example.net|"},
    {"<ann@example.org> eve@example.net",
     "|<ann@example.org> eve@example.net||eve@example.net|"},
    {"<ann@example.org> (x) ", "|ann@example.org|"},
    {"<ann@example.org> Eve", "|<ann@example.org> Eve|"},
    {"<ann@example.org> \"Eve\"", "|<ann@example.org> \"Eve\"|"},
    {"eve@example.net (x) <ann@example.org>, bob",
     "|ann@example.org||eve@example.net||bob|"},
    {"eve @ example.net : ann@example.org;", "|eve @ example.net :||ann@example.org|"},
    {"<eve@example.net> : ann@example.org;", "|<eve@example.net> :||ann@example.org|"},
    {"Team: ann@example.org;", "|ann@example.org|"},
    /* What readers take in many ways. */
    {"[ <eve@example.net> ] <ann@example.org>",
     "|[ <eve@example.net> ] <ann@example.org>|"},
    {"[x, eve@example.net, y] <ann@example.org>",
     "|[x, eve@example.net, y] <ann@example.org>|"},
    {"<ann@example.org> [, eve@example.net", "|<ann@example.org> [, eve@example.net|"},
    {"[x] : ann@example.org;", "|[x] :||ann@example.org|"},
    {"ann@[192.0.2.1], bob@[IPv6:2001:db8::1]",
     "|ann@[192.0.2.1]||bob@[IPv6:2001:db8::1]|"},
    {"ann@[192.0.2.1 <ann@example.org>",
     "|ann@[192.0.2.1 <ann@example.org>||ann@[192.0.2.1<ann@example.org>|"},
    {":ann@example.org", "|:||ann@example.org|"},
    {"Team: Eve: ann@example.org;", "| Eve:||ann@example.org|"},
    {"Team: ann@example.org;, Us: bob@example.org",
     "|ann@example.org||bob@example.org|"},
    {"Ann] <ann@example.org>", "|Ann] <ann@example.org>|"},
    {"Ann) <ann@example.org>", "|Ann) <ann@example.org>|"},
    {"Ann> <ann@example.org>", "|Ann> <ann@example.org>|"},
    {"Ann \\\"<ann@example.org>",
     "|Ann \\\"<ann@example.org>||Ann \\\"<ann@example.org>|"},
    {"Ann \001<ann@example.org>", "|Ann \001<ann@example.org>|"},
    {"Ann \177<ann@example.org>", "|Ann \177<ann@example.org>|"},
    {"<ann@example.org> (no end, eve@example.net",
     "|<ann@example.org> (no end, eve@example.net|"},
    {"\"no end <ann@example.org>",
     "|\"no end <ann@example.org>||\"no end <ann@example.org>|"},
    {"Ann <ann@example.org", "|Ann <ann@example.org|"},
    {"a@b <x@y> <z@w>", "|a@b <x@y> <z@w>||a@b|"},
};

static void collect(const char *address, size_t len, void *data)
{
    text_add_byte(data, '|');
    text_add_bytes(data, address, len);
    text_add_byte(data, '|');
}

static void test_rows(void)
{
    stralloc out = STRALLOC_ZERO;
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        text_clear(&out);
        addresslist_each(rows[i].value, strlen(rows[i].value), collect, &out);
        CHECK_STRING(text_string(&out), rows[i].out);
    }
    text_free(&out);
}

static void test_claims(void)
{
    stralloc out = STRALLOC_ZERO;
    size_t i;

    for (i = 0; i < sizeof claims / sizeof *claims; i++) {
        text_clear(&out);
        addresslist_each_claim(claims[i].value, strlen(claims[i].value), collect, &out);
        CHECK_STRING(text_string(&out), claims[i].out);
    }
    text_free(&out);
}

/* Every start of every row, from memory that ends there: nothing behind it is read. */
static void test_cuts(void)
{
    stralloc out = STRALLOC_ZERO;
    size_t i, len;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (len = 0; len < strlen(rows[i].value); len++) {
            char *value = memory_get(len);
            memcpy(value, rows[i].value, len);
            text_clear(&out);
            addresslist_each(value, len, collect, &out);
            CHECK(out.len <= 2 * len + 2);
            free(value);
        }
    }
    text_free(&out);
}

int main(void)
{
    test_rows();
    test_claims();
    test_cuts();
    return check_report();
}
