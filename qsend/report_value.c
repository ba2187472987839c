#include "report_value.h"

#include "address.h"
#include "text.h"

#include <string.h>

#define VALUE_MAX 900  /* header lines stay below 998 octets */
#define ESCAPED_MAX 10 /* of one character: \x{10FFFF} */

/* The character at the start of TEXT (RFC 3629): its length, or 0 where it is none. */
static size_t decode_utf8(const char *text, size_t len, unsigned long *point)
{
    static const unsigned long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t need = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    size_t i;

    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || need > len) {
        return 0;
    }
    *point = need == 1 ? first : first & (0xffu >> (need + 1));
    for (i = 1; i < need; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        *point = *point << 6 | (unsigned long)(text[i] & 0x3f);
    }
    if (*point < smallest[need] || *point > 0x10ffff ||
        (*point >= 0xd800 && *point <= 0xdfff)) {
        return 0;
    }
    return need;
}

/* C1 controls (128 to 159) have no place in a line of text either. */
static int is_clean(size_t len, unsigned long point, int is_utf8)
{
    return len == 1 ? point >= ' ' && point != 127 : len > 1 && is_utf8 && point > 159;
}

void report_add_clean(stralloc *out, const char *text, size_t len, int is_utf8)
{
    size_t limit = out->len + VALUE_MAX;

    while (len > 0) {
        unsigned long point = 0;
        size_t step = decode_utf8(text, len, &point);
        int clean = is_clean(step, point, is_utf8);
        if (step == 0 || !clean) {
            step = 1;
        }
        if (out->len + step > limit) {
            break;
        }
        if (clean) {
            text_add_bytes(out, text, step);
        } else {
            text_add_byte(out, '?');
        }
        text += step;
        len -= step;
    }
}

void report_add_address(stralloc *out, const char *address, int is_utf8)
{
    size_t limit = out->len + VALUE_MAX;
    size_t len = strlen(address);

    if (is_utf8 || !address_is_utf8(address)) {
        report_add_clean(out, address, len, is_utf8);
        return;
    }
    while (len > 0 && out->len + ESCAPED_MAX <= limit) {
        unsigned long point = 0;
        size_t step = decode_utf8(address, len, &point);
        if (step == 1 && point > ' ' && point < 127 && !strchr("\\+=", (int)point)) {
            text_add_byte(out, *address);
        } else {
            text_add_format(out, "\\x{%02lX}",
                            step > 0 ? point : (unsigned long)(unsigned char)*address);
        }
        step = step > 0 ? step : 1;
        address += step;
        len -= step;
    }
}

int report_has_8bit(const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if ((unsigned char)bytes[i] > 127) {
            return 1;
        }
    }
    return 0;
}
