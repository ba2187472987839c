#include "settings.h"

#include "text.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define NAME_SIZE 256

#define SETTING(name, type, fallback, min, max, choices, help)                         \
    {#name, type, fallback, min, max, choices, help},
const struct setting_row setting_rows[SETTING_COUNT] = {
#include "settings.def"
};
#undef SETTING

enum setting setting_find(const char *name)
{
    int i;

    for (i = 0; i < SETTING_COUNT; i++) {
        if (strcmp(setting_rows[i].name, name) == 0) {
            return (enum setting)i;
        }
    }
    return SETTING_COUNT;
}

/* What the suffix letter multiplies with; 0 where it is none. */
static long long find_factor(enum setting_type type, char suffix)
{
    static const struct {
        enum setting_type type;
        char suffix;
        long long factor;
    } rows[] = {
        {SETTING_BYTES, 'k', 1024},          {SETTING_BYTES, 'm', 1024LL << 10},
        {SETTING_BYTES, 'g', 1024LL << 20},  {SETTING_SECONDS, 's', 1},
        {SETTING_SECONDS, 'm', 60},          {SETTING_SECONDS, 'h', 3600},
        {SETTING_SECONDS, 'd', 24LL * 3600},
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].type == type && rows[i].suffix == (suffix | 0x20)) {
            return rows[i].factor;
        }
    }
    return 0;
}

static const char *check_number(const struct setting_row *row, const char *value,
                                long long *number)
{
    size_t len = strlen(value);
    long long factor = 1;
    unsigned long long n;

    if (len > 1 && isalpha((unsigned char)value[len - 1])) {
        factor = find_factor(row->type, value[len - 1]);
        len--;
    }
    if (factor == 0 || text_parse_number(value, len, LLONG_MAX, &n) < 0) {
        switch (row->type) {
        case SETTING_BYTES:
            return "not a size (a number, with K, M or G)";
        case SETTING_SECONDS:
            return "not a time (a number, with s, m, h or d)";
        default:
            return "not a number";
        }
    }
    if (n > (unsigned long long)(row->max / factor)) {
        return "too large";
    }
    if ((long long)n * factor < row->min) {
        return "too small";
    }
    *number = (long long)n * factor;
    return NULL;
}

static const char *check_boolean(const char *value, long long *number)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
        return "neither yes nor no";
    }
    *number = value[0] == 'y';
    return NULL;
}

/* *NUMBER is the word's place in the list, from 0. */
static const char *check_choice(const struct setting_row *row, const char *value,
                                long long *number)
{
    size_t value_len = strlen(value);
    const char *word = row->choices;
    long long place = 0;
    size_t len;

    while (*word) {
        len = strcspn(word, " ");
        if (len == value_len && memcmp(word, value, len) == 0) {
            *number = place;
            return NULL;
        }
        place++;
        word += len;
        word += strspn(word, " ");
    }
    return "not one of the words that it may be";
}

static const char *check_text(const struct setting_row *row, const char *value)
{
    size_t len = strlen(value);
    size_t i;

    if (len > (size_t)row->max) {
        return "too long";
    }
    for (i = 0; i < len; i++) {
        if (iscntrl((unsigned char)value[i])) {
            return "control characters";
        }
    }
    return NULL;
}

const char *setting_check(enum setting setting, const char *value, long long *number)
{
    const struct setting_row *row = &setting_rows[setting];

    *number = 0;
    switch (row->type) {
    case SETTING_NUMBER:
    case SETTING_BYTES:
    case SETTING_SECONDS:
        return check_number(row, value, number);
    case SETTING_BOOLEAN:
        return check_boolean(value, number);
    case SETTING_CHOICE:
        return check_choice(row, value, number);
    case SETTING_TEXT:
        return check_text(row, value);
    }
    return "of no known type";
}

/* The compiled text; NULL where the table holds none. */
static const char *find_value(const struct tables *tables, enum setting setting)
{
    const char *value;

    if (!tables || tables_get(tables, TABLE_CONF, setting_rows[setting].name, &value) !=
                       TABLE_FOUND) {
        return NULL;
    }
    return value;
}

long long setting_number(const struct tables *tables, enum setting setting)
{
    const struct setting_row *row = &setting_rows[setting];
    const char *value = find_value(tables, setting);
    unsigned long long compiled;
    long long number;

    if (value && row->type == SETTING_CHOICE) {
        if (!setting_check(setting, value, &number)) {
            return number;
        }
    } else if (value &&
               text_parse_number(value, strlen(value), (unsigned long long)row->max,
                                 &compiled) == 0 &&
               (long long)compiled >= row->min) {
        return (long long)compiled;
    }
    setting_check(setting, row->fallback, &number);
    return number;
}

const char *setting_text(const struct tables *tables, enum setting setting)
{
    const char *value = find_value(tables, setting);

    return value ? value : setting_rows[setting].fallback;
}

static const char *copy_name(char out[NAME_SIZE], const char *name)
{
    size_t len = strnlen(name, NAME_SIZE - 1);

    memcpy(out, name, len);
    out[len] = 0;
    text_lower(out, len);
    return out;
}

const char *setting_host_name(const struct tables *tables)
{
    static char name[NAME_SIZE];
    const char *value = setting_text(tables, SET_host_name);
    char machine[NAME_SIZE] = "";

    if (*value) {
        return copy_name(name, value);
    }
    if (gethostname(machine, sizeof machine - 1) < 0 || !machine[0]) {
        return copy_name(name, "localhost");
    }
    return copy_name(name, machine);
}

const char *setting_default_domain(const struct tables *tables)
{
    static char domain[NAME_SIZE];
    const char *value = setting_text(tables, SET_default_domain);

    return copy_name(domain, *value ? value : setting_host_name(tables));
}
