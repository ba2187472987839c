#include "tlsrpt.h"

#include "address.h"
#include "dns.h"
#include "text.h"

#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "v=TLSRPTv1"

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && is_blank(**text)) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && is_blank((*text)[*len - 1])) {
        (*len)--;
    }
}

/* The part of *TEXT before SEPARATOR, without blanks around it; *TEXT goes on behind
 * it. */
static const char *next_part(const char **text, size_t *left, char separator,
                             size_t *len)
{
    const char *part = *text;
    const char *end = *left ? memchr(part, separator, *left) : NULL;
    size_t used = end ? (size_t)(end - part) + 1 : *left;

    *len = end ? used - 1 : *left;
    *text += used;
    *left -= used;
    trim(&part, len);
    return part;
}

/* Printable, and nothing that parts URIs or fields. */
static int is_plain(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || strchr(",;!\"<>\\", text[i])) {
            return 0;
        }
    }
    return 1;
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | (c >= 'A' ? 0x20 : 0)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Appends TEXT with its %XX decoded. 0, or -1 where one is none. */
static int decode(stralloc *out, const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        int high, low;
        if (text[i] != '%') {
            text_add_byte(out, text[i]);
            continue;
        }
        if (len - i < 3 || (high = hex_value(text[i + 1])) < 0 ||
            (low = hex_value(text[i + 2])) < 0) {
            return -1;
        }
        text_add_byte(out, (char)(high << 4 | low));
        i += 2;
    }
    return 0;
}

/* RFC 6068: one address, as is usual; what is asked of the message's header (behind a
 * question mark) is left out. 0, or -1. */
static int add_mailto(stralloc *out, const char *uri, size_t len)
{
    const char *end = memchr(uri, '?', len);
    stralloc decoded = STRALLOC_ZERO, address = STRALLOC_ZERO;
    int result = -1;

    if (decode(&decoded, uri, end ? (size_t)(end - uri) : len) == 0 &&
        decoded.len > 0 &&
        address_parse(decoded.s, decoded.len, 0, &address) == ADDRESS_OK &&
        is_plain(text_string(&address), address.len)) {
        text_add_string(out, "mailto:");
        text_add_bytes(out, address.s, address.len);
        result = 0;
    }
    text_free(&decoded);
    text_free(&address);
    return result;
}

static int has_scheme(const char *uri, size_t len, const char *scheme)
{
    size_t scheme_len = strlen(scheme);

    return len > scheme_len && text_equal_nocase(uri, scheme_len, scheme, scheme_len);
}

/* Those that are not understood, and those for which there is no room, are left out. */
static void add_uri(stralloc *field, const char *uri, size_t len)
{
    size_t before = field->len;
    int result = -1;

    if (before > 0) {
        text_add_byte(field, ',');
    }
    if (has_scheme(uri, len, "mailto:")) {
        result = add_mailto(field, uri + 7, len - 7);
    } else if (has_scheme(uri, len, "https://") && is_plain(uri, len)) {
        text_add_string(field, "https://");
        text_add_bytes(field, uri + 8, len - 8);
        result = 0;
    }
    if (result < 0 || field->len > TLSRPT_FIELD_MAX) {
        field->len = before;
    }
}

static void add_uris(stralloc *field, const char *uris, size_t left)
{
    int count = 0;

    while (left > 0 && count++ < TLSRPT_URIS_MAX) {
        size_t len;
        const char *uri = next_part(&uris, &left, ',', &len);
        add_uri(field, uri, len);
    }
}

int tlsrpt_parse(const char *text, size_t len, stralloc *field)
{
    size_t part_len;
    const char *part = next_part(&text, &len, ';', &part_len);
    int has_uris = 0;

    text_clear(field);
    if (part_len != strlen(VERSION) || memcmp(part, VERSION, part_len) != 0) {
        return 0;
    }
    while (len > 0) {
        part = next_part(&text, &len, ';', &part_len);
        if (part_len > 4 && memcmp(part, "rua=", 4) == 0 && !has_uris) {
            has_uris = 1;
            add_uris(field, part + 4, part_len - 4);
        }
    }
    return 1;
}

void tlsrpt_find(const char *domain, stralloc *field, unsigned long *ttl)
{
    static struct dns_answer answer;
    stralloc text = STRALLOC_ZERO, other = STRALLOC_ZERO;
    size_t i, count = 0;

    text_clear(field);
    text_add_format(&text, "_smtp._tls.%s", domain);
    if (dns_ask_quickly(text_string(&text), ns_t_txt, &answer) == DNS_OK) {
        for (i = 0; i < answer.count; i++) {
            if (dns_join_strings(&answer.records[i], &text) == 0 &&
                tlsrpt_parse(text_string(&text), text.len,
                             count == 0 ? field : &other)) {
                count++;
            }
        }
        if (answer.ttl < *ttl) {
            *ttl = answer.ttl;
        }
    }
    if (count != 1) {
        text_clear(field);
    }
    text_free(&text);
    text_free(&other);
}
