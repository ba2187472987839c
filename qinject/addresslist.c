#include "addresslist.h"

#include "address.h"
#include "text.h"

#include <string.h>

struct scan {
    const char *at, *end;
    const char *element; /* where the present one begins */
    stralloc words;      /* the element outside angle brackets, without comments */
    stralloc route;      /* what stood in angle brackets */
    int route_count;     /* how many times */
    int has_claim;       /* an '@' among the words, outside quotes */
    int is_doubtful;     /* by no RFC: readers take it in many ways */
    int is_group;        /* behind the name of a group that has not ended */
    int takes_claims;
    void (*each)(const char *address, size_t len, void *data);
    void *data;
};

/* Skips a comment, which may hold others; it parts words as a blank does. One without
 * an end leaves its '(' in OUT, so that what it would swallow is refused, not lost. */
static void skip_comment(struct scan *scan, stralloc *out)
{
    int depth = 0;

    for (; scan->at < scan->end; scan->at++) {
        if (*scan->at == '\\' && scan->at + 1 < scan->end) {
            scan->at++;
        } else if (*scan->at == '(') {
            depth++;
        } else if (*scan->at == ')' && --depth == 0) {
            scan->at++;
            text_add_byte(out, ' ');
            return;
        }
    }
    text_add_byte(out, '(');
    scan->is_doubtful = 1;
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
    } else {
        scan->is_doubtful = 1;
    }
}

/* The length of "@a,@b:" at the start of ROUTE, or 0. */
static size_t source_route_len(const stralloc *route)
{
    size_t at = 0, start;

    while (at < route->len && route->s[at] == '@') {
        start = ++at;
        while (at < route->len && route->s[at] != ',' && route->s[at] != ':') {
            at++;
        }
        if (at == route->len ||
            !address_is_domain(route->s + start, at - start, ADDRESS_MAY_BE_UTF8)) {
            return 0;
        }
        if (route->s[at++] == ':') {
            return at;
        }
    }
    return 0;
}

/* "<@a,@b:user@host>": what stands behind the route is kept. */
static void cut_source_route(stralloc *route)
{
    size_t cut = source_route_len(route);

    if (cut > 0) {
        memmove(route->s, route->s + cut, route->len - cut);
        route->len -= cut;
    }
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int is_joint(char c)
{
    return c == '@' || c == '.' || c == ',' || c == ':' || c == ' ';
}

/* Blanks around '@' and '.', and around what parts a source route, are allowed and mean
 * nothing; others part words. Those in quoted strings stay. */
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
            text_add_byte(&scan->route, is_blank(*scan->at) ? ' ' : *scan->at);
            scan->at++;
        }
    }
    scan->is_doubtful |= scan->at == scan->end;
    scan->at += scan->at < scan->end;
    tidy_words(&scan->route);
    cut_source_route(&scan->route);
}

static int is_literal_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '.' || c == ':' || c == '-';
}

/* A domain literal, such as [IPv6:2001:db8::1], whose colons part no group. Whatever
 * else stands in brackets, other readers see. */
static void copy_literal(struct scan *scan)
{
    const stralloc *words = &scan->words;

    scan->is_doubtful |= words->len == 0 || words->s[words->len - 1] != '@';
    do {
        if (!is_blank(*scan->at)) {
            text_add_byte(&scan->words, *scan->at);
        }
        scan->at++;
        scan->is_doubtful |=
            scan->at == scan->end || (*scan->at != ']' && !is_literal_byte(*scan->at));
    } while (scan->at < scan->end && *scan->at != ']');
    if (scan->at < scan->end) {
        text_add_byte(&scan->words, *scan->at++);
    }
}

/* What stands in no word: ends of what has not begun, backslashes, control bytes. */
static int is_special(char c)
{
    return (c >= 0 && c < ' ') || c == 127 || c == '\\' || c == ')' || c == ']' ||
           c == '>';
}

static void copy_byte(struct scan *scan)
{
    char byte = *scan->at++;

    if (is_blank(byte)) {
        byte = ' ';
    }
    scan->has_claim |= byte == '@';
    scan->is_doubtful |= is_special(byte);
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
    scan->is_doubtful = 0;
    scan->element = scan->at < scan->end ? scan->at + 1 : scan->at;
}

/* Of two addresses in angle brackets nobody knows which counts: no address. */
static void end_element(struct scan *scan)
{
    tidy_words(&scan->words);
    if (scan->route_count > 1 || (scan->takes_claims && scan->is_doubtful)) {
        give(scan, scan->element, (size_t)(scan->at - scan->element));
    } else if (scan->route_count == 1) {
        give(scan, scan->route.s, scan->route.len);
    }
    if (scan->route_count == 0 || (scan->takes_claims && scan->has_claim)) {
        give(scan, scan->words.s, scan->words.len);
    }
    begin_element(scan);
}

/* The name of a group goes before; its colon makes sure that it is no address. */
static void end_group_name(struct scan *scan)
{
    int is_named = scan->words.len > 0 && !scan->is_group;

    if (scan->takes_claims &&
        (!is_named || scan->has_claim || scan->is_doubtful || scan->route_count > 0)) {
        give(scan, scan->element, (size_t)(scan->at - scan->element) + 1);
    }
    begin_element(scan);
    scan->is_group = 1;
}

/* Behind angle brackets stand comments and blanks alone. */
static int may_follow_route(char c)
{
    return is_blank(c) || c == '(' || c == ',' || c == ';' || c == ':';
}

static void scan_part(struct scan *scan)
{
    scan->is_doubtful |= scan->route_count > 0 && !may_follow_route(*scan->at);
    switch (*scan->at) {
    case '(':
        skip_comment(scan, &scan->words);
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
        scan->is_group &= *scan->at == ',';
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
