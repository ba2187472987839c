/* Replies of remote servers, line by line, and what their EHLO offers: bounded, one
 * line, no control bytes (CVE-2020-8794). First byte: where the pieces part.
 * fuzz-options: -max_len=256 */
#include "../../qremote/reply.h"

#include "../../qremote/capability.h"
#include "fuzz.h"

static void check_reply(const struct reply *reply, int result)
{
    REQUIRE(result >= -1 && result <= 1);
    if (result < 0 && reply->code == 0) {
        return;
    }
    REQUIRE(reply->code >= 200 && reply->code <= 599);
    REQUIRE(reply->lines >= 1 && reply->lines <= REPLY_LINES_MAX + 1);
    REQUIRE(reply->text.len <= REPLY_TEXT_MAX + 1);
    REQUIRE(strlen(reply->text.s) == reply->text.len);
    REQUIRE(!fuzz_has_control(reply->text.s, reply->text.len));
    REQUIRE(strlen(reply->enhanced) >= 5 &&
            strlen(reply->enhanced) < sizeof reply->enhanced);
    REQUIRE(strspn(reply->enhanced, "0123456789.") == strlen(reply->enhanced));
    REQUIRE(reply->enhanced[0] == '0' + reply->code / 100);
    REQUIRE(strchr("KZD", reply_status(reply)));
    REQUIRE((reply_status(reply) == 'K') == (reply->code < 300));
    (void)reply_is_too_many(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reply reply;
    struct capabilities capabilities = {0};
    struct fuzz_input input = fuzz_open(data, size);
    int result = 0;

    reply_begin(&reply);
    while (input.left > 0 && result == 0) {
        size_t len;
        const char *start = fuzz_until(&input, '\n', &len);
        char *line = malloc(len + 1);
        memcpy(line, start, len);
        if (reply.lines > 0 && len > 4) {
            capability_take_line(&capabilities, line + 4, len - 4);
        }
        result = reply_take_line(&reply, line, len);
        check_reply(&reply, result);
        free(line);
    }
    REQUIRE(capabilities.has_size || capabilities.size == 0);
    return 0;
}
