#include "sha256.h"

#include <string.h>

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
};

static uint32_t turn_right(uint32_t word, int bits)
{
    return word >> bits | word << (32 - bits);
}

static void put_word(unsigned char *out, uint32_t word)
{
    out[0] = (unsigned char)(word >> 24);
    out[1] = (unsigned char)(word >> 16);
    out[2] = (unsigned char)(word >> 8);
    out[3] = (unsigned char)word;
}

static void spread_block(const unsigned char *block, uint32_t words[64])
{
    int i;

    for (i = 0; i < 16; i++) {
        words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (; i < 64; i++) {
        uint32_t a = words[i - 15], b = words[i - 2];
        words[i] = words[i - 16] + words[i - 7] +
                   (turn_right(a, 7) ^ turn_right(a, 18) ^ a >> 3) +
                   (turn_right(b, 17) ^ turn_right(b, 19) ^ b >> 10);
    }
}

/* FIPS 180-4 section 6.2.2; s[0] to s[7] are its a to h. */
static void take_block(uint32_t state[8], const unsigned char *block)
{
    uint32_t words[64], s[8];
    int i;

    spread_block(block, words);
    memcpy(s, state, sizeof s);
    for (i = 0; i < 64; i++) {
        uint32_t first =
            s[7] + (turn_right(s[4], 6) ^ turn_right(s[4], 11) ^ turn_right(s[4], 25)) +
            ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + words[i];
        uint32_t second =
            (turn_right(s[0], 2) ^ turn_right(s[0], 13) ^ turn_right(s[0], 22)) +
            ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += first;
        s[0] = first + second;
    }
    for (i = 0; i < 8; i++) {
        state[i] += s[i];
    }
}

void sha256_begin(struct sha256 *hash)
{
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memcpy(hash->state, first, sizeof first);
    hash->length = 0;
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    size_t used = (size_t)(hash->length % SHA256_BLOCK);

    hash->length += len;
    while (len > 0) {
        size_t part = SHA256_BLOCK - used;
        part = part > len ? len : part;
        memcpy(hash->block + used, at, part);
        used += part;
        at += part;
        len -= part;
        if (used == SHA256_BLOCK) {
            take_block(hash->state, hash->block);
            used = 0;
        }
    }
}

void sha256_end(struct sha256 *hash, unsigned char out[SHA256_SIZE])
{
    static const unsigned char padding[SHA256_BLOCK] = {0x80};
    uint64_t bits = hash->length * 8;
    size_t used = (size_t)(hash->length % SHA256_BLOCK);
    unsigned char length[8];
    int i;

    sha256_add(hash, padding, (used < 56 ? 56 : 120) - used);
    put_word(length, (uint32_t)(bits >> 32));
    put_word(length + 4, (uint32_t)bits);
    sha256_add(hash, length, sizeof length);
    for (i = 0; i < 8; i++) {
        put_word(out + 4 * i, hash->state[i]);
    }
}

void sha256_make(const void *bytes, size_t len, unsigned char out[SHA256_SIZE])
{
    struct sha256 hash;

    sha256_begin(&hash);
    sha256_add(&hash, bytes, len);
    sha256_end(&hash, out);
}

/* The two hashes of HMAC as they are once the key is in them. */
struct hmac_key {
    struct sha256 inner, outer;
};

static void take_key(struct hmac_key *out, const unsigned char *key, size_t len)
{
    unsigned char block[SHA256_BLOCK] = {0};
    int i;

    if (len > sizeof block) {
        sha256_make(key, len, block);
    } else if (len > 0) {
        memcpy(block, key, len);
    }
    for (i = 0; i < SHA256_BLOCK; i++) {
        block[i] ^= 0x36;
    }
    sha256_begin(&out->inner);
    sha256_add(&out->inner, block, sizeof block);
    for (i = 0; i < SHA256_BLOCK; i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    sha256_begin(&out->outer);
    sha256_add(&out->outer, block, sizeof block);
    explicit_bzero(block, sizeof block);
}

/* BYTES, and MORE behind them. */
static void apply_key(const struct hmac_key *key, const void *bytes, size_t len,
                      const void *more, size_t more_len, unsigned char out[SHA256_SIZE])
{
    struct hmac_key copy = *key;

    sha256_add(&copy.inner, bytes, len);
    sha256_add(&copy.inner, more, more_len);
    sha256_end(&copy.inner, out);
    sha256_add(&copy.outer, out, SHA256_SIZE);
    sha256_end(&copy.outer, out);
    explicit_bzero(&copy, sizeof copy);
}

void hmac_sha256(const unsigned char *key, size_t key_len, const void *bytes,
                 size_t len, unsigned char out[SHA256_SIZE])
{
    struct hmac_key taken;

    take_key(&taken, key, key_len);
    apply_key(&taken, bytes, len, NULL, 0, out);
    explicit_bzero(&taken, sizeof taken);
}

void pbkdf2_sha256(const char *password, size_t password_len, const unsigned char *salt,
                   size_t salt_len, unsigned long iterations,
                   unsigned char out[SHA256_SIZE])
{
    static const unsigned char first[4] = {0, 0, 0, 1};
    unsigned char last[SHA256_SIZE];
    struct hmac_key key;
    int i;

    take_key(&key, (const unsigned char *)password, password_len);
    apply_key(&key, salt, salt_len, first, sizeof first, last);
    memcpy(out, last, sizeof last);
    while (--iterations > 0) {
        apply_key(&key, last, sizeof last, NULL, 0, last);
        for (i = 0; i < SHA256_SIZE; i++) {
            out[i] ^= last[i];
        }
    }
    explicit_bzero(&key, sizeof key);
    explicit_bzero(last, sizeof last);
}
