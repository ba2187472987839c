#include "tlsa.h"

#include "text.h"

#include <string.h>

static int read_number(char **words, uint8_t *out)
{
    const char *word = strsep(words, " ");
    unsigned long long number;

    if (!word || text_parse_number(word, strlen(word), 255, &number) < 0) {
        return -1;
    }
    *out = (uint8_t)number;
    return 0;
}

/* A digit's value, or -1. */
static int read_digit(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit ? strchr(digits, digit) : NULL;

    return at ? (int)(at - digits) : -1;
}

static int read_data(char **words, struct tlsa *out)
{
    const char *hex = strsep(words, " ");

    out->len = 0;
    if (hex && strcmp(hex, "-") == 0) {
        return 0;
    }
    for (; hex && *hex; hex += 2) {
        int high = read_digit(hex[0]);
        int low = read_digit(hex[1]);
        if (high < 0 || low < 0 || out->len == TLSA_DATA_MAX) {
            return -1;
        }
        out->data[out->len++] = (unsigned char)(high * 16 + low);
    }
    return out->len > 0 ? 0 : -1;
}

int tlsa_next(char **words, struct tlsa *out)
{
    return read_number(words, &out->usage) < 0 ||
                   read_number(words, &out->selector) < 0 ||
                   read_number(words, &out->matching) < 0 || read_data(words, out) < 0
               ? -1
               : 0;
}
