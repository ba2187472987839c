/* Address lists of header fields: what is called an address and is one, breaks no line
 * of the queue file; a list of canonical addresses gives them back; where all claims
 * are addresses, no '@' stands outside quoted strings and comments that was not given.
 * fuzz-options: -max_len=160 */
#include "../../qinject/addresslist.h"

#include "address.h"
#include "fuzz.h"
#include "text.h"

struct found {
    stralloc list; /* the right ones, parted by commas */
    size_t count, calls, bytes;
};

static void take(const char *address, size_t len, void *data)
{
    static stralloc canonical;
    struct found *found = data;

    REQUIRE(len > 0);
    found->calls++;
    found->bytes += len;
    if (address_parse(address, len, ADDRESS_MAY_BE_UTF8 | ADDRESS_MAY_LACK_DOMAIN,
                      &canonical) == ADDRESS_OK) {
        REQUIRE(!fuzz_has_control(canonical.s, canonical.len));
        text_add_string(&found->list, found->count++ ? ", <" : "<");
        text_add_bytes(&found->list, canonical.s, canonical.len);
        text_add_byte(&found->list, '>');
    }
}

/* Where the quoted string or comment that begins at AT has ended. */
static size_t skip(const char *list, size_t len, size_t at)
{
    char first = list[at++], last = first == '"' ? '"' : ')';
    int depth = 1;

    while (at < len && depth > 0) {
        if (list[at] == '\\') {
            at++;
        } else if (list[at] == last) {
            depth--;
        } else if (list[at] == '(' && first == '(') {
            depth++;
        }
        at++;
    }
    return at;
}

/* Counts each '@' outside quoted strings and comments, but those of source routes,
 * which follow a '<' or a comma. */
static size_t count_claims(const char *list, size_t len)
{
    size_t at = 0, count = 0;
    int is_route = 0;
    char last = 0;

    while (at < len) {
        char byte = list[at];
        if (byte == '"' || byte == '(') {
            at = skip(list, len, at);
            last = byte == '"' ? byte : last;
            continue;
        }
        is_route =
            (is_route && byte != ':' && byte != '>') || (byte == '@' && last == '<');
        count += byte == '@' && !(is_route && (last == '<' || last == ','));
        last = strchr(" \t\r\n", byte) && byte ? last : byte;
        at++;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct found first, again, claimed;

    text_clear(&first.list);
    text_clear(&again.list);
    first.count = first.calls = first.bytes = again.count = 0;
    addresslist_each((const char *)data, size, take, &first);
    /* Nothing is made up: an unended comment is replaced by its one byte. */
    REQUIRE(first.bytes <= size);
    claimed.count = claimed.calls = claimed.bytes = 0;
    text_clear(&claimed.list);
    addresslist_each_claim((const char *)data, size, take, &claimed);
    REQUIRE(claimed.calls >= first.calls && claimed.bytes <= 2 * size);
    REQUIRE(claimed.count < claimed.calls ||
            count_claims((const char *)data, size) <= claimed.calls);
    addresslist_each(first.list.s, first.list.len, take, &again);
    REQUIRE(again.count == first.count && again.list.len == first.list.len);
    REQUIRE(first.count == 0 ||
            memcmp(again.list.s, first.list.s, first.list.len) == 0);
    return 0;
}
