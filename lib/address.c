#include "address.h"

#include "netaddress.h"
#include "text.h"

#include <string.h>
#include <sys/socket.h>

#define LOCAL_MAX 64
#define DOMAIN_MAX 255
#define MAILBOX_MAX                                                                    \
    254 /* RFC 5321 section 4.5.3.1.3: a path is 256 with its brackets */

/* Reads IN from AT on; the parse functions move it over what they took. */
struct cursor {
    const char *in;
    size_t len, at;
    unsigned flags;
};

static int peek(const struct cursor *c)
{
    return c->at < c->len ? (unsigned char)c->in[c->at] : -1;
}

/* RFC 5321 atext (RFC 5322 section 3.2.3); RFC 6531 adds UTF-8. */
static int is_atext(int byte)
{
    return byte > 127 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') ||
           (byte > 0 && strchr("!#$%&'*+-/=?^_`{|}~", byte));
}

static int is_letter_or_digit(int byte)
{
    return byte > 127 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

/* Length of the UTF-8 sequence at the start of IN, 0 where it is none (RFC 3629), or a
 * control of U+0080 to U+009F: a terminal may obey it. */
static size_t utf8_length(const unsigned char *in, size_t len)
{
    size_t need = in[0] >= 0xf0 ? 4 : in[0] >= 0xe0 ? 3 : 2;
    size_t i;

    if (in[0] < 0x80) {
        return 1;
    }
    if (in[0] < 0xc2 || in[0] > 0xf4 || len < need) {
        return 0;
    }
    for (i = 1; i < need; i++) {
        if ((in[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((in[0] == 0xc2 && in[1] < 0xa0) || (in[0] == 0xe0 && in[1] < 0xa0) ||
        (in[0] == 0xed && in[1] > 0x9f) || (in[0] == 0xf0 && in[1] < 0x90) ||
        (in[0] == 0xf4 && in[1] > 0x8f)) {
        return 0;
    }
    return need;
}

static enum address_result check_bytes(const char *in, size_t len, unsigned flags)
{
    size_t i = 0;

    while (i < len) {
        size_t step = utf8_length((const unsigned char *)in + i, len - i);
        if (step == 0) {
            return ADDRESS_SYNTAX;
        }
        if (step > 1 && !(flags & ADDRESS_MAY_BE_UTF8)) {
            return ADDRESS_NEEDS_UTF8;
        }
        i += step;
    }
    return ADDRESS_OK;
}

/* Takes atext *("." atext). */
static int parse_dot_string(struct cursor *c, stralloc *local)
{
    for (;;) {
        size_t begin = c->at;
        while (is_atext(peek(c))) {
            c->at++;
        }
        if (c->at == begin) {
            return -1;
        }
        text_add_bytes(local, c->in + begin, c->at - begin);
        if (peek(c) != '.') {
            return 0;
        }
        text_add_byte(local, '.');
        c->at++;
    }
}

/* Takes a quoted string; LOCAL gets what it means, without quotes and escapes. */
static int parse_quoted_string(struct cursor *c, stralloc *local)
{
    for (c->at++; peek(c) != '"'; c->at++) {
        if (peek(c) == '\\') {
            c->at++;
        }
        if (peek(c) < ' ' || peek(c) == 127) {
            return -1;
        }
        text_add_byte(local, c->in[c->at]);
    }
    c->at++;
    return 0;
}

static int is_dot_string(const char *in, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        int is_dot = in[i] == '.' && i > 0 && i + 1 < len && in[i - 1] != '.';
        if (!is_dot && !is_atext((unsigned char)in[i])) {
            return 0;
        }
    }
    return len > 0;
}

/* Writes LOCAL as it stands in a canonical address: quoted only where it has to be. */
static void add_local(stralloc *out, const char *local, size_t len)
{
    size_t i;

    if (is_dot_string(local, len)) {
        text_add_bytes(out, local, len);
        return;
    }
    text_add_byte(out, '"');
    for (i = 0; i < len; i++) {
        if (local[i] == '"' || local[i] == '\\') {
            text_add_byte(out, '\\');
        }
        text_add_byte(out, local[i]);
    }
    text_add_byte(out, '"');
}

/* Sets OUT to the address of a literal; 0, or -1 where it is none. */
static int read_literal(const char *in, size_t len, struct net_address *out)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    int family = AF_INET;

    if (len < 3 || len > sizeof text || in[0] != '[' || in[len - 1] != ']') {
        return -1;
    }
    in++;
    len -= 2;
    if (len > 5 && text_equal_nocase(in, 5, "IPv6:", 5)) {
        in += 5;
        len -= 5;
        family = AF_INET6;
    }
    memcpy(text, in, len);
    text[len] = '\0';
    if (strlen(text) != len || net_address_parse(text, out) < 0) {
        return -1;
    }
    return (memchr(text, ':', len) ? AF_INET6 : AF_INET) == family ? 0 : -1;
}

int address_is_literal(const char *in, size_t len)
{
    struct net_address address;

    return read_literal(in, len, &address) == 0;
}

/* RFC 5321 Domain: labels of letters, digits and inner hyphens (an underscore is met in
 * the field and does no harm), parted by dots, at most 63 octets each. */
static int is_domain_name(const char *in, size_t len)
{
    size_t label = 0, i;

    if (len == 0 || len > DOMAIN_MAX) {
        return 0;
    }
    for (i = 0; i <= len; i++) {
        if (i == len || in[i] == '.') {
            if (i - label == 0 || i - label > 63 || in[label] == '-' ||
                in[i - 1] == '-') {
                return 0;
            }
            label = i + 1;
        } else if (!is_letter_or_digit((unsigned char)in[i]) && in[i] != '-' &&
                   in[i] != '_') {
            return 0;
        }
    }
    return 1;
}

int address_is_domain(const char *in, size_t len, unsigned flags)
{
    return address_is_literal(in, len) ||
           (is_domain_name(in, len) && check_bytes(in, len, flags) == ADDRESS_OK);
}

/* Takes a domain or literal; OUT gets its canonical form. */
static enum address_result parse_domain(struct cursor *c, stralloc *out)
{
    const char *start = c->in + c->at;
    char literal[NET_ADDRESS_TEXT_SIZE];
    struct net_address address;
    size_t begin = c->at, len, before = out->len;

    if (peek(c) == '[') {
        while (peek(c) > ' ' && peek(c) != ']') {
            c->at++;
        }
        c->at += peek(c) == ']';
    } else {
        while (is_letter_or_digit(peek(c)) || peek(c) == '-' || peek(c) == '.' ||
               peek(c) == '_') {
            c->at++;
        }
    }
    len = c->at - begin;
    if (len > 1 && start[len - 1] == '.') {
        len--;
    }
    if (len > DOMAIN_MAX) {
        return ADDRESS_TOO_LONG;
    }
    if (read_literal(start, len, &address) == 0) {
        text_add_string(out, net_address_literal(&address, literal));
        return ADDRESS_OK;
    }
    if (!is_domain_name(start, len)) {
        return ADDRESS_SYNTAX;
    }
    text_add_bytes(out, start, len);
    text_lower(out->s + before, len);
    return ADDRESS_OK;
}

/* RFC 5321 A-d-l: "@" Domain *("," "@" Domain) ":". Dropped. */
static enum address_result skip_source_route(struct cursor *c)
{
    stralloc dropped = STRALLOC_ZERO;
    enum address_result result = ADDRESS_OK;

    while (result == ADDRESS_OK && peek(c) == '@') {
        c->at++;
        result = parse_domain(c, &dropped);
        if (result == ADDRESS_OK && peek(c) == ',' && c->at + 1 < c->len &&
            c->in[c->at + 1] == '@') {
            c->at++;
        } else if (result == ADDRESS_OK && peek(c) != ':') {
            result = ADDRESS_SYNTAX;
        }
    }
    text_free(&dropped);
    if (result == ADDRESS_OK) {
        c->at++;
    }
    return result;
}

static enum address_result finish_without_domain(const struct cursor *c,
                                                 const stralloc *local, stralloc *out)
{
    if ((c->flags & ADDRESS_MAY_BE_POSTMASTER) &&
        text_equal_nocase(local->s, local->len, "postmaster", 10)) {
        text_set_string(out, "postmaster");
        return ADDRESS_OK;
    }
    if (c->flags & ADDRESS_MAY_LACK_DOMAIN) {
        add_local(out, local->s, local->len);
        return ADDRESS_OK;
    }
    return ADDRESS_SYNTAX;
}

static enum address_result parse_local_and_domain(struct cursor *c, stralloc *local,
                                                  stralloc *out)
{
    int bad =
        peek(c) == '"' ? parse_quoted_string(c, local) : parse_dot_string(c, local);

    if (bad) {
        return ADDRESS_SYNTAX;
    }
    if (local->len > LOCAL_MAX) {
        return ADDRESS_TOO_LONG;
    }
    if (peek(c) != '@') {
        return finish_without_domain(c, local, out);
    }
    c->at++;
    add_local(out, local->s, local->len);
    text_add_byte(out, '@');
    return parse_domain(c, out);
}

/* Takes Local-part "@" ( Domain / address-literal ). */
static enum address_result parse_mailbox(struct cursor *c, stralloc *out)
{
    stralloc local = STRALLOC_ZERO;
    size_t begin = c->at;
    enum address_result result;

    text_clear(out);
    result = parse_local_and_domain(c, &local, out);
    text_free(&local);
    if (result == ADDRESS_OK) {
        result = check_bytes(c->in + begin, c->at - begin, c->flags);
    }
    if (result == ADDRESS_OK && out->len > MAILBOX_MAX) {
        result = ADDRESS_TOO_LONG;
    }
    text_string(out);
    return result;
}

enum address_result address_parse_path(const char *in, size_t len, unsigned flags,
                                       stralloc *out, size_t *used)
{
    struct cursor c = {in, len, 0, flags};
    enum address_result result = ADDRESS_OK;

    text_clear(out);
    text_string(out);
    *used = 0;
    if (peek(&c) != '<') {
        return ADDRESS_SYNTAX;
    }
    c.at++;
    if (peek(&c) == '>' && (flags & ADDRESS_MAY_BE_NULL)) {
        *used = 2;
        return ADDRESS_OK;
    }
    if (peek(&c) == '@') {
        result = skip_source_route(&c);
    }
    if (result == ADDRESS_OK) {
        result = parse_mailbox(&c, out);
    }
    if (result == ADDRESS_OK && peek(&c) != '>') {
        result = ADDRESS_SYNTAX;
    }
    *used = c.at + 1;
    return result;
}

enum address_result address_parse(const char *in, size_t len, unsigned flags,
                                  stralloc *out)
{
    struct cursor c = {in, len, 0, flags};
    enum address_result result;

    if (len == 0 && (flags & ADDRESS_MAY_BE_NULL)) {
        text_clear(out);
        text_string(out);
        return ADDRESS_OK;
    }
    result = parse_mailbox(&c, out);
    if (result == ADDRESS_OK && c.at != len) {
        return ADDRESS_SYNTAX;
    }
    return result;
}

const char *address_domain(const char *address)
{
    const char *at = strrchr(address, '@');

    /* An '@' within a quoted local part that stands alone parts nothing. */
    return at && at[1] && at[strlen(at) - 1] != '"' ? at + 1 : NULL;
}

int address_is_utf8(const char *address)
{
    for (; *address; address++) {
        if ((unsigned char)*address > 127) {
            return 1;
        }
    }
    return 0;
}
