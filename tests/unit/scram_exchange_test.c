#include "../../checkpw/scram_exchange.h"
#include "check.h"
#include "encode.h"
#include "text.h"

#include <stdlib.h>

#define USER_KEYS                                                                      \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"                                     \
    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtb"                                           \
    "sT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static const struct scram_binding none;

/* RFC 7677 section 3, with the server's half of the nonce put in. */
static void check_vector(void)
{
    static const char first[] = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    static const char challenge[] =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    static const char final[] =
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)"
        "hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    struct scram_exchange exchange = {.binding = {0}};
    stralloc out = STRALLOC_ZERO;

    CHECK_NUMBER(scram_exchange_begin(&exchange, &none, first, strlen(first)), 0);
    CHECK_NUMBER(scram_exchange_take_keys(&exchange, USER_KEYS, "user", "x"), 1);
    CHECK_NUMBER(scram_exchange_challenge(&exchange), 0);
    CHECK(strncmp(exchange.answer.s, "r=rOprNGfwEbeRWgbNEkqO", 22) == 0);
    CHECK(strstr(exchange.answer.s, ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
    text_set_string(&exchange.answer, challenge);
    text_string(&exchange.answer);
    CHECK_NUMBER(scram_exchange_finish(&exchange, final, strlen(final), &out), 0);
    CHECK_STRING(text_string(&out), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    scram_exchange_free(&exchange);
    text_free(&out);
}

/* A client of our own: makes the last message for what the exchange has said. BINDING
 * is what it puts into "c=", NONCE what into "r=" (NULL: the right one). */
static int try(const struct scram_binding *binding, const char *first,
               const char *password, const char *bound, const char *nonce)
{
    struct scram_exchange exchange = {.binding = {0}};
    unsigned char salted[SHA256_SIZE], key[SHA256_SIZE], stored[SHA256_SIZE];
    unsigned char signature[SHA256_SIZE];
    stralloc transcript = STRALLOC_ZERO, final = STRALLOC_ZERO, out = STRALLOC_ZERO;
    int result, i;

    if (scram_exchange_begin(&exchange, binding, first, strlen(first)) < 0) {
        scram_exchange_free(&exchange);
        return -2;
    }
    scram_exchange_take_keys(&exchange, USER_KEYS, "user", "x");
    CHECK_NUMBER(scram_exchange_challenge(&exchange), 0);
    text_add_string(&final, "c=");
    base64_encode(&final, bound, strlen(bound));
    text_add_string(&final, ",r=");
    if (nonce) {
        text_add_string(&final, nonce);
    } else {
        text_add_bytes(&final, exchange.answer.s + 2,
                       strcspn(exchange.answer.s + 2, ","));
    }
    text_add_format(&transcript, "%s,%s,", first + exchange.first.header_len,
                    exchange.answer.s);
    text_add_bytes(&transcript, final.s, final.len);
    pbkdf2_sha256(password, strlen(password), exchange.keys.salt,
                  exchange.keys.salt_len, exchange.keys.iterations, salted);
    hmac_sha256(salted, sizeof salted, "Client Key", 10, key);
    sha256_make(key, sizeof key, stored);
    hmac_sha256(stored, sizeof stored, transcript.s, transcript.len, signature);
    for (i = 0; i < SHA256_SIZE; i++) {
        key[i] ^= signature[i];
    }
    text_add_string(&final, ",p=");
    base64_encode(&final, (const char *)key, sizeof key);
    result = scram_exchange_finish(&exchange, final.s, final.len, &out);
    CHECK(result < 0 || strncmp(text_string(&out), "v=", 2) == 0);
    scram_exchange_free(&exchange);
    text_free(&transcript);
    text_free(&final);
    text_free(&out);
    return result;
}

static void check_client(void)
{
    static const struct scram_binding exporter = {"tls-exporter", "0123456789", 10, 0};
    static const struct scram_binding possible = {.is_possible = 1};
    static const char plus[] = "p=tls-exporter,,n=user,r=abc";

    CHECK_NUMBER(try(&none, "n,,n=user,r=abc", "pencil", "n,,", NULL), 0);
    CHECK_NUMBER(try(&none, "y,,n=user,r=abc", "pencil", "y,,", NULL), 0);
    CHECK_NUMBER(try(&none, "n,a=user,n=user,r=abc", "pencil", "n,a=user,", NULL), 0);
    CHECK_NUMBER(try(&none, "n,,n=user,r=abc", "pencils", "n,,", NULL), -1);
    CHECK_NUMBER(try(&none, "n,,n=user,r=abc", "", "n,,", NULL), -1);
    CHECK_NUMBER(try(&none, "y,,n=user,r=abc", "pencil", "n,,", NULL), -1);
    CHECK_NUMBER(try(&none, "n,,n=user,r=abc", "pencil", "n,,x", NULL), -1);
    CHECK_NUMBER(try(&none, "n,,n=user,r=abc", "pencil", "n,,", "abc"), -1);
    CHECK_NUMBER(try(&none, plus, "pencil", "p=tls-exporter,,", NULL), -2);
    CHECK_NUMBER(try(&possible, "n,,n=user,r=abc", "pencil", "n,,", NULL), 0);
    /* Told by somebody that it is not offered. */
    CHECK_NUMBER(try(&possible, "y,,n=user,r=abc", "pencil", "y,,", NULL), -2);
    CHECK_NUMBER(try(&exporter, plus, "pencil", "p=tls-exporter,,0123456789", NULL), 0);
    CHECK_NUMBER(try(&exporter, plus, "pencil", "p=tls-exporter,,0123456780", NULL),
                 -1);
    CHECK_NUMBER(try(&exporter, plus, "pencil", "p=tls-exporter,,", NULL), -1);
    CHECK_NUMBER(try(&exporter, "p=tls-unique,,n=user,r=abc", "pencil",
                     "p=tls-unique,,0123456789", NULL),
                 -2);
    CHECK_NUMBER(try(&exporter, "n,,n=user,r=abc", "pencil", "n,,", NULL), -2);
}

/* The same for each try, another for each name; and nothing proves them. */
static void check_unknown(void)
{
    struct scram_exchange one = {.binding = {0}}, other = {.binding = {0}};

    CHECK_NUMBER(scram_exchange_begin(&one, &none, "n,,n=eve,r=abc", 14), 0);
    CHECK_NUMBER(scram_exchange_begin(&other, &none, "n,,n=eve,r=abc", 14), 0);
    CHECK_NUMBER(scram_exchange_take_keys(&one, NULL, "eve", "secret"), 0);
    CHECK_NUMBER(scram_exchange_take_keys(&other, "", "eve", "secret"), 0);
    CHECK(memcmp(one.keys.salt, other.keys.salt, SCRAM_SALT_SIZE) == 0);
    CHECK_NUMBER(one.keys.iterations, SCRAM_ITERATIONS);
    CHECK_NUMBER(scram_exchange_take_keys(&other, NULL, "eva", "secret"), 0);
    CHECK(memcmp(one.keys.salt, other.keys.salt, SCRAM_SALT_SIZE) != 0);
    CHECK_NUMBER(scram_exchange_take_keys(&other, NULL, "eve", "other"), 0);
    CHECK(memcmp(one.keys.salt, other.keys.salt, SCRAM_SALT_SIZE) != 0);
    CHECK_NUMBER(scram_exchange_challenge(&one), 0);
    CHECK_NUMBER(scram_exchange_challenge(&other), 0);
    CHECK(strcmp(one.answer.s, other.answer.s) != 0);
    scram_exchange_free(&one);
    scram_exchange_free(&other);
}

int main(void)
{
    check_vector();
    check_client();
    check_unknown();
    return check_report();
}
