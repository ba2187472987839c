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
