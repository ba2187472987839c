/* base64 and xtext: strict, and each the other's way back.
 * fuzz-options: -max_len=128 */
#include "encode.h"

#include "fuzz.h"
#include "text.h"

static int is_same(const stralloc *text, const char *bytes, size_t len)
{
    return text->len == len && (len == 0 || memcmp(text->s, bytes, len) == 0);
}

/* What decodes is the one way to write that. */
static void check_base64(const char *bytes, size_t len)
{
    static stralloc plain, again;

    text_set_string(&plain, "before");
    text_clear(&again);
    if (base64_decode(&plain, bytes, len) == 0) {
        REQUIRE(plain.len <= 6 + len / 4 * 3);
        base64_encode(&again, plain.s + 6, plain.len - 6);
        REQUIRE(is_same(&again, bytes, len));
    } else {
        REQUIRE(is_same(&plain, "before", 6));
    }
    text_clear(&plain);
    text_clear(&again);
    base64_encode(&plain, bytes, len);
    REQUIRE(plain.len == (len + 2) / 3 * 4);
    REQUIRE(base64_decode(&again, plain.s, plain.len) == 0);
    REQUIRE(is_same(&again, bytes, len));
}

static void check_xtext(const char *bytes, size_t len)
{
    static stralloc plain, again;
    int result;

    text_clear(&plain);
    text_clear(&again);
    result = xtext_decode(&plain, bytes, len);
    REQUIRE((result == 0) == xtext_is_valid(bytes, len));
    REQUIRE(result == 0 || plain.len == 0);
    REQUIRE(plain.len <= len);
    text_clear(&plain);
    xtext_encode(&plain, bytes, len);
    REQUIRE(!fuzz_has_control(plain.s, plain.len));
    REQUIRE(plain.len <= 3 * len && xtext_is_valid(plain.s, plain.len));
    REQUIRE(xtext_decode(&again, plain.s, plain.len) == 0);
    REQUIRE(is_same(&again, bytes, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_base64((const char *)data, size);
    check_xtext((const char *)data, size);
    return 0;
}
