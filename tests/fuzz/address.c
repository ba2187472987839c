/* Addresses: what is taken has one canonical form, which is taken again, stays as it
 * is, and breaks no line and no command. The first byte holds the flags.
 * fuzz-options: -max_len=160 */
#include "address.h"

#include "fuzz.h"
#include "recipient.h"
#include "text.h"

/* U+0080 to U+009F. */
static int has_c1(const char *text)
{
    for (; *text; text++) {
        if (text[0] == '\xc2' && (unsigned char)text[1] < 0xa0) {
            return 1;
        }
    }
    return 0;
}

static void check_canonical(const stralloc *address, unsigned flags)
{
    static stralloc again, path;
    const char *text = address->s;
    const char *domain = address_domain(text);
    size_t used, target_len;
    const char *rest = text;

    REQUIRE(strlen(text) == address->len && address->len <= 254);
    REQUIRE(!fuzz_has_control(text, address->len) && !has_c1(text));
    REQUIRE((flags & ADDRESS_MAY_BE_UTF8) || !address_is_utf8(text));
    if (address->len == 0) {
        REQUIRE(flags & ADDRESS_MAY_BE_NULL);
        return;
    }
    REQUIRE(domain || (flags & (ADDRESS_MAY_LACK_DOMAIN | ADDRESS_MAY_BE_POSTMASTER)));
    REQUIRE(!domain || address_is_domain(domain, strlen(domain), ADDRESS_MAY_BE_UTF8));
    REQUIRE(address_parse(text, address->len, flags, &again) == ADDRESS_OK);
    REQUIRE(strcmp(again.s, text) == 0);
    text_set_string(&path, "<");
    text_add_string(&path, text);
    text_add_string(&path, "> X=1");
    REQUIRE(address_parse_path(path.s, path.len, flags, &again, &used) == ADDRESS_OK);
    REQUIRE(strcmp(again.s, text) == 0 && used == address->len + 2);
    /* As a target of an alias it is one. */
    if (domain) {
        REQUIRE(recipient_next_target(&rest, &target_len) == text);
        REQUIRE(target_len == address->len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static stralloc address;
    struct fuzz_input input = fuzz_open(data, size);
    unsigned flags = fuzz_byte(&input) & 15;
    size_t used = 0;

    if (address_parse(input.at, input.left, flags, &address) == ADDRESS_OK) {
        check_canonical(&address, flags);
    }
    if (address_parse_path(input.at, input.left, flags, &address, &used) ==
        ADDRESS_OK) {
        REQUIRE(used >= 2 && used <= input.left && input.at[used - 1] == '>');
        check_canonical(&address, flags);
    }
    (void)address_is_domain(input.at, input.left, flags);
    (void)address_is_literal(input.at, input.left);
    return 0;
}
