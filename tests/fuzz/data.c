/* The message after DATA or BDAT: parted in any way it means the same, only CRLF "."
 * CRLF ends it, and no CR, NUL or unnoticed fault comes out. What qremote sends comes
 * in as it was. First byte: kind; second: size of the pieces.
 * fuzz-options: -max_len=72 */
#include "../../smtpd/data.h"

#include "../../qremote/wire.h"
#include "fuzz.h"
#include "text.h"

#define LINE_LIMIT 40

struct result {
    char *bytes;
    size_t len, taken;
    struct data_parser parser;
};

static void convert(struct result *result, int has_dots, const char *bytes, size_t len,
                    size_t piece)
{
    size_t room = 2 * len + 8, out;

    result->bytes = malloc(room);
    result->len = result->taken = 0;
    data_open(&result->parser, has_dots, LINE_LIMIT);
    while (result->taken < len && result->parser.state != DATA_END) {
        size_t part = len - result->taken < piece ? len - result->taken : piece;
        size_t took = data_convert(&result->parser, bytes + result->taken, part,
                                   result->bytes + result->len, &out);
        REQUIRE(took == part || result->parser.state == DATA_END);
        REQUIRE(out <= DATA_ROOM(part));
        result->len += out;
        result->taken += took;
    }
    if (!has_dots) {
        data_finish(&result->parser, result->bytes + result->len, &out);
        REQUIRE(out <= DATA_ROOM(0));
        result->len += out;
    }
}

/* The end of the first CRLF "." CRLF, or of "." CRLF at the very start; LEN for none.
 */
static size_t find_end(const char *bytes, size_t len)
{
    size_t i;

    if (len >= 3 && memcmp(bytes, ".\r\n", 3) == 0) {
        return 3;
    }
    for (i = 0; i + 5 <= len; i++) {
        if (memcmp(bytes + i, "\r\n.\r\n", 5) == 0) {
            return i + 5;
        }
    }
    return 0;
}

static int has_bare(const char *bytes, size_t len, unsigned fault)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if ((fault == DATA_NUL && bytes[i] == '\0') ||
            (fault == DATA_BARE_CR && bytes[i] == '\r' &&
             (i + 1 == len || bytes[i + 1] != '\n')) ||
            (fault == DATA_BARE_LF && bytes[i] == '\n' &&
             (i == 0 || bytes[i - 1] != '\r'))) {
            return 1;
        }
    }
    return 0;
}

static void check_result(const struct result *result, int has_dots, const char *bytes,
                         size_t len)
{
    size_t end = has_dots ? find_end(bytes, len) : 0;
    size_t whole = end ? end : len;

    REQUIRE(result->taken == whole);
    REQUIRE(!has_dots || (result->parser.state == DATA_END) == (end > 0));
    REQUIRE(!memchr(result->bytes, '\r', result->len));
    REQUIRE(!memchr(result->bytes, '\0', result->len));
    if (result->parser.state == DATA_END) {
        REQUIRE(result->len == 0 || result->bytes[result->len - 1] == '\n');
        REQUIRE(!(result->parser.faults & DATA_NUL) ==
                !has_bare(bytes, whole, DATA_NUL));
        REQUIRE(!(result->parser.faults & DATA_BARE_CR) ==
                !has_bare(bytes, whole, DATA_BARE_CR));
        REQUIRE(!(result->parser.faults & DATA_BARE_LF) ==
                !has_bare(bytes, whole, DATA_BARE_LF));
    }
    REQUIRE(result->parser.octets <= whole);
}

/* The parser and lib/header.h see the same TLS-Required. */
static void check_tls_required(const struct result *result)
{
    if (result->parser.state == DATA_END) {
        size_t len = header_section_length(result->bytes, result->len);
        REQUIRE(data_is_tls_optional(&result->parser) ==
                header_is_tls_optional(result->bytes, len));
    }
}

/* The message as qremote sends it, in pieces, comes in whole and without a fault. */
static void check_wire(const char *bytes, size_t len, size_t piece)
{
    static stralloc sent;
    struct wire wire = {0};
    struct result result;
    size_t at, i;

    text_clear(&sent);
    for (at = 0; at < len; at += piece) {
        wire_encode(&wire, &sent, bytes + at, len - at < piece ? len - at : piece);
    }
    wire_end(&wire, &sent);
    convert(&result, 1, sent.s, sent.len, piece);
    REQUIRE(result.parser.state == DATA_END && result.taken == sent.len);
    REQUIRE(!(result.parser.faults & DATA_BARE_FAULTS));
    REQUIRE(result.len == len + (len > 0 && bytes[len - 1] != '\n'));
    for (i = 0; i < len; i++) {
        int is_changed = bytes[i] == '\r' || bytes[i] == '\0';
        REQUIRE(result.bytes[i] == (is_changed ? ' ' : bytes[i]));
    }
    free(result.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);
    int has_dots = fuzz_byte(&input) & 1;
    size_t piece = 1 + fuzz_byte(&input) % 16;
    struct result whole, pieces;

    convert(&whole, has_dots, input.at, input.left, input.left + 1);
    convert(&pieces, has_dots, input.at, input.left, piece);
    check_result(&whole, has_dots, input.at, input.left);
    check_tls_required(&whole);
    REQUIRE(pieces.taken == whole.taken && pieces.len == whole.len);
    REQUIRE(memcmp(pieces.bytes, whole.bytes, whole.len) == 0);
    REQUIRE(memcmp(&pieces.parser, &whole.parser, sizeof whole.parser) == 0);
    check_wire(input.at, input.left, piece);
    free(whole.bytes);
    free(pieces.bytes);
    return 0;
}
