#include "scram_client.h"

#include "encode.h"
#include "text.h"

#include <string.h>

/* What comes before the bare message (RFC 5802 section 7, gs2-header). */
static void add_header(const struct scram_client *client, stralloc *out)
{
    if (client->binding) {
        text_add_format(out, "p=%s,,", client->binding);
    } else {
        text_add_string(out, client->could_bind ? "y,," : "n,,");
    }
}

void scram_client_begin(struct scram_client *client, const char *user, size_t user_len,
                        const char *nonce, stralloc *out)
{
    size_t i;

    text_set_string(&client->bare, "n=");
    for (i = 0; i < user_len; i++) {
        if (user[i] == ',' || user[i] == '=') {
            text_add_string(&client->bare, user[i] == ',' ? "=2C" : "=3D");
        } else {
            text_add_byte(&client->bare, user[i]);
        }
    }
    text_add_format(&client->bare, ",r=%s", nonce);
    add_header(client, out);
    text_add_bytes(out, client->bare.s, client->bare.len);
}

/* Ours stands at its beginning, and something behind it. */
static int answers_nonce(const struct scram_client *client,
                         const struct scram_challenge *challenge)
{
    const char *bare = client->bare.s;
    const char *ours = (const char *)memmem(bare, client->bare.len, ",r=", 3) + 3;
    size_t len = (size_t)(bare + client->bare.len - ours);

    return challenge->nonce_len > len && memcmp(challenge->nonce, ours, len) == 0;
}

static enum scram_client_end judge(const struct scram_client *client,
                                   const struct scram_challenge *challenge)
{
    if (!answers_nonce(client, challenge)) {
        return SCRAM_CLIENT_NONCE;
    }
    if (challenge->iterations < SCRAM_CLIENT_ITERATIONS_LEAST) {
        return SCRAM_CLIENT_FEW;
    }
    return challenge->iterations > SCRAM_CLIENT_ITERATIONS_MOST ? SCRAM_CLIENT_MANY
                                                                : SCRAM_CLIENT_DONE;
}

/* Appends the last message but its proof. */
static void add_unproven(const struct scram_client *client,
                         const struct scram_challenge *challenge, stralloc *out)
{
    stralloc bound = STRALLOC_ZERO;

    add_header(client, &bound);
    if (client->binding) {
        text_add_bytes(&bound, client->bound, client->bound_len);
    }
    text_add_string(out, "c=");
    base64_encode(out, bound.s, bound.len);
    text_add_string(out, ",r=");
    text_add_bytes(out, challenge->nonce, challenge->nonce_len);
    text_free(&bound);
}

/* Makes the proof, and what the server has to answer it with, for what both sides have
 * said (RFC 5802 section 3). */
static void prove(struct scram_client *client, const struct scram_challenge *challenge,
                  const char *password, size_t password_len, const stralloc *said,
                  unsigned char proof[SHA256_SIZE])
{
    unsigned char salted[SHA256_SIZE], key[SHA256_SIZE], stored[SHA256_SIZE];
    size_t i;

    pbkdf2_sha256(password, password_len, challenge->salt, challenge->salt_len,
                  challenge->iterations, salted);
    hmac_sha256(salted, sizeof salted, "Client Key", 10, key);
    sha256_make(key, sizeof key, stored);
    hmac_sha256(stored, sizeof stored, said->s, said->len, proof);
    for (i = 0; i < SHA256_SIZE; i++) {
        proof[i] ^= key[i];
    }
    hmac_sha256(salted, sizeof salted, "Server Key", 10, key);
    hmac_sha256(key, sizeof key, said->s, said->len, client->signature);
    explicit_bzero(salted, sizeof salted);
    explicit_bzero(key, sizeof key);
    explicit_bzero(stored, sizeof stored);
}

enum scram_client_end scram_client_answer(struct scram_client *client,
                                          const char *challenge, size_t len,
                                          const char *password, size_t password_len,
                                          stralloc *out)
{
    struct scram_challenge parsed;
    stralloc said = STRALLOC_ZERO;
    unsigned char proof[SHA256_SIZE];
    enum scram_client_end end;
    size_t before = out->len;

    if (scram_challenge_parse(challenge, len, &parsed) < 0) {
        return SCRAM_CLIENT_NONSENSE;
    }
    end = judge(client, &parsed);
    if (end != SCRAM_CLIENT_DONE) {
        return end;
    }
    add_unproven(client, &parsed, out);
    text_add_bytes(&said, client->bare.s, client->bare.len);
    text_add_byte(&said, ',');
    text_add_bytes(&said, challenge, len);
    text_add_byte(&said, ',');
    text_add_bytes(&said, out->s + before, out->len - before);
    prove(client, &parsed, password, password_len, &said, proof);
    text_add_string(out, ",p=");
    base64_encode(out, (const char *)proof, sizeof proof);
    text_free(&said);
    return SCRAM_CLIENT_DONE;
}

/* In a time that does not depend on where the two differ. */
static int is_same(const unsigned char *one, const unsigned char *other)
{
    unsigned char difference = 0;
    size_t i;

    for (i = 0; i < SHA256_SIZE; i++) {
        difference |= one[i] ^ other[i];
    }
    return difference == 0;
}

enum scram_client_end scram_client_check(const struct scram_client *client,
                                         const char *message, size_t len)
{
    unsigned char signature[SHA256_SIZE];

    if (len > 2 && memcmp(message, "e=", 2) == 0) {
        return SCRAM_CLIENT_REFUSED;
    }
    if (scram_verifier_parse(message, len, signature) < 0) {
        return SCRAM_CLIENT_NONSENSE;
    }
    return is_same(signature, client->signature) ? SCRAM_CLIENT_DONE
                                                 : SCRAM_CLIENT_UNPROVEN;
}

void scram_client_free(struct scram_client *client)
{
    text_free(&client->bare);
    explicit_bzero(client->signature, sizeof client->signature);
}
