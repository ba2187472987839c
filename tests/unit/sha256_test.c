#include "check.h"
#include "sha256.h"

#include <stdlib.h>

static const char *hex(const unsigned char bytes[SHA256_SIZE])
{
    static char text[2 * SHA256_SIZE + 1];
    int i;

    for (i = 0; i < SHA256_SIZE; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    return text;
}

/* FIPS 180-4's examples and NIST's lengths about a block's end. */
static void check_hashes(void)
{
    static const struct {
        const char *text, *hash;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmn"
         "o"
         "pqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    unsigned char out[SHA256_SIZE];
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        sha256_make(rows[i].text, strlen(rows[i].text), out);
        CHECK_STRING(hex(out), rows[i].hash);
    }
}

static void check_million(void)
{
    static char as[1000];
    unsigned char out[SHA256_SIZE];
    struct sha256 hash;
    int i;

    memset(as, 'a', sizeof as);
    sha256_begin(&hash);
    for (i = 0; i < 1000; i++) { /* in pieces that end nowhere near a block's end */
        sha256_add(&hash, as, 1);
        sha256_add(&hash, as, 998);
        sha256_add(&hash, as, 1);
    }
    sha256_end(&hash, out);
    CHECK_STRING(hex(out),
                 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* RFC 4231, test cases 1, 2, 3, 6 and 7. */
static void check_hmac(void)
{
    unsigned char key[131], data[50], out[SHA256_SIZE];
    static const char larger[] =
        "This is a test using a larger than block-size key and a larger than "
        "block-size data. The key needs to be hashed before being used by the HMAC "
        "algorithm.";

    memset(key, 0x0b, 20);
    hmac_sha256(key, 20, "Hi There", 8, out);
    CHECK_STRING(hex(out),
                 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256((const unsigned char *)"Jefe", 4, "what do ya want for nothing?", 28,
                out);
    CHECK_STRING(hex(out),
                 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    hmac_sha256(key, 20, data, sizeof data, out);
    CHECK_STRING(hex(out),
                 "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    hmac_sha256(key, sizeof key,
                "Test Using Larger Than Block-Size Key - Hash Key First", 54, out);
    CHECK_STRING(hex(out),
                 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    hmac_sha256(key, sizeof key, larger, sizeof larger - 1, out);
    CHECK_STRING(hex(out),
                 "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

/* RFC 7914 section 11 (its first 32 bytes), and known results for more rounds. */
static void check_pbkdf2(void)
{
    unsigned char out[SHA256_SIZE];

    pbkdf2_sha256("passwd", 6, (const unsigned char *)"salt", 4, 1, out);
    CHECK_STRING(hex(out),
                 "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    pbkdf2_sha256("password", 8, (const unsigned char *)"salt", 4, 2, out);
    CHECK_STRING(hex(out),
                 "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43");
    pbkdf2_sha256("password", 8, (const unsigned char *)"salt", 4, 4096, out);
    CHECK_STRING(hex(out),
                 "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a");
}

int main(void)
{
    check_hashes();
    check_million();
    check_hmac();
    check_pbkdf2();
    return check_report();
}
