#include "addresslist.h"

#include "text.h"

#include <string.h>

struct scan {
    const char *at, *end;
    const char *element; /* where the present one begins */
    stralloc words;      /* the element outside angle brackets, without comments */
    stralloc route;      /* what stood in angle brackets */
    int route_count;     /* how many times */
    int has_claim;       /* an '@' among the words, outside quotes */
    int takes_claims;
    void (*each)(const char *address, size_t len, void *data);
    void *data;
};

/* Skips a comment, which may hold others. One without an end leaves its '(' in OUT, so
 * that what it would swallow is refused, not lost. 1 where it has one. */
static int skip_comment(struct scan *scan, stralloc *out)
{
    int depth = 0;

    for (; scan->at < scan->end; scan->at++) {
        if (*scan->at == '\\' && scan->at + 1 < scan->end) {
            scan->at++;
        } else if (*scan->at == '(') {
            depth++;
        } else if (*scan->at == ')' && --depth == 0) {
            scan->at++;
            return 1;
        }
    }
    text_add_byte(out, '(');
    return 0;
}

static void copy_quoted(struct scan *scan, stralloc *out)
{
    do {
        if (*scan->at == '\\' && scan->at + 1 < scan->end) {
            text_add_byte(out, *scan->at++);
        }
        if (*scan->at != '\r' && *scan->at != '\n') {
            text_add_byte(out, *scan->at);
        }
        scan->at++;
    } while (scan->at < scan->end && *scan->at != '"');
    if (scan->at < scan->end) {
        text_add_byte(out, *scan->at++);
    }
}

/* "<@a,@b:user@host>": what stands behind the route is kept. */
static void cut_source_route(stralloc *route)
{
    const char *colon;

    if (route->len > 0 && route->s[0] == '@' &&
        (colon = memchr(route->s, ':', route->len))) {
        size_t cut = (size_t)(colon - route->s) + 1;
        memmove(route->s, route->s + cut, route->len - cut);
        route->len -= cut;
    }
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void copy_route(struct scan *scan)
{
    scan->route_count++;
    text_clear(&scan->route);
    scan->at++;
    while (scan->at < scan->end && *scan->at != '>') {
        if (*scan->at == '"') {
            copy_quoted(scan, &scan->route);
        } else if (*scan->at == '(') {
            skip_comment(scan, &scan->route);
        } else {
            if (!is_blank(*scan->at)) {
                text_add_byte(&scan->route, *scan->at);
            }
            scan->at++;
        }
    }
    scan->at += scan->at < scan->end;
    cut_source_route(&scan->route);
}

static int is_joint(char c)
{
    return c == '@' || c == '.' || c == ' ';
}

/* Blanks around '@' and '.' are allowed and mean nothing; others part words. Those in
 * quoted strings stay. */
static void tidy_words(stralloc *words)
{
    size_t kept = 0, i;
    int is_quoted = 0;

    for (i = 0; i < words->len; i++) {
        int is_loose = !is_quoted && words->s[i] == ' ' &&
                       (kept == 0 || is_joint(words->s[kept - 1]) ||
                        i + 1 == words->len || is_joint(words->s[i + 1]));
        if (is_quoted && words->s[i] == '\\' && i + 1 < words->len) {
            words->s[kept++] = words->s[i++];
        } else if (words->s[i] == '"') {
            is_quoted = !is_quoted;
        }
        if (!is_loose) {
            words->s[kept++] = words->s[i];
        }
    }
    words->len = kept;
}

/* A domain literal, such as [IPv6:2001:db8::1], whose colons part no group. */
static void copy_literal(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at != ']') {
        if (!is_blank(*scan->at)) {
            text_add_byte(&scan->words, *scan->at);
        }
        scan->at++;
    }
}

static void copy_byte(struct scan *scan)
{
    char byte = *scan->at++;

    if (is_blank(byte)) {
        byte = ' ';
    }
    scan->has_claim |= byte == '@';
    text_add_byte(&scan->words, byte);
}

static void give(struct scan *scan, const char *bytes, size_t len)
{
    if (len > 0) {
        scan->each(bytes, len, scan->data);
    }
}

static void begin_element(struct scan *scan)
{
    text_clear(&scan->words);
    scan->route_count = 0;
    scan->has_claim = 0;
    scan->element = scan->at < scan->end ? scan->at + 1 : scan->at;
}

/* Of two addresses in angle brackets nobody knows which counts: no address. */
static void end_element(struct scan *scan)
{
    tidy_words(&scan->words);
    if (scan->route_count > 1) {
        give(scan, scan->element, (size_t)(scan->at - scan->element));
    } else if (scan->route_count == 1) {
        give(scan, scan->route.s, scan->route.len);
    }
    if (scan->route_count == 0 || (scan->takes_claims && scan->has_claim)) {
        give(scan, scan->words.s, scan->words.len);
    }
    begin_element(scan);
}

/* The name of a group goes before. */
static void end_group_name(struct scan *scan)
{
    if (scan->takes_claims && (scan->has_claim || scan->route_count > 0)) {
        give(scan, scan->element, (size_t)(scan->at - scan->element));
    }
    begin_element(scan);
}

static void scan_part(struct scan *scan)
{
    switch (*scan->at) {
    case '(':
        if (skip_comment(scan, &scan->words)) {
            text_add_byte(&scan->words, ' ');
        }
        break;
    case '"':
        copy_quoted(scan, &scan->words);
        break;
    case '[':
        copy_literal(scan);
        break;
    case '<':
        copy_route(scan);
        break;
    case ':':
        end_group_name(scan);
        scan->at++;
        break;
    case ',':
    case ';':
        end_element(scan);
        scan->at++;
        break;
    default:
        copy_byte(scan);
        break;
    }
}

static void scan_list(struct scan *scan)
{
    scan->element = scan->at;
    while (scan->at < scan->end) {
        scan_part(scan);
    }
    end_element(scan);
    text_free(&scan->words);
    text_free(&scan->route);
}

void addresslist_each(const char *value, size_t len,
                      void (*each)(const char *address, size_t len, void *data),
                      void *data)
{
    struct scan scan = {
        .at = value, .end = len > 0 ? value + len : value, .each = each, .data = data};

    scan_list(&scan);
}

void addresslist_each_claim(const char *value, size_t len,
                            void (*each)(const char *address, size_t len, void *data),
                            void *data)
{
    struct scan scan = {.at = value,
                        .end = len > 0 ? value + len : value,
                        .takes_claims = 1,
                        .each = each,
                        .data = data};

    scan_list(&scan);
}
