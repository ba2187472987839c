/* TLSRPT records (RFC 8460 section 3): what is taken is addresses and URIs that can go
 * into a line of a file, and into a message's header. fuzz-options: -max_len=300 */
#include "../../qsend/tlsrpt.h"

#include "address.h"
#include "fuzz.h"
#include "text.h"

static void check_address(const char *address, size_t len)
{
    stralloc again = STRALLOC_ZERO;

    REQUIRE(address_parse(address, len, 0, &again) == ADDRESS_OK);
    REQUIRE(again.len == len && memcmp(again.s, address, len) == 0);
    text_free(&again);
}

static void check_uri(const char *uri, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        REQUIRE(uri[i] > ' ' && uri[i] <= '~' && !strchr("<>\"\\;", uri[i]));
    }
    if (len > 7 && memcmp(uri, "mailto:", 7) == 0) {
        check_address(uri + 7, len - 7);
    } else {
        REQUIRE(len > 8 && memcmp(uri, "https://", 8) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static stralloc field;
    const char *at;
    int is_record = tlsrpt_parse((const char *)data, size, &field);

    REQUIRE(field.len <= TLSRPT_FIELD_MAX && (is_record || field.len == 0));
    REQUIRE(!is_record || (size >= 10 && memmem(data, size, "v=TLSRPTv1", 10)));
    at = text_string(&field);
    while (*at) {
        size_t len = strcspn(at, ",");
        check_uri(at, len);
        at += len;
        REQUIRE(*at == '\0' || at[1] != '\0');
        at += *at == ',';
    }
    return 0;
}
