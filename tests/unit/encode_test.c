#include "check.h"
#include "encode.h"
#include "text.h"

/* RFC 4648 section 10, and all byte values at the seams. */
static const struct {
    const char *plain;
    size_t len;
    const char *coded;
} pairs[] = {
    {"", 0, ""},
    {"f", 1, "Zg=="},
    {"fo", 2, "Zm8="},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg=="},
    {"fooba", 5, "Zm9vYmE="},
    {"foobar", 6, "Zm9vYmFy"},
    {"\0ann\0secret", 11, "AGFubgBzZWNyZXQ="},
    {"\xff\xfe\xfd\xfb\xef\xbe", 6, "//79++++"},
    {"\xff", 1, "/w=="},
};

static void test_base64(void)
{
    stralloc out = STRALLOC_ZERO;
    size_t i;

    for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        text_set_string(&out, "before ");
        base64_encode(&out, pairs[i].plain, pairs[i].len);
        CHECK_STRING(text_string(&out) + 7, pairs[i].coded);
        text_set_string(&out, "before ");
        CHECK_NUMBER(base64_decode(&out, pairs[i].coded, strlen(pairs[i].coded)), 0);
        CHECK_NUMBER(out.len, 7 + pairs[i].len);
        CHECK(memcmp(out.s + 7, pairs[i].plain, pairs[i].len) == 0);
    }
    text_free(&out);
}

static void test_bad_base64(void)
{
    static const char *const bad[] = {
        "Z",    "Zg",       "Zg=",  "Zg==Zg==",   "Zm9=v===", "====",     "Z===",
        "=AAA", "Zm9v\n",   " Zm9", "Zm9-",       "Zm9_",     "Zm 9",     "Zh==",
        "Zm9=", "Zm9v====", "Zg=A", "\xc3\xa9zz", "Zm9vZ===", "Zg==Zm9v",
    };
    stralloc out = STRALLOC_ZERO;
    size_t i;

    text_set_string(&out, "kept");
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_NUMBER(base64_decode(&out, bad[i], strlen(bad[i])), -1);
        CHECK_STRING(text_string(&out), "kept");
    }
    CHECK_NUMBER(base64_decode(&out, "Zm\0v", 4), -1);
    text_free(&out);
}

static void test_every_byte(void)
{
    stralloc coded = STRALLOC_ZERO, plain = STRALLOC_ZERO;
    char all[256];
    int i;

    for (i = 0; i < 256; i++) {
        all[i] = (char)i;
    }
    base64_encode(&coded, all, sizeof all);
    CHECK(base64_decode(&plain, coded.s, coded.len) == 0);
    CHECK(plain.len == 256 && memcmp(plain.s, all, 256) == 0);
    text_clear(&coded);
    text_clear(&plain);
    xtext_encode(&coded, all, sizeof all);
    CHECK(xtext_is_valid(coded.s, coded.len));
    CHECK(xtext_decode(&plain, coded.s, coded.len) == 0);
    CHECK(plain.len == 256 && memcmp(plain.s, all, 256) == 0);
    text_free(&coded);
    text_free(&plain);
}

static void test_xtext(void)
{
    static const char *const bad[] = {"a b", "a+", "a+2",  "a+2b",    "a+G0",
                                      "a=b", "\t", "\x7f", "\xc3\xa9"};
    stralloc out = STRALLOC_ZERO;
    size_t i;

    xtext_encode(&out, "a+b=c d\n~!", 10);
    CHECK_STRING(text_string(&out), "a+2Bb+3Dc+20d+0A~!");
    text_clear(&out);
    CHECK(xtext_decode(&out, "a+2Bb+3D+00", 11) == 0);
    CHECK(out.len == 5 && memcmp(out.s, "a+b=\0", 5) == 0);
    CHECK(xtext_is_valid("", 0));
    text_set_string(&out, "kept");
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(!xtext_is_valid(bad[i], strlen(bad[i])));
        CHECK_NUMBER(xtext_decode(&out, bad[i], strlen(bad[i])), -1);
    }
    CHECK_STRING(text_string(&out), "kept");
    text_free(&out);
}

/* One bit at a time, as the polynomial says: what any table has to agree with. */
static uint32_t slow_crc(const unsigned char *p, size_t len)
{
    uint32_t crc = 0xffffffff;
    int bit;

    for (; len > 0; p++, len--) {
        crc ^= *p;
        for (bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
        }
    }
    return ~crc;
}

/* RFC 3720 section B.4, every length and alignment, and any cut into two. */
/* Of 1,024 bytes on, crc32c goes by words, of 32,768 in all by the processor's own
 * instruction: the first ten calls here, and the rest. */
static void test_long_crc(void)
{
    static unsigned char bytes[5000];
    size_t i;

    for (i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * i % 251);
    }
    for (i = 0; i < 10; i++) {
        CHECK_NUMBER(crc32c(0, bytes + i, 1024 + i), slow_crc(bytes + i, 1024 + i));
    }
    for (i = 0; i < 10; i++) {
        uint32_t first = crc32c(0, bytes, 1500 + i);
        CHECK_NUMBER(crc32c(first, bytes + 1500 + i, sizeof bytes - 1500 - i),
                     slow_crc(bytes, sizeof bytes));
    }
}

static void test_crc(void)
{
    unsigned char bytes[200];
    size_t i, from;

    CHECK_NUMBER(crc32c(0, "", 0), 0);
    CHECK_NUMBER(crc32c(0, "123456789", 9), 0xe3069283);
    memset(bytes, 0, 32);
    CHECK_NUMBER(crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, 32);
    CHECK_NUMBER(crc32c(0, bytes, 32), 0x62a8ab43);
    for (i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 37 + 11);
    }
    for (from = 0; from < 9; from++) {
        for (i = 0; i + from <= 70; i++) {
            CHECK_NUMBER(crc32c(0, bytes + from, i), slow_crc(bytes + from, i));
        }
    }
    for (i = 0; i <= sizeof bytes; i++) {
        uint32_t first = crc32c(0, bytes, i);
        CHECK_NUMBER(crc32c(first, bytes + i, sizeof bytes - i),
                     slow_crc(bytes, sizeof bytes));
    }
}

static void test_names(void)
{
    char one[RANDOM_NAME_LEN + 1], two[RANDOM_NAME_LEN + 1];
    int seen[RANDOM_NAME_LEN] = {0};
    int i, k;

    CHECK_NUMBER(random_name(one), 0);
    for (i = 0; i < 200; i++) {
        CHECK_NUMBER(random_name(two), 0);
        CHECK_NUMBER(strlen(two), RANDOM_NAME_LEN);
        CHECK_NUMBER(strspn(two, "abcdefghijklmnopqrstuvwxyz234567"), RANDOM_NAME_LEN);
        CHECK(strcmp(one, two) != 0);
        for (k = 0; k < RANDOM_NAME_LEN; k++) {
            seen[k] |= one[k] != two[k];
        }
        memcpy(one, two, sizeof one);
    }
    for (k = 0; k < RANDOM_NAME_LEN; k++) {
        CHECK(seen[k]); /* every place changes */
    }
}

int main(void)
{
    test_base64();
    test_bad_base64();
    test_every_byte();
    test_xtext();
    test_long_crc();
    test_crc();
    test_names();
    return check_report();
}
