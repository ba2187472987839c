#include "scram.h"

#include "encode.h"
#include "text.h"

#include <string.h>

void scram_keys_make(struct scram_keys *keys, const char *password, size_t len)
{
    unsigned char salted[SHA256_SIZE], client[SHA256_SIZE];

    pbkdf2_sha256(password, len, keys->salt, keys->salt_len, keys->iterations, salted);
    hmac_sha256(salted, sizeof salted, "Client Key", 10, client);
    sha256_make(client, sizeof client, keys->stored);
    hmac_sha256(salted, sizeof salted, "Server Key", 10, keys->server);
    explicit_bzero(salted, sizeof salted);
    explicit_bzero(client, sizeof client);
}

static void add_base64(stralloc *out, const unsigned char *bytes, size_t len)
{
    base64_encode(out, (const char *)bytes, len);
}

void scram_keys_format(const struct scram_keys *keys, stralloc *out)
{
    text_add_format(out, SCRAM_MECHANISM "$%lu:", keys->iterations);
    add_base64(out, keys->salt, keys->salt_len);
    text_add_byte(out, '$');
    add_base64(out, keys->stored, sizeof keys->stored);
    text_add_byte(out, ':');
    add_base64(out, keys->server, sizeof keys->server);
}

/* Decodes what stands before END into OUT: its length, at most MOST, or -1. */
static int take_base64(const char **at, char end, unsigned char *out, size_t most)
{
    stralloc decoded = STRALLOC_ZERO;
    size_t len = strcspn(*at, end ? (const char[]){end, 0} : "");
    int result = -1;

    if ((*at)[len] == end && base64_decode(&decoded, *at, len) == 0 &&
        decoded.len > 0 && decoded.len <= most) {
        memcpy(out, decoded.s, decoded.len);
        result = (int)decoded.len;
        *at += len + (end != 0);
    }
    text_wipe(&decoded);
    return result;
}

int scram_keys_parse(const char *text, struct scram_keys *out)
{
    static const char begin[] = SCRAM_MECHANISM "$";
    unsigned long long iterations;
    size_t digits;
    int salt_len;

    if (strncmp(text, begin, sizeof begin - 1) != 0) {
        return -1;
    }
    text += sizeof begin - 1;
    digits = strcspn(text, ":");
    if (text[digits] != ':' ||
        text_parse_number(text, digits, SCRAM_ITERATIONS_MAX, &iterations) < 0 ||
        iterations == 0) {
        return -1;
    }
    text += digits + 1;
    salt_len = take_base64(&text, '$', out->salt, sizeof out->salt);
    if (salt_len < 0 ||
        take_base64(&text, ':', out->stored, SHA256_SIZE) != SHA256_SIZE ||
        take_base64(&text, 0, out->server, SHA256_SIZE) != SHA256_SIZE) {
        return -1;
    }
    out->iterations = (unsigned long)iterations;
    out->salt_len = (size_t)salt_len;
    return 0;
}

int scram_password_is_plain(const char *password, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (password[i] < ' ' || password[i] > '~') {
            return 0;
        }
    }
    return len > 0;
}

/* A message under way. */
struct scan {
    const char *at, *end;
};

/* Takes what stands before the next ',' or the end; *LEN is its length. */
static const char *take_part(struct scan *scan, size_t *len)
{
    const char *part = scan->at;
    const char *comma = memchr(part, ',', (size_t)(scan->end - part));
    const char *stop = comma ? comma : scan->end;

    *len = (size_t)(stop - part);
    scan->at = comma ? comma + 1 : scan->end;
    return part;
}

/* The value of the part "NAME=value", or NULL where the next part is another. */
static const char *take_value(struct scan *scan, char name, size_t *len)
{
    const char *part = take_part(scan, len);

    if (*len < 2 || part[0] != name || part[1] != '=') {
        return NULL;
    }
    *len -= 2;
    return part + 2;
}

/* RFC 5802 section 5.1: "=2C" and "=3D" for ',' and '='. 0 or -1. */
static int decode_name(const char *bytes, size_t len, char out[SCRAM_USER_MAX + 1])
{
    size_t used = 0, i;

    for (i = 0; i < len; i++) {
        char c = bytes[i];
        if (c == '=') {
            int is_comma = len - i > 2 && memcmp(bytes + i, "=2C", 3) == 0;
            if (!is_comma && (len - i <= 2 || memcmp(bytes + i, "=3D", 3) != 0)) {
                return -1;
            }
            c = is_comma ? ',' : '=';
            i += 2;
        }
        if (c == 0 || used == SCRAM_USER_MAX) {
            return -1;
        }
        out[used++] = c;
    }
    out[used] = 0;
    return used > 0 ? 0 : -1;
}

static int is_nonce(const char *bytes, size_t len, size_t most)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (bytes[i] <= ' ' || bytes[i] > '~') {
            return 0;
        }
    }
    return len > 0 && len <= most;
}

/* "n,", "y," or "p=NAME,". 0 or -1. */
static int take_flag(struct scan *scan, struct scram_first *out)
{
    size_t len;
    const char *part = take_part(scan, &len);

    if (len == 1 && (*part == 'n' || *part == 'y')) {
        out->flag = *part;
        return 0;
    }
    if (len < 3 || len - 2 > SCRAM_BINDING_MAX || memcmp(part, "p=", 2) != 0 ||
        !is_nonce(part + 2, len - 2, SCRAM_BINDING_MAX)) {
        return -1;
    }
    out->flag = 'p';
    memcpy(out->binding, part + 2, len - 2);
    return 0;
}

