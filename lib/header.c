#include "header.h"

#include "text.h"

#include <string.h>

size_t header_field_length(const char *bytes, size_t len)
{
    size_t at = 0;

    if (len > 0 && bytes[0] == '\n') {
        return 0;
    }
    while (at < len) {
        const char *lf = memchr(bytes + at, '\n', len - at);
        if (!lf) {
            return 0;
        }
        at = (size_t)(lf - bytes) + 1;
        if (at < len && bytes[at] != ' ' && bytes[at] != '\t') {
            return at;
        }
    }
    return at;
}

int header_field_is(const char *field, size_t len, const char *name, const char **value,
                    size_t *value_len)
{
    size_t at = strlen(name);

    if (len <= at || !text_equal_nocase(field, at, name, at)) {
        return 0;
    }
    while (at < len && (field[at] == ' ' || field[at] == '\t')) {
        at++;
    }
    if (at == len || field[at] != ':') {
        return 0;
    }
    *value = field + at + 1;
    *value_len = len - at - 1;
    return 1;
}

size_t header_count_fields(const char *bytes, size_t len, const char *name)
{
    size_t count = 0, at = 0, field;
    const char *value;
    size_t value_len;

    while ((field = header_field_length(bytes + at, len - at)) > 0) {
        count += (size_t)header_field_is(bytes + at, field, name, &value, &value_len);
        at += field;
    }
    return count;
}

size_t header_section_length(const char *bytes, size_t len)
{
    const char *at = bytes;

    if (len == 0 || bytes[0] == '\n') {
        return 0;
    }
    while ((at = memchr(at, '\n', len - (size_t)(at - bytes)))) {
        at++;
        if ((size_t)(at - bytes) < len && *at == '\n') {
            return (size_t)(at - bytes);
        }
    }
    return len;
}

enum tls_required_state header_take_tls_required(enum tls_required_state state, char c)
{
    int is_blank = c == ' ' || c == '\t' || c == '\n';

    switch (state) {
    case TLS_REQUIRED_BLANK:
        return is_blank               ? TLS_REQUIRED_BLANK
               : c == 'N' || c == 'n' ? TLS_REQUIRED_N
                                      : TLS_REQUIRED_OTHER;
    case TLS_REQUIRED_N:
        return c == 'O' || c == 'o' ? TLS_REQUIRED_NO : TLS_REQUIRED_OTHER;
    case TLS_REQUIRED_NO:
        return is_blank ? TLS_REQUIRED_NO : TLS_REQUIRED_OTHER;
    default:
        return TLS_REQUIRED_OTHER;
    }
}

int header_is_tls_optional(const char *bytes, size_t len)
{
    enum tls_required_state state = TLS_REQUIRED_BLANK;
    int count = 0;
    size_t at = 0;
    size_t field;

    while ((field = header_field_length(bytes + at, len - at)) > 0) {
        const char *value;
        size_t value_len;
        size_t i;
        if (header_field_is(bytes + at, field, "TLS-Required", &value, &value_len)) {
            count++;
            state = TLS_REQUIRED_BLANK;
            for (i = 0; i < value_len; i++) {
                state = header_take_tls_required(state, value[i]);
            }
        }
        at += field;
    }
    return count == 1 && state == TLS_REQUIRED_NO;
}
