#include "addresslist.h"

#include "text.h"

#include <string.h>

struct scan {
    const char *at, *end;
    stralloc words; /* the element outside angle brackets, without comments */
    stralloc route; /* what stood in angle brackets */
    int has_route;
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
    scan->has_route = 1;
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
    text_add_byte(&scan->words, byte);
}

static void end_element(struct scan *scan,
                        void (*each)(const char *address, size_t len, void *data),
                        void *data)
{
    const stralloc *found = scan->has_route ? &scan->route : &scan->words;

    tidy_words(&scan->words);
    if (found->len > 0) {
        each(found->s, found->len, data);
    }
    text_clear(&scan->words);
    scan->has_route = 0;
}

void addresslist_each(const char *value, size_t len,
                      void (*each)(const char *address, size_t len, void *data),
                      void *data)
{
    struct scan scan = {.at = value, .end = len > 0 ? value + len : value};

    while (scan.at < scan.end) {
        switch (*scan.at) {
        case '(':
            if (skip_comment(&scan, &scan.words)) {
                text_add_byte(&scan.words, ' ');
            }
            break;
        case '"':
            copy_quoted(&scan, &scan.words);
            break;
        case '[':
            copy_literal(&scan);
            break;
        case '<':
            copy_route(&scan);
            break;
        case ':': /* the name of a group goes before */
            text_clear(&scan.words);
            scan.at++;
            break;
        case ',':
        case ';':
            end_element(&scan, each, data);
            scan.at++;
            break;
        default:
            copy_byte(&scan);
            break;
        }
    }
    end_element(&scan, each, data);
    text_free(&scan.words);
    text_free(&scan.route);
}
