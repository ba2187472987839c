#include "dayline.h"

#include "encode.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CRC_DIGITS 8
/* As much of a day's sessions as nobody has. */
#define COUNT_MAX 1000000000000ULL

static const size_t most[DAY_FIELDS] = {
    [DAY_DOMAIN] = 255, [DAY_REPORTS] = 1000, [DAY_POLICY] = 8192, [DAY_RESULT] = 40,
    [DAY_HOST] = 255,   [DAY_IP] = 64,        [DAY_SOURCE] = 64,   [DAY_TEXT] = 200};

void day_line_add_fields(stralloc *out, const struct day_line *line)
{
    int i;

    for (i = 0; i < DAY_FIELDS; i++) {
        const char *at = line->fields[i];
        const char *end = at + strnlen(at, most[i]);
        if (i > 0) {
            text_add_byte(out, '\t');
        }
        for (; at < end; at++) {
            text_add_byte(out, (unsigned char)*at < ' ' || *at == 127 ? '?' : *at);
        }
    }
}

void day_line_add(stralloc *out, unsigned long long count, const char *fields,
                  size_t len)
{
    char number[24];
    int number_len = snprintf(number, sizeof number, "%llu\t", count);
    uint32_t crc = crc32c(crc32c(0, number, (size_t)number_len), fields, len);

    text_add_format(out, "%08x\t%s", crc, number);
    text_add_bytes(out, fields, len);
    text_add_byte(out, '\n');
}

static int has_good_crc(const char *bytes, size_t len)
{
    char crc[CRC_DIGITS + 2];

    if (len <= CRC_DIGITS + 1 || memchr(bytes, '\0', len)) {
        return 0;
    }
    snprintf(crc, sizeof crc, "%08x\t",
             crc32c(0, bytes + CRC_DIGITS + 1, len - CRC_DIGITS - 1));
    return memcmp(bytes, crc, CRC_DIGITS + 1) == 0;
}

/* What goes before the next tab; *LEFT counts what is behind. NULL where there is no
 * more. */
static char *take_field(char **at, size_t *left, size_t *len)
{
    char *field = *at;
    char *tab;

    if (!field) {
        return NULL;
    }
    tab = *left ? memchr(field, '\t', *left) : NULL;
    *len = tab ? (size_t)(tab - field) : *left;
    *at = tab ? tab + 1 : NULL;
    *left -= *len + (tab != NULL);
    return field;
}

static int is_clean(const char *field, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if ((unsigned char)field[i] < ' ' || field[i] == 127) {
            return 0;
        }
    }
    return 1;
}

int day_line_parse(char *bytes, size_t len, struct day_line *line)
{
    size_t left, field_len;
    char *at, *field;
    int i;

    if (!has_good_crc(bytes, len)) {
        return -1;
    }
    at = bytes + CRC_DIGITS + 1;
    left = len - CRC_DIGITS - 1;
    field = take_field(&at, &left, &field_len);
    if (text_parse_number(field, field_len, COUNT_MAX, &line->count) < 0) {
        return -1;
    }
    for (i = 0; i < DAY_FIELDS; i++) {
        field = take_field(&at, &left, &field_len);
        if (!field || field_len > most[i] || !is_clean(field, field_len)) {
            return -1;
        }
        field[field_len] = '\0'; /* a tab, or the LF behind the line */
        line->fields[i] = field;
    }
    line->result = tls_result_find(line->fields[DAY_RESULT]);
    return at || line->result == TLS_RESULT_NONE || line->result == TLS_RESULTS ||
                   !*line->fields[DAY_DOMAIN]
               ? -1
               : 0;
}

void day_name_format(char name[DAY_NAME_SIZE], long long day)
{
    time_t when = (time_t)(day * DAY_SECONDS);
    struct tm parts;

    if (!gmtime_r(&when, &parts) || parts.tm_year < 70 || parts.tm_year > 8099 ||
        strftime(name, DAY_NAME_SIZE, "%Y-%m-%d", &parts) != DAY_NAME_SIZE - 1) {
        memcpy(name, "1970-01-01", DAY_NAME_SIZE);
    }
}

long long day_name_parse(const char *name, size_t len)
{
    static const char shape[] = "dddd-dd-dd";
    struct tm parts = {.tm_hour = 0};
    char again[DAY_NAME_SIZE];
    long long day;
    size_t i;

    for (i = 0; i < len && i < sizeof shape - 1; i++) {
        if (shape[i] == 'd' ? name[i] < '0' || name[i] > '9' : name[i] != '-') {
            return -1;
        }
    }
    if (len != sizeof shape - 1) {
        return -1;
    }
    parts.tm_year = (int)strtol(name, NULL, 10) - 1900;
    parts.tm_mon = (int)strtol(name + 5, NULL, 10) - 1;
    parts.tm_mday = (int)strtol(name + 8, NULL, 10);
    day = (long long)timegm(&parts) / DAY_SECONDS;
    if (day < 0) {
        return -1;
    }
    day_name_format(again, day);
    return memcmp(again, name, len) == 0 ? day : -1;
}
