#include "json.h"

#include "text.h"

#include <stddef.h>

/* Bytes of the character at AT, which ends in NUL; 0 where it is no UTF-8 (RFC 3629:
 * no overlong forms, no surrogates, none over U+10FFFF). */
static size_t utf8_length(const unsigned char *at)
{
    size_t len, i;
    unsigned char least = 0x80, most = 0xbf;

    if (at[0] < 0x80) {
        return 1;
    }
    if (at[0] < 0xc2 || at[0] > 0xf4) {
        return 0;
    }
    len = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    least = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : least;
    most = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : most;
    for (i = 1; i < len; i++) {
        if (at[i] < least || at[i] > most) {
            return 0;
        }
        least = 0x80;
        most = 0xbf;
    }
    return len;
}

static void add_text(stralloc *out, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;

    text_add_byte(out, '"');
    while (*at) {
        size_t len = utf8_length(at);
        if (len == 0) {
            text_add_string(out, "\xef\xbf\xbd");
            len = 1;
        } else if (*at < ' ' || *at == 127) {
            text_add_format(out, "\\u%04x", *at);
        } else {
            if (*at == '"' || *at == '\\') {
                text_add_byte(out, '\\');
            }
            text_add_bytes(out, (const char *)at, len);
        }
        at += len;
    }
    text_add_byte(out, '"');
}

static void begin_member(struct json *json, const char *name)
{
    if (json->needs_comma) {
        text_add_byte(json->out, ',');
    }
    if (name) {
        add_text(json->out, name);
        text_add_byte(json->out, ':');
    }
    json->needs_comma = 1;
}

void json_open(struct json *json, const char *name, char bracket)
{
    begin_member(json, name);
    text_add_byte(json->out, bracket);
    json->needs_comma = 0;
}

void json_close(struct json *json, char bracket)
{
    text_add_byte(json->out, bracket);
    json->needs_comma = 1;
}

void json_string(struct json *json, const char *name, const char *value)
{
    begin_member(json, name);
    add_text(json->out, value);
}

void json_number(struct json *json, const char *name, unsigned long long value)
{
    begin_member(json, name);
    text_add_format(json->out, "%llu", value);
}
