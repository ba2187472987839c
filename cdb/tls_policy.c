/* Rows of tls_policy: DOMAIN, .DOMAIN, [ADDRESS] or *, and what is asked of TLS there.
 */
#include "tls_policy.h"

#include "netaddress.h"
#include "source.h"
#include "text.h"

#include <string.h>
#include <strings.h>

#define ROW_SHAPE                                                                      \
    "a row is DESTINATION none, may, dane, encrypt, verify [match=NAME,...] or "       \
    "fingerprint=HEX,..."

/* The next part of a list of commas, NUL-terminated, or NULL. An empty one counts. */
static char *next_part(char **list)
{
    return *list ? strsep(list, ",") : NULL;
}

static void add_part(stralloc *out, const char *part, int is_first)
{
    text_add_byte(out, is_first ? ' ' : ',');
    text_add_string(out, part);
}

/* NAME, or .NAME for all names below it. */
static const char *read_names(char *list, stralloc *out)
{
    stralloc name = STRALLOC_ZERO;
    const char *fault = NULL;
    size_t count = 0;
    char *part;

    while (!fault && (part = next_part(&list))) {
        size_t dot = part[0] == '.';
        if (part[dot] == '[' || source_domain(part + dot, &name) < 0) {
            fault = "no host's name in match=";
            break;
        }
        add_part(out, dot ? "." : "", count++ == 0);
        text_add_string(out, name.s);
    }
    text_free(&name);
    return fault;
}

/* Sixty-four digits; openssl parts the pairs by colons. */
static const char *read_digest(const char *text, stralloc *out)
{
    size_t digits = 0;

    for (; *text; text++) {
        if (*text == ':' && digits % 2 == 0 && digits > 0) {
            continue;
        }
        if (!strchr("0123456789abcdefABCDEF", *text) ||
            digits == TLS_FINGERPRINT_DIGITS) {
            break;
        }
        text_add_byte(out, *text);
        text_lower(out->s + out->len - 1, 1);
        digits++;
    }
    return *text || digits != TLS_FINGERPRINT_DIGITS
               ? "a fingerprint is a SHA-256 digest, 64 hexadecimal digits"
               : NULL;
}

static const char *read_digests(char *list, stralloc *out)
{
    const char *fault = NULL;
    size_t count = 0;
    char *part;

    while (!fault && (part = next_part(&list))) {
        add_part(out, "", count++ == 0);
        fault = read_digest(part, out);
    }
    return fault;
}

static const char *read_policy(char *level, char *match, stralloc *out)
{
    struct tls_policy policy;

    if (strncmp(level, "fingerprint=", 12) == 0) {
        text_set_string(out, tls_level_names[TLS_FINGERPRINT]);
        return match ? ROW_SHAPE : read_digests(level + 12, out);
    }
    if (tls_policy_parse(level, &policy) < 0) {
        return ROW_SHAPE;
    }
    text_set_string(out, level);
    if (!match) {
        return NULL;
    }
    if (policy.level != TLS_VERIFY || strncmp(match, "match=", 6) != 0) {
        return ROW_SHAPE;
    }
    return read_names(match + 6, out);
}

/* An address is the same one in each way of writing it. */
static int read_key(const char *text, stralloc *out)
{
    char literal[NET_ADDRESS_TEXT_SIZE];
    struct net_address address;

    if (text[0] != '[') {
        return source_destination(text, out);
    }
    if (net_address_parse_literal(text, &address) < 0) {
        return -1;
    }
    text_set_string(out, net_address_literal(&address, literal));
    text_string(out);
    return 0;
}

void tls_policy_parse_row(struct text_row *row, void *data)
{
    stralloc key = STRALLOC_ZERO;
    stralloc value = STRALLOC_ZERO;
    const char *name = row_next_word(row);
    char *level = row_next_word(row);
    char *match = level ? row_next_word(row) : NULL;
    const char *fault = ROW_SHAPE;

    if (level && !row_next_word(row)) {
        fault = read_policy(level, match, &value);
    }
    text_string(&value);
    if (!fault && value.len > TLS_POLICY_MAX) {
        fault = "too long a list";
    }
    if (fault) {
        row_fault(row, "%s", fault);
    }
    if (read_key(name, &key) < 0) {
        row_fault(row, "\"%s\" is none of DOMAIN, .DOMAIN, [ADDRESS] and *", name);
    } else {
        source_add(data, TABLE_TLS_POLICY, row, key.s, text_string(&value));
    }
    text_free(&key);
    text_free(&value);
}
