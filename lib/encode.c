#include "encode.h"

#include "text.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(char c)
{
    const char *at = c ? strchr(base64_digits, c) : NULL;

    return at ? (int)(at - base64_digits) : -1;
}

/* Decodes one group of four; returns its count of bytes, or -1. */
static int decode_group(const char *in, int is_last, char out[3])
{
    int values[4];
    int digits = 0;
    int i;

    while (digits < 4 && in[digits] != '=') {
        values[digits] = base64_value(in[digits]);
        if (values[digits++] < 0) {
            return -1;
        }
    }
    for (i = digits; i < 4; i++) {
        if (in[i] != '=') {
            return -1;
        }
        values[i] = 0;
    }
    if (digits < 2 || (digits < 4 && !is_last) || (digits == 2 && (values[1] & 15)) ||
        (digits == 3 && (values[2] & 3))) {
        return -1;
    }
    out[0] = (char)(values[0] << 2 | values[1] >> 4);
    out[1] = (char)(values[1] << 4 | values[2] >> 2);
    out[2] = (char)(values[2] << 6 | values[3]);
    return digits - 1;
}

int base64_decode(stralloc *out, const char *in, size_t len)
{
    size_t before = out->len;
    size_t i;

    if (len % 4 != 0) {
        return -1;
    }
    for (i = 0; i < len; i += 4) {
        char bytes[3];
        int count = decode_group(in + i, i + 4 == len, bytes);
        if (count < 0) {
            out->len = before;
            return -1;
        }
        text_add_bytes(out, bytes, (size_t)count);
    }
    return 0;
}

void base64_encode(stralloc *out, const char *in, size_t len)
{
    const unsigned char *p = (const unsigned char *)in;

    for (; len >= 3; p += 3, len -= 3) {
        text_add_byte(out, base64_digits[p[0] >> 2]);
        text_add_byte(out, base64_digits[(p[0] << 4 | p[1] >> 4) & 63]);
        text_add_byte(out, base64_digits[(p[1] << 2 | p[2] >> 6) & 63]);
        text_add_byte(out, base64_digits[p[2] & 63]);
    }
    if (len == 1) {
        text_add_byte(out, base64_digits[p[0] >> 2]);
        text_add_byte(out, base64_digits[(p[0] << 4) & 63]);
        text_add_string(out, "==");
    } else if (len == 2) {
        text_add_byte(out, base64_digits[p[0] >> 2]);
        text_add_byte(out, base64_digits[(p[0] << 4 | p[1] >> 4) & 63]);
        text_add_byte(out, base64_digits[(p[1] << 2) & 63]);
        text_add_byte(out, '=');
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int hex_value_of_any_case(char c)
{
    return hex_value(c >= 'a' && c <= 'f' ? (char)(c - 'a' + 'A') : c);
}

int hex_decode(stralloc *out, const char *in, size_t len)
{
    size_t before = out->len;
    size_t i;

    for (i = 0; i + 1 < len; i += 2) {
        int high = hex_value_of_any_case(in[i]);
        int low = hex_value_of_any_case(in[i + 1]);
        if (high < 0 || low < 0) {
            break;
        }
        text_add_byte(out, (char)(high << 4 | low));
    }
    if (i != len) {
        out->len = before;
        return -1;
    }
    return 0;
}

/* RFC 3461 section 4: "!" to "~" but "+" and "=" stand for themselves. */
static int is_xchar(char c)
{
    return c >= '!' && c <= '~' && c != '+' && c != '=';
}

int xtext_is_valid(const char *in, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (in[i] == '+') {
            if (len - i < 3 || hex_value(in[i + 1]) < 0 || hex_value(in[i + 2]) < 0) {
                return 0;
            }
            i += 2;
        } else if (!is_xchar(in[i])) {
            return 0;
        }
    }
    return 1;
}

int xtext_decode(stralloc *out, const char *in, size_t len)
{
    size_t i;

    if (!xtext_is_valid(in, len)) {
        return -1;
    }
    for (i = 0; i < len; i++) {
        if (in[i] == '+') {
            unsigned high = (unsigned)hex_value(in[i + 1]); /* valid: see above */
            text_add_byte(out, (char)(high << 4 | (unsigned)hex_value(in[i + 2])));
            i += 2;
        } else {
            text_add_byte(out, in[i]);
        }
    }
    return 0;
}

void xtext_encode(stralloc *out, const char *in, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t i;

    for (i = 0; i < len; i++) {
        if (is_xchar(in[i])) {
            text_add_byte(out, in[i]);
        } else {
            text_add_byte(out, '+');
            text_add_byte(out, digits[(unsigned char)in[i] >> 4]);
            text_add_byte(out, digits[(unsigned char)in[i] & 15]);
        }
    }
}

int random_name(char out[RANDOM_NAME_LEN + 1])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char bits[17] = {0}; /* 128 bits and two of padding for the last digit */
    size_t i;

    if (getrandom(bits, 16, 0) != 16) {
        return -1;
    }
    for (i = 0; i < RANDOM_NAME_LEN; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)bits[bit / 8] << 8 | bits[bit / 8 + 1];
        out[i] = digits[pair >> (11 - bit % 8) & 31];
    }
    out[RANDOM_NAME_LEN] = '\0';
    return 0;
}
