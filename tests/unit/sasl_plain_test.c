#include "check.h"
#include "encode.h"
#include "sasl_plain.h"
#include "text.h"

struct expectation {
    const char *message;
    size_t len;
    const char *user, *password; /* NULL: malformed */
    int is_other;
};

#define BYTES(s) s, sizeof s - 1

static const struct expectation table[] = {
    {BYTES("\0ann\0secret"), "ann", "secret", 0},
    {BYTES("ann\0ann\0secret"), "ann", "secret", 0},
    {BYTES("\0ann@example.org\0two words "), "ann@example.org", "two words ", 0},
    {BYTES("ANN@Example.org\0ann@example.ORG\0x"), "ann@example.ORG", "x", 0},
    {BYTES("bob\0ann\0secret"), "ann", "secret", 1},
    {BYTES("an\0ann\0secret"), "ann", "secret", 1},
    {BYTES("annn\0ann\0secret"), "ann", "secret", 1},
    {BYTES("bob\0ann\0"), NULL, NULL, 0},
    {BYTES("\0ann\0"), NULL, NULL, 0},
    {BYTES("\0\0secret"), NULL, NULL, 0},
    {BYTES("\0ann"), NULL, NULL, 0},
    {BYTES("ann"), NULL, NULL, 0},
    {BYTES(""), NULL, NULL, 0},
    {BYTES("\0ann\0sec\0ret"), NULL, NULL, 0},
    {BYTES("\0ann\0secret\0"), NULL, NULL, 0},
};

static void check_row(const struct expectation *row)
{
    stralloc text = STRALLOC_ZERO, decoded = STRALLOC_ZERO;
    struct sasl_plain plain;
    enum sasl_plain_result result;

    base64_encode(&text, row->message, row->len);
    result = sasl_plain_parse(text.s ? text.s : "", text.len, &decoded, &plain);
    CHECK_NUMBER(result, !row->user      ? SASL_PLAIN_MALFORMED
                         : row->is_other ? SASL_PLAIN_OTHER
                                         : SASL_PLAIN_OK);
    if (result != SASL_PLAIN_MALFORMED && row->user) {
        CHECK_NUMBER(plain.user_len, strlen(row->user));
        CHECK(memcmp(plain.user, row->user, plain.user_len) == 0);
        CHECK_NUMBER(plain.password_len, strlen(row->password));
        CHECK(memcmp(plain.password, row->password, plain.password_len) == 0);
    }
    text_free(&text);
    text_free(&decoded);
}

/* What is no base64, or lax base64, is refused. */
static void check_encoding(void)
{
    static const char *const wrong[] = {
        "=",           "AGFubgBzZWNyZXQ",  "AGFubgBzZWNyZXQ==",
        "AGFub*==",    "AGFubgBzZWNyZXR=", "AGFubgBz ZWNyZXQ=",
        "-GFubgBz_==="};
    stralloc decoded = STRALLOC_ZERO;
    struct sasl_plain plain;
    size_t i;

    for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_NUMBER(sasl_plain_parse(wrong[i], strlen(wrong[i]), &decoded, &plain),
                     SASL_PLAIN_MALFORMED);
    }
    CHECK_NUMBER(sasl_plain_parse("AGFubgBzZWNyZXQ=", 16, &decoded, &plain),
                 SASL_PLAIN_OK);
    text_free(&decoded);
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof table / sizeof table[0]; i++) {
        check_row(&table[i]);
    }
    check_encoding();
    return check_report();
}
