/* Address lists of header fields: what is called an address and is one, breaks no line
 * of the queue file; a list of canonical addresses gives them back.
 * fuzz-options: -max_len=160 */
#include "../../qinject/addresslist.h"

#include "address.h"
#include "fuzz.h"
#include "text.h"

struct found {
    stralloc list; /* the right ones, parted by commas */
    size_t count, bytes;
};

static void take(const char *address, size_t len, void *data)
{
    static stralloc canonical;
    struct found *found = data;

    REQUIRE(len > 0);
    found->bytes += len;
    if (address_parse(address, len, ADDRESS_MAY_BE_UTF8 | ADDRESS_MAY_LACK_DOMAIN,
                      &canonical) == ADDRESS_OK) {
        REQUIRE(!fuzz_has_control(canonical.s, canonical.len));
        text_add_string(&found->list, found->count++ ? ", <" : "<");
        text_add_bytes(&found->list, canonical.s, canonical.len);
        text_add_byte(&found->list, '>');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct found first, again, claimed;

    text_clear(&first.list);
    text_clear(&again.list);
    first.count = first.bytes = again.count = again.bytes = 0;
    addresslist_each((const char *)data, size, take, &first);
    /* Nothing is made up: an unended comment is replaced by its one byte. */
    REQUIRE(first.bytes <= size);
    claimed.count = claimed.bytes = 0;
    text_clear(&claimed.list);
    addresslist_each_claim((const char *)data, size, take, &claimed);
    REQUIRE(claimed.count >= first.count && claimed.bytes <= 2 * size);
    addresslist_each(first.list.s, first.list.len, take, &again);
    REQUIRE(again.count == first.count && again.list.len == first.list.len);
    REQUIRE(first.count == 0 ||
            memcmp(again.list.s, first.list.s, first.list.len) == 0);
    return 0;
}
