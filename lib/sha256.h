/* SHA-256 (FIPS 180-4), HMAC with it (RFC 2104) and one block of PBKDF2 (RFC 8018
 * section 5.2). Our own, as the programs that need it are linked with musl and no
 * library beside skalibs; only SCRAM and names of counters hang on it. */
#ifndef LIB_SHA256_H
#define LIB_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32
#define SHA256_BLOCK 64

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t len);
void sha256_end(struct sha256 *hash, unsigned char out[SHA256_SIZE]);
/* All three for one string of bytes. */
void sha256_make(const void *bytes, size_t len, unsigned char out[SHA256_SIZE]);

void hmac_sha256(const unsigned char *key, size_t key_len, const void *bytes,
                 size_t len, unsigned char out[SHA256_SIZE]);
/* What RFC 5802 calls Hi(): the first 32 bytes. */
void pbkdf2_sha256(const char *password, size_t password_len, const unsigned char *salt,
                   size_t salt_len, unsigned long iterations,
                   unsigned char out[SHA256_SIZE]);

#endif
