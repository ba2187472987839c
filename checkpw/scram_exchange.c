#include "scram_exchange.h"

#include "encode.h"
#include "text.h"

#include <string.h>
#include <sys/random.h>

#define NONCE_BYTES 18

int scram_exchange_begin(struct scram_exchange *exchange,
                         const struct scram_binding *binding, const char *message,
                         size_t len)
{
    const struct scram_first *first = &exchange->first;

    exchange->binding = *binding;
    text_clear(&exchange->opening);
    text_add_bytes(&exchange->opening, message, len);
    text_string(&exchange->opening);
    if (scram_first_parse(exchange->opening.s, len, &exchange->first) < 0) {
        return -1;
    }
    /* Bound to what we know, or not at all; who could but was told that we can't
     * ("y") has been told so by somebody in between. */
    if (binding->name) {
        return first->flag == 'p' && strcmp(first->binding, binding->name) == 0 ? 0
                                                                                : -1;
    }
    return first->flag == 'p' || (first->flag == 'y' && binding->is_possible) ? -1 : 0;
}

int scram_exchange_take_keys(struct scram_exchange *exchange, const char *keys,
                             const char *name, const char *secret)
{
    struct scram_keys *out = &exchange->keys;
    unsigned char made[SHA256_SIZE];

    if (keys && scram_keys_parse(keys, out) == 0) {
        return 1;
    }
    hmac_sha256((const unsigned char *)secret, strlen(secret), name, strlen(name),
                made);
    memset(out, 0, sizeof *out);
    out->iterations = SCRAM_ITERATIONS;
    out->salt_len = SCRAM_SALT_SIZE;
    memcpy(out->salt, made, SCRAM_SALT_SIZE);
    /* No proof leads to this key: it would have to be a hash of what makes it. */
    hmac_sha256(made, sizeof made, secret, strlen(secret), out->stored);
    return 0;
}

int scram_exchange_challenge(struct scram_exchange *exchange)
{
    const struct scram_first *first = &exchange->first;
    char bytes[NONCE_BYTES];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return -1;
    }
    text_clear(&exchange->answer);
    text_add_string(&exchange->answer, "r=");
    text_add_bytes(&exchange->answer, first->nonce, first->nonce_len);
    base64_encode(&exchange->answer, bytes, sizeof bytes);
    text_add_string(&exchange->answer, ",s=");
    base64_encode(&exchange->answer, (const char *)exchange->keys.salt,
                  exchange->keys.salt_len);
    text_add_format(&exchange->answer, ",i=%lu", exchange->keys.iterations);
    text_string(&exchange->answer);
    return 0;
}

/* The header of the first message, and what the connection is bound to. */
static int is_bound(const struct scram_exchange *exchange,
                    const struct scram_final *final)
{
    stralloc header = STRALLOC_ZERO;
    stralloc expected = STRALLOC_ZERO;
    int result;

    text_add_bytes(&header, exchange->opening.s, exchange->first.header_len);
    if (exchange->first.flag == 'p') {
        text_add_bytes(&header, exchange->binding.data, exchange->binding.len);
    }
    base64_encode(&expected, header.s, header.len);
    result = expected.len == final->binding_len &&
             memcmp(expected.s, final->binding, expected.len) == 0;
    text_free(&header);
    text_free(&expected);
    return result;
}

/* Both halves, as our first message has them behind "r=". */
static int is_same_nonce(const struct scram_exchange *exchange,
                         const struct scram_final *final)
{
    size_t len = strcspn(exchange->answer.s + 2, ",");

    return len == final->nonce_len &&
           memcmp(exchange->answer.s + 2, final->nonce, len) == 0;
}

static int are_equal(const unsigned char a[SHA256_SIZE],
                     const unsigned char b[SHA256_SIZE])
{
    volatile unsigned char difference = 0;
    int i;

    for (i = 0; i < SHA256_SIZE; i++) {
        difference |= (unsigned char)(a[i] ^ b[i]);
    }
    return difference == 0;
}

/* 1 where the proof shows the key whose hash is stored. */
static int is_proven(const struct scram_exchange *exchange,
                     const struct scram_final *final, const stralloc *transcript)
{
    unsigned char key[SHA256_SIZE], hash[SHA256_SIZE];
    int result, i;

    hmac_sha256(exchange->keys.stored, SHA256_SIZE, transcript->s, transcript->len,
                key);
    for (i = 0; i < SHA256_SIZE; i++) {
        key[i] ^= final->proof[i];
    }
    sha256_make(key, sizeof key, hash);
    result = are_equal(hash, exchange->keys.stored);
    explicit_bzero(key, sizeof key);
    return result;
}

int scram_exchange_finish(struct scram_exchange *exchange, const char *message,
                          size_t len, stralloc *out)
{
    const struct scram_first *first = &exchange->first;
    unsigned char signature[SHA256_SIZE];
    stralloc transcript = STRALLOC_ZERO;
    struct scram_final final;
    int result = -1;

    if (scram_final_parse(message, len, &final) < 0) {
        return -1;
    }
    text_add_bytes(&transcript, exchange->opening.s + first->header_len,
                   exchange->opening.len - first->header_len);
    text_add_byte(&transcript, ',');
    text_add_bytes(&transcript, exchange->answer.s, exchange->answer.len);
    text_add_byte(&transcript, ',');
    text_add_bytes(&transcript, message, final.unproven_len);
    if (is_proven(exchange, &final, &transcript) && is_bound(exchange, &final) &&
        is_same_nonce(exchange, &final)) {
        hmac_sha256(exchange->keys.server, SHA256_SIZE, transcript.s, transcript.len,
                    signature);
        text_clear(out);
        text_add_string(out, "v=");
        base64_encode(out, (const char *)signature, sizeof signature);
        text_string(out);
        result = 0;
    }
    text_free(&transcript);
    return result;
}

void scram_exchange_free(struct scram_exchange *exchange)
{
    text_free(&exchange->opening);
    text_free(&exchange->answer);
    explicit_bzero(exchange, sizeof *exchange);
}
