/* SCRAM-SHA-256 on the server's side: whatever a client sends, its messages are taken
 * apart within themselves, the challenge is well formed, and nothing but a proof lets
 * it in; stored keys that are right are written as they were. First byte: 0 messages, 1
 * keys. The two messages of the client are parted by an LF. fuzz-options: -max_len=400
 */
#include "scram.h"

#include "../../checkpw/scram_exchange.h"
#include "encode.h"
#include "fuzz.h"
#include "text.h"

#define KEYS                                                                           \
    "SCRAM-SHA-256$1:W22ZaJ0SNY7soEsUEjb6gQ==$"                                        \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT"                                         \
    "4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static void check_keys(const char *bytes, size_t len)
{
    static stralloc again;
    struct scram_keys keys, same;
    char *text = fuzz_string(bytes, len);

    if (scram_keys_parse(text, &keys) == 0) {
        REQUIRE(keys.iterations > 0 && keys.salt_len > 0);
        REQUIRE(keys.salt_len <= SCRAM_SALT_MAX);
        text_clear(&again);
        scram_keys_format(&keys, &again);
        REQUIRE(scram_keys_parse(text_string(&again), &same) == 0);
        REQUIRE(same.iterations == keys.iterations && same.salt_len == keys.salt_len);
        REQUIRE(memcmp(same.stored, keys.stored, SHA256_SIZE) == 0);
        REQUIRE(memcmp(same.server, keys.server, SHA256_SIZE) == 0);
    }
    free(text);
}

static void check_final(const char *bytes, size_t len)
{
    struct scram_final final;

    if (scram_final_parse(bytes, len, &final) == 0) {
        REQUIRE(final.binding >= bytes &&
                final.binding + final.binding_len < bytes + len);
        REQUIRE(final.nonce > final.binding &&
                final.nonce + final.nonce_len < bytes + len);
        REQUIRE(final.unproven_len < len);
        REQUIRE(memcmp(bytes + final.unproven_len, ",p=", 3) == 0);
    }
}

static void check_challenge(const struct scram_exchange *exchange)
{
    const char *text = exchange->answer.s;
    size_t nonce = exchange->first.nonce_len;

    REQUIRE(!fuzz_has_control(text, exchange->answer.len));
    REQUIRE(strncmp(text, "r=", 2) == 0 && strlen(text) == exchange->answer.len);
    REQUIRE(memcmp(text + 2, exchange->first.nonce, nonce) == 0);
    REQUIRE(strncmp(text + 2 + nonce + 24, ",s=", 3) == 0);
}

static void check_messages(const char *bytes, size_t len)
{
    static const struct scram_binding bindings[] = {{NULL, NULL, 0, 0},
                                                    {"tls-exporter", "0123", 4, 0}};
    const char *lf = memchr(bytes, '\n', len);
    size_t first_len = lf ? (size_t)(lf - bytes) : len;
    const char *last = lf ? lf + 1 : bytes + len;
    size_t last_len = len - (size_t)(last - bytes);
    static stralloc out;
    size_t i;

    check_final(last, last_len);
    for (i = 0; i < 2; i++) {
        struct scram_exchange exchange = {.binding = {0}};
        if (scram_exchange_begin(&exchange, &bindings[i], bytes, first_len) == 0) {
            REQUIRE(exchange.first.header_len < first_len && *exchange.first.user);
            REQUIRE((exchange.first.flag == 'p') == (i == 1));
            scram_exchange_take_keys(&exchange, i ? KEYS : NULL, exchange.first.user,
                                     "secret");
            REQUIRE(scram_exchange_challenge(&exchange) == 0);
            check_challenge(&exchange);
            /* Our half of the nonce was not known when the last message was made. */
            REQUIRE(scram_exchange_finish(&exchange, last, last_len, &out) == -1);
        }
        scram_exchange_free(&exchange);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_open(data, size);

    if (fuzz_byte(&input) % 2) {
        check_keys(input.at, input.left);
    } else {
        check_messages(input.at, input.left);
    }
    return 0;
}
