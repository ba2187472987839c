#include "tickets.h"

#include "binding.h"
#include "clock.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <string.h>

#define KEYS 2 /* the present ones, and those before */
#define NAME_SIZE 16

struct ticket_key {
    unsigned char name[NAME_SIZE];
    unsigned char secret[32];
    unsigned char check[32];
};

/* OpenSSL's callback has no place for a pointer of ours. */
static struct ticket_key keys[KEYS];
static int key_count;
static clock_ms next_rotation;

int tickets_rotate(void)
{
    struct ticket_key new;
    clock_ms now = clock_monotonic();

    if (key_count > 0 && now < next_rotation) {
        return 0;
    }
    if (RAND_bytes(new.name, sizeof new.name) != 1 ||
        RAND_priv_bytes(new.secret, sizeof new.secret) != 1 ||
        RAND_priv_bytes(new.check, sizeof new.check) != 1) {
        return -1;
    }
    keys[1] = keys[0];
    keys[0] = new;
    key_count += key_count < KEYS;
    OPENSSL_cleanse(&new, sizeof new);
    next_rotation = now + TICKET_KEY_SECONDS * 1000LL;
    return 0;
}

static int set_check(EVP_MAC_CTX *check, struct ticket_key *key)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->check,
                                          sizeof key->check),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_CTX_set_params(check, parameters);
}

/* As SSL_CTX_set_tlsext_ticket_key_evp_cb has it: 1 good, 2 good and to be made anew,
 * 0 not ours, -1 failed. */
static int use_key(SSL *ssl, unsigned char *name, unsigned char *iv,
                   EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *check, int is_new)
{
    int i;

    if (is_new) {
        if (key_count == 0 || RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1) {
            return -1;
        }
        memcpy(name, keys[0].name, NAME_SIZE);
        return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, keys[0].secret,
                                  iv) == 1 &&
                       set_check(check, &keys[0])
                   ? 1
                   : -1;
    }
    for (i = 0; i < key_count && memcmp(name, keys[i].name, NAME_SIZE) != 0; i++) {
    }
    if (i == key_count) {
        return 0;
    }
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, keys[i].secret, iv) != 1 ||
        !set_check(check, &keys[i])) {
        return -1;
    }
    /* Clients of TLS 1.3 use a ticket once (RFC 8446 appendix C.4): they need another.
     */
    return i == 0 && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

/* Called when a ticket is made: that of a resumed session has it from its last one. */
static int add_hash(SSL *ssl, void *data)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    size_t len;

    (void)data;
    if (SSL_session_reused(ssl)) {
        return 1;
    }
    len = binding_hash(SSL_get_certificate(ssl), hash);
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), hash, len);
}

size_t tickets_get_hash(const SSL *ssl, unsigned char hash[EVP_MAX_MD_SIZE])
{
    void *bytes = NULL;
    size_t len = 0;

    if (SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &bytes, &len) != 1 ||
        !bytes || len > EVP_MAX_MD_SIZE) {
        return 0;
    }
    memcpy(hash, bytes, len);
    return len;
}

int tickets_attach(SSL_CTX *context)
{
    return SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_key) == 1 &&
                   SSL_CTX_set_session_ticket_cb(context, add_hash, NULL, NULL) == 1
               ? 0
               : -1;
}
