/* SCRAM-SHA-256 on the client's side: whatever a server sends, what we answer is well
 * formed and holds our own nonce, and nothing but the right signature is taken for a
 * proof. The server's two messages are parted by an LF; R in the first stands for our
 * nonce. fuzz-options: -max_len=300 */
#include "scram_client.h"

#include "fuzz.h"
#include "text.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"

void __real_pbkdf2_sha256(const char *password, size_t password_len,
                          const unsigned char *salt, size_t salt_len,
                          unsigned long iterations, unsigned char out[SHA256_SIZE]);
void __wrap_pbkdf2_sha256(const char *password, size_t password_len,
                          const unsigned char *salt, size_t salt_len,
                          unsigned long iterations, unsigned char out[SHA256_SIZE]);

/* One iteration stands for thousands: what is searched for does not hang on them. */
void __wrap_pbkdf2_sha256(const char *password, size_t password_len,
                          const unsigned char *salt, size_t salt_len,
                          unsigned long iterations, unsigned char out[SHA256_SIZE])
{
    REQUIRE(iterations >= SCRAM_CLIENT_ITERATIONS_LEAST &&
            iterations <= SCRAM_CLIENT_ITERATIONS_MOST);
    __real_pbkdf2_sha256(password, password_len, salt, salt_len, 1, out);
}

/* The first message, with our nonce in place. */
static void make_challenge(stralloc *out, const char *bytes, size_t len)
{
    size_t i;

    text_clear(out);
    for (i = 0; i < len; i++) {
        if (bytes[i] == 'R') {
            text_add_string(out, NONCE);
        } else {
            text_add_byte(out, bytes[i]);
        }
    }
}

static void check_parts(const char *bytes, size_t len,
                        const struct scram_challenge *challenge)
{
    REQUIRE(challenge->nonce == bytes + 2);
    REQUIRE(challenge->nonce_len > 0 && challenge->nonce_len + 2 < len);
    REQUIRE(challenge->salt_len > 0 && challenge->salt_len <= SCRAM_SALT_MAX);
    REQUIRE(challenge->iterations > 0);
}

static void check_answer(const stralloc *answer)
{
    struct scram_final final;

    REQUIRE(!fuzz_has_control(answer->s, answer->len));
    REQUIRE(scram_final_parse(answer->s, answer->len, &final) == 0);
    REQUIRE(final.nonce_len > strlen(NONCE));
    REQUIRE(memcmp(final.nonce, NONCE, strlen(NONCE)) == 0);
}

static void run(struct scram_client *client, const stralloc *challenge,
                const char *last, size_t last_len)
{
    static stralloc answer;
    enum scram_client_end end;

    text_clear(&answer);
    scram_client_begin(client, "us,er=", 6, NONCE, &answer);
    text_clear(&answer);
    end =
        scram_client_answer(client, challenge->s, challenge->len, "pencil", 6, &answer);
    if (end != SCRAM_CLIENT_DONE) {
        REQUIRE(answer.len == 0);
        return;
    }
    check_answer(&answer);
    /* Nobody can have guessed it. */
    REQUIRE(scram_client_check(client, last, last_len) != SCRAM_CLIENT_DONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static stralloc challenge;
    struct scram_client plain = {.could_bind = 1}, bound = {.binding = "tls-exporter",
                                                            .bound = "0123",
                                                            .bound_len = 4};
    struct fuzz_input input = fuzz_open(data, size);
    struct scram_challenge parsed;
    const char *first, *last;
    size_t len;

    first = fuzz_until(&input, '\n', &len);
    last = input.at;
    make_challenge(&challenge, first, len);
    if (scram_challenge_parse(challenge.s, challenge.len, &parsed) == 0) {
        check_parts(challenge.s, challenge.len, &parsed);
    }
    run(&plain, &challenge, last, input.left);
    run(&bound, &challenge, last, input.left);
    scram_client_free(&plain);
    scram_client_free(&bound);
    return 0;
}