int scram_first_parse(const char *message, size_t len, struct scram_first *out)
{
    struct scan scan = {message, message + len};
    char other[SCRAM_USER_MAX + 1];
    const char *part;
    size_t other_len, part_len;

    memset(out, 0, sizeof *out);
    if (take_flag(&scan, out) < 0) {
        return -1;
    }
    part = take_part(&scan, &other_len);
    if (other_len > 0 && (other_len < 3 || memcmp(part, "a=", 2) != 0 ||
                          decode_name(part + 2, other_len - 2, other) < 0)) {
        return -1;
    }
    out->header_len = (size_t)(scan.at - message);
    part = take_value(&scan, 'n', &part_len);
    if (!part || decode_name(part, part_len, out->user) < 0 ||
        (other_len > 0 &&
         !text_equal_nocase(other, strlen(other), out->user, strlen(out->user)))) {
        return -1;
    }
    out->nonce = take_value(&scan, 'r', &out->nonce_len);
    return out->nonce && is_nonce(out->nonce, out->nonce_len, SCRAM_NONCE_MAX) ? 0 : -1;
}

/* Whatever extensions come before the proof are of no use here. */
static int take_proof(struct scan *scan, const char *message, struct scram_final *out)
{
    stralloc decoded = STRALLOC_ZERO;
    const char *part = scan->at;
    int result = -1;
    size_t len = 0;

    while (scan->at < scan->end) {
        part = take_part(scan, &len);
    }
    if (len > 2 && memcmp(part, "p=", 2) == 0 &&
        base64_decode(&decoded, part + 2, len - 2) == 0 && decoded.len == SHA256_SIZE) {
        memcpy(out->proof, decoded.s, SHA256_SIZE);
        out->unproven_len = (size_t)(part - message) - 1;
        result = 0;
    }
    text_wipe(&decoded);
    return result;
}

int scram_final_parse(const char *message, size_t len, struct scram_final *out)
{
    struct scan scan = {message, message + len};

    memset(out, 0, sizeof *out);
    out->binding = take_value(&scan, 'c', &out->binding_len);
    if (!out->binding) {
        return -1;
    }
    out->nonce = take_value(&scan, 'r', &out->nonce_len);
    if (!out->nonce || !is_nonce(out->nonce, out->nonce_len, 2 * SCRAM_NONCE_MAX)) {
        return -1;
    }
    return take_proof(&scan, message, out);
}

/* Base64 of LEAST to MOST bytes; their number, or -1. */
static int decode_part(const char *part, size_t len, unsigned char *out, size_t least,
                       size_t most)
{
    stralloc decoded = STRALLOC_ZERO;
    int result = -1;

    if (part && base64_decode(&decoded, part, len) == 0 && decoded.len >= least &&
        decoded.len <= most) {
        memcpy(out, decoded.s, decoded.len);
        result = (int)decoded.len;
    }
    text_wipe(&decoded);
    return result;
}

static int is_number(const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (bytes[i] < '0' || bytes[i] > '9') {
            return 0;
        }
    }
    return len > 0;
}

/* Of iterations there may be more than we bear to count. */
static int take_iterations(struct scan *scan, unsigned long *out)
{
    unsigned long long number = SCRAM_ITERATIONS_MAX + 1;
    size_t len;
    const char *part = take_value(scan, 'i', &len);

    if (!part || !is_number(part, len)) {
        return -1;
    }
    if (text_parse_number(part, len, SCRAM_ITERATIONS_MAX, &number) < 0) {
        number = SCRAM_ITERATIONS_MAX + 1;
    }
    *out = (unsigned long)number;
    return number > 0 ? 0 : -1;
}

int scram_challenge_parse(const char *message, size_t len, struct scram_challenge *out)
{
    struct scan scan = {message, message};
    const char *salt;
    size_t salt_len;
    int decoded;

    memset(out, 0, sizeof *out);
    if (len == 0) {
        return -1; /* there may be no MESSAGE at all */
    }
    scan.end += len;
    out->nonce = take_value(&scan, 'r', &out->nonce_len);
    if (!out->nonce || !is_nonce(out->nonce, out->nonce_len, 2 * SCRAM_NONCE_MAX)) {
        return -1;
    }
    salt = take_value(&scan, 's', &salt_len);
    decoded = decode_part(salt, salt_len, out->salt, 1, sizeof out->salt);
    if (decoded < 0) {
        return -1;
    }
    out->salt_len = (size_t)decoded;
    return take_iterations(&scan, &out->iterations);
}

int scram_verifier_parse(const char *message, size_t len,
                         unsigned char out[SHA256_SIZE])
{
    struct scan scan = {message, message};
    const char *part;
    size_t part_len;

    if (len == 0) {
        return -1;
    }
    scan.end += len;
    part = take_value(&scan, 'v', &part_len);
    return decode_part(part, part_len, out, SHA256_SIZE, SHA256_SIZE) < 0 ? -1 : 0;
}
