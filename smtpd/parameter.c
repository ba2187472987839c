#include "parameter.h"

#include "address.h"
#include "text.h"

#include <limits.h>
#include <string.h>

static int equals(const char *value, size_t len, const char *word)
{
    return text_equal_nocase(value, len, word, strlen(word));
}

/* Each reads one parameter's value; VALUE is NULL where there was no "=". 0 or -1. */

static int read_size(const char *value, size_t len, struct parameters *out)
{
    size_t i;

    if (!value || len == 0 || len > 20) {
        return -1;
    }
    for (i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9') {
            return -1;
        }
    }
    /* More than can be counted is more than any limit. */
    if (text_parse_number(value, len, LLONG_MAX, &out->size) < 0) {
        out->size = LLONG_MAX;
    }
    return 0;
}

static int read_body(const char *value, size_t len, struct parameters *out)
{
    if (value && equals(value, len, "8BITMIME")) {
        out->flags |= ENVELOPE_8BITMIME;
        return 0;
    }
    return value && equals(value, len, "7BIT") ? 0 : -1;
}

static int read_utf8(const char *value, size_t len, struct parameters *out)
{
    (void)len;
    out->flags |= ENVELOPE_SMTPUTF8;
    return value ? -1 : 0;
}

/* RFC 8689 section 2. */
static int read_requiretls(const char *value, size_t len, struct parameters *out)
{
    (void)len;
    out->flags |= ENVELOPE_REQUIRETLS;
    return value ? -1 : 0;
}

static int read_return(const char *value, size_t len, struct parameters *out)
{
    if (value && equals(value, len, "HDRS")) {
        out->flags |= ENVELOPE_RET_HDRS;
        return 0;
    }
    if (value && equals(value, len, "FULL")) {
        out->flags |= ENVELOPE_RET_FULL;
        return 0;
    }
    return -1;
}

/* 1 for xtext of printable ASCII: what it hides could otherwise break a line of a
 * DSN. */
static int is_printable_xtext(const char *bytes, size_t len)
{
    stralloc plain = STRALLOC_ZERO;
    int is_printable = len > 0 && xtext_decode(&plain, bytes, len) == 0;
    size_t i;

    for (i = 0; is_printable && i < plain.len; i++) {
        is_printable = plain.s[i] >= ' ' && plain.s[i] <= '~';
    }
    text_free(&plain);
    return is_printable;
}

static int read_envid(const char *value, size_t len, struct parameters *out)
{
    if (!value || len > PARAMETER_ENVID_MAX || !is_printable_xtext(value, len)) {
        return -1;
    }
    text_add_bytes(&out->envid, value, len);
    text_string(&out->envid);
    return 0;
}

/* RFC 4954 section 5: an address as xtext, or "<>". */
static int read_auth(const char *value, size_t len, struct parameters *out)
{
    if (!value || len > PARAMETER_AUTH_MAX || !is_printable_xtext(value, len)) {
        return -1;
    }
    out->has_auth = 1;
    return 0;
}

static int read_notify(const char *value, size_t len, struct parameters *out)
{
    static const struct {
        const char *word;
        unsigned flag;
    } words[] = {{"NEVER", NOTIFY_NEVER},
                 {"SUCCESS", NOTIFY_SUCCESS},
                 {"FAILURE", NOTIFY_FAILURE},
                 {"DELAY", NOTIFY_DELAY}};
    const char *end = value ? value + len : NULL;

    while (value && value <= end) {
        const char *comma = memchr(value, ',', (size_t)(end - value));
        size_t word_len = (size_t)((comma ? comma : end) - value);
        unsigned flag = 0;
        size_t i;

        for (i = 0; i < sizeof words / sizeof *words; i++) {
            flag |= equals(value, word_len, words[i].word) ? words[i].flag : 0;
        }
        if (!flag || (out->notify & flag)) {
            return -1;
        }
        out->notify |= flag;
        value += word_len + 1;
    }
    return out->notify == 0 ||
                   (out->notify & NOTIFY_NEVER && out->notify != NOTIFY_NEVER)
               ? -1
               : 0;
}

/* Length of the UTF-8 character at BYTES and its code point; 0 for none. */
static size_t read_character(const char *bytes, size_t len, unsigned *point)
{
    unsigned char first = (unsigned char)bytes[0];
    size_t need = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t i;

    if (first < 0xc2 || first > 0xf4 || need > len) {
        return 0;
    }
    *point = first & (0x7fU >> need);
    for (i = 1; i < need; i++) {
        unsigned char next = (unsigned char)bytes[i];
        if ((next & 0xc0) != 0x80) {
            return 0;
        }
        *point = *point << 6 | (next & 0x3f);
    }
    return *point < least[need] || *point > 0x10ffff || (*point >> 11) == 0x1b ||
                   (*point >= 0x80 && *point < 0xa0)
               ? 0
               : need;
}

