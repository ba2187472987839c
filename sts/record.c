#include "record.h"

#include <string.h>

#define NAME_MAX_LEN 32

static const char version[] = "v=STSv1;";

int sts_is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int sts_name_is_good(const char *name, size_t len)
{
    size_t i;

    if (len == 0 || len > NAME_MAX_LEN || !sts_is_letter_or_digit(name[0])) {
        return 0;
    }
    for (i = 1; i < len; i++) {
        if (!sts_is_letter_or_digit(name[i]) && (!name[i] || !strchr("_-.", name[i]))) {
            return 0;
        }
    }
    return 1;
}

int sts_id_is_good(const char *id, size_t len)
{
    size_t i;

    for (i = 0; i < len && sts_is_letter_or_digit(id[i]); i++) {
    }
    return len > 0 && len <= STS_ID_MAX && i == len;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* An extension's name and value (section 3.1). */
static int is_extension(const char *field, size_t name_len, size_t len)
{
    size_t i;

    if (!sts_name_is_good(field, name_len) || name_len + 1 >= len) {
        return 0;
    }
    for (i = name_len + 1; i < len; i++) {
        if (field[i] <= ' ' || field[i] > '~' || field[i] == '=' || field[i] == ';') {
            return 0;
        }
    }
    return 1;
}

/* NAME=VALUE without blanks around. 0, or -1 where it is none. */
static int take_field(const char *field, size_t len, char id[STS_ID_MAX + 1])
{
    const char *sign = memchr(field, '=', len);
    size_t name_len = sign ? (size_t)(sign - field) : len;

    if (!sign) {
        return -1;
    }
    if (name_len == 2 && memcmp(field, "id", 2) == 0) {
        if (!sts_id_is_good(field + 3, len - 3)) {
            return -1;
        }
        if (!*id) {
            memcpy(id, field + 3, len - 3);
            id[len - 3] = '\0';
        }
        return 0;
    }
    return is_extension(field, name_len, len) ? 0 : -1;
}

/* The fields behind the version, parted by semicolons; the last may have one, too. */
static int take_fields(const char *text, size_t len, char id[STS_ID_MAX + 1])
{
    size_t at = 0;

    while (at < len) {
        const char *sign = memchr(text + at, ';', len - at);
        size_t end = sign ? (size_t)(sign - text) : len;
        size_t next = end + 1;
        while (at < end && is_blank(text[at])) {
            at++;
        }
        while (end > at && is_blank(text[end - 1])) {
            end--;
        }
        if (end == at ? next <= len : take_field(text + at, end - at, id) < 0) {
            return -1;
        }
        at = next;
    }
    return *id ? 0 : -1;
}

enum sts_record_kind sts_record_parse(const char *text, size_t len,
                                      char id[STS_ID_MAX + 1])
{
    const size_t start = sizeof version - 1;

    id[0] = '\0';
    if (len < start || memcmp(text, version, start) != 0) {
        return STS_RECORD_OTHER;
    }
    if (take_fields(text + start, len - start, id) < 0) {
        id[0] = '\0';
        return STS_RECORD_FAULTY;
    }
    return STS_RECORD_GOOD;
}
