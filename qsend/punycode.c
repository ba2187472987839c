#include "punycode.h"

#include <stdint.h>
#include <string.h>

/* RFC 3492 section 5. */
#define BASE 36
#define T_MIN 1
#define T_MAX 26
#define SKEW 38
#define DAMP 700
#define INITIAL_BIAS 72
#define INITIAL_N 128

#define LABEL_MAX 63

struct output {
    char *bytes;
    size_t len, size; /* LEN stays below SIZE: a NUL fits in */
};

static int put(struct output *out, char c)
{
    if (out->len + 1 >= out->size) {
        return -1;
    }
    out->bytes[out->len++] = c;
    return 0;
}

/* Takes one code point off IN; the bytes that it took, or 0 for what is not UTF-8. */
static size_t take_point(const unsigned char *in, size_t len, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t count = in[0] < 0x80                     ? 1
                   : in[0] >= 0xC2 && in[0] <= 0xDF ? 2
                   : (in[0] & 0xF0) == 0xE0         ? 3
                   : in[0] >= 0xF0 && in[0] <= 0xF4 ? 4
                                                    : 0;
    size_t i;

    if (count == 0 || count > len) {
        return 0;
    }
    *point = count == 1 ? in[0] : in[0] & (0x7Fu >> count);
    for (i = 1; i < count; i++) {
        if ((in[i] & 0xC0) != 0x80) {
            return 0;
        }
        *point = *point << 6 | (in[i] & 0x3Fu);
    }
    if (*point < least[count] || *point > 0x10FFFF ||
        (*point >= 0xD800 && *point <= 0xDFFF)) {
        return 0;
    }
    return count;
}

static uint32_t adapt(uint32_t delta, uint32_t count, int is_first)
{
    uint32_t k = 0;

    delta = is_first ? delta / DAMP : delta / 2;
    delta += delta / count;
    while (delta > (BASE - T_MIN) * T_MAX / 2) {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* Writes DELTA as a variable-length integer. 0, or -1. */
static int put_delta(struct output *out, uint32_t delta, uint32_t bias)
{
    uint32_t k;

    for (k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        uint32_t digit = delta < t ? delta : t + (delta - t) % (BASE - t);
        if (put(out, (char)(digit < 26 ? 'a' + digit : '0' + digit - 26)) < 0) {
            return -1;
        }
        if (delta < t) {
            return 0;
        }
        delta = (delta - t) / (BASE - t);
    }
}

static uint32_t least_from(const uint32_t *points, size_t count, uint32_t from)
{
    uint32_t least = UINT32_MAX;
    size_t i;

    for (i = 0; i < count; i++) {
        if (points[i] >= from && points[i] < least) {
            least = points[i];
        }
    }
    return least;
}

/* The points over 127, of which none is among the DONE basic ones. With at most
 * LABEL_MAX points delta can't overflow. */
static int put_points(struct output *out, const uint32_t *points, size_t count,
                      uint32_t done)
{
    uint32_t basic = done, n = INITIAL_N, delta = 0, bias = INITIAL_BIAS;

    while (done < count) {
        uint32_t next = least_from(points, count, n);
        size_t i;
        delta += (next - n) * (done + 1);
        n = next;
        for (i = 0; i < count; i++) {
            delta += points[i] < n;
            if (points[i] != n) {
                continue;
            }
            if (put_delta(out, delta, bias) < 0) {
                return -1;
            }
            bias = adapt(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
        delta++;
        n++;
    }
    return 0;
}

static int put_label(struct output *out, const char *label, size_t len)
{
    uint32_t points[LABEL_MAX];
    uint32_t basic = 0;
    size_t at = 0, count = 0, start = out->len, i;

    while (at < len) {
        size_t took = count < LABEL_MAX ? take_point((const unsigned char *)label + at,
                                                     len - at, &points[count])
                                        : 0;
        if (took == 0) {
            return -1;
        }
        basic += took == 1;
        at += took;
        count++;
    }
    for (i = 0; basic < count && i < 4; i++) {
        if (put(out, "xn--"[i]) < 0) {
            return -1;
        }
    }
    for (i = 0; i < count; i++) {
        if (points[i] < INITIAL_N && put(out, (char)points[i]) < 0) {
            return -1;
        }
    }
    if (basic < count && ((basic > 0 && put(out, '-') < 0) ||
                          put_points(out, points, count, basic) < 0)) {
        return -1;
    }
    return out->len > start && out->len - start <= LABEL_MAX ? 0 : -1;
}

int punycode_encode_domain(const char *domain, char *out, size_t size)
{
    struct output output = {out, 0, size};

    for (;;) {
        size_t len = strcspn(domain, ".");
        if (put_label(&output, domain, len) < 0) {
            return -1;
        }
        domain += len;
        if (!*domain) {
            out[output.len] = '\0';
            return 0;
        }
        domain++;
        if (put(&output, '.') < 0) {
            return -1;
        }
    }
}