/* utf-8-addr-unitext becomes utf-8-addr-xtext (RFC 6533 section 3), so that the
 * queue and DSNs hold ASCII alone. */
static int add_utf8_address(const char *bytes, size_t len, struct parameters *out)
{
    size_t i = 0;

    while (i < len) {
        unsigned char c = (unsigned char)bytes[i];
        unsigned point;
        size_t used = 1;
        if (c > 127) {
            used = read_character(bytes + i, len - i, &point);
            if (used == 0) {
                return -1;
            }
            text_add_format(&out->orcpt, "\\x{%X}", point);
            out->has_utf8_orcpt = 1;
        } else if (c <= ' ' || c >= 127 || c == '=' || c == '+') {
            return -1;
        } else {
            text_add_byte(&out->orcpt, (char)c);
        }
        i += used;
    }
    return len > 0 ? 0 : -1;
}

static int is_address_type(const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        char c = bytes[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
            !(c >= 'a' && c <= 'z') && c != '-') {
            return 0;
        }
    }
    return len > 0;
}

static int read_orcpt(const char *value, size_t len, struct parameters *out)
{
    const char *semicolon = value ? memchr(value, ';', len) : NULL;
    size_t type_len = semicolon ? (size_t)(semicolon - value) : 0;
    size_t address_len = semicolon ? len - type_len - 1 : 0;
    int result = 0;

    if (!semicolon || len > PARAMETER_ORCPT_MAX || !is_address_type(value, type_len)) {
        return -1;
    }
    text_add_bytes(&out->orcpt, value, type_len + 1);
    if (equals(value, type_len, "utf-8")) {
        result = add_utf8_address(semicolon + 1, address_len, out);
    } else if (is_printable_xtext(semicolon + 1, address_len)) {
        text_add_bytes(&out->orcpt, semicolon + 1, address_len);
    } else {
        result = -1;
    }
    text_string(&out->orcpt);
    return result;
}

static const struct {
    const char *keyword;
    enum parameter_place place;
    int (*read)(const char *value, size_t len, struct parameters *out);
} rows[] = {
    {"SIZE", PARAMETER_OF_MAIL, read_size},
    {"BODY", PARAMETER_OF_MAIL, read_body},
    {"SMTPUTF8", PARAMETER_OF_MAIL, read_utf8},
    {"RET", PARAMETER_OF_MAIL, read_return},
    {"ENVID", PARAMETER_OF_MAIL, read_envid},
    {"AUTH", PARAMETER_OF_MAIL, read_auth},
    {"REQUIRETLS", PARAMETER_OF_MAIL, read_requiretls},
    {"NOTIFY", PARAMETER_OF_RCPT, read_notify},
    {"ORCPT", PARAMETER_OF_RCPT, read_orcpt},
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static enum parameter_result parse_one(enum parameter_place place, const char *bytes,
                                       size_t len, struct parameters *out)
{
    const char *equal = memchr(bytes, '=', len);
    size_t keyword_len = equal ? (size_t)(equal - bytes) : len;
    const char *value = equal ? equal + 1 : NULL;
    size_t value_len = equal ? len - keyword_len - 1 : 0;
    size_t i;

    for (i = 0; i < ROW_COUNT; i++) {
        if (rows[i].place == place && equals(bytes, keyword_len, rows[i].keyword)) {
            break;
        }
    }
    if (i == ROW_COUNT) {
        return PARAMETER_UNKNOWN;
    }
    if (out->seen & (1U << i) || (value && memchr(value, '=', value_len))) {
        return PARAMETER_WRONG;
    }
    out->seen |= 1U << i;
    return rows[i].read(value, value_len, out) == 0 ? PARAMETER_RIGHT : PARAMETER_WRONG;
}

enum parameter_result parameters_parse(enum parameter_place place, const char *bytes,
                                       size_t len, struct parameters *out)
{
    enum parameter_result result = PARAMETER_RIGHT;
    size_t at = 0;

    while (result == PARAMETER_RIGHT && at < len) {
        size_t end = at;
        while (end < len && bytes[end] != ' ' && bytes[end] != '\t') {
            end++;
        }
        if (end > at) {
            result = parse_one(place, bytes + at, end - at, out);
        }
        at = end + 1;
    }
    return result;
}

void parameters_clear(struct parameters *parameters)
{
    parameters->seen = 0;
    parameters->size = 0;
    parameters->flags = 0;
    parameters->notify = 0;
    parameters->has_auth = 0;
    parameters->has_utf8_orcpt = 0;
    text_clear(&parameters->envid);
    text_clear(&parameters->orcpt);
}

void parameters_free(struct parameters *parameters)
{
    text_free(&parameters->envid);
    text_free(&parameters->orcpt);
    memset(parameters, 0, sizeof *parameters);
}
