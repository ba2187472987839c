#include "policy.h"

#include "record.h"
#include "text.h"

#include <string.h>

#define AGE_DIGITS_MAX 10
#define AGE_MAX 9999999999ULL
#define HOST_MAX 253
#define LABEL_MAX 63

const char *const sts_mode_names[STS_MODES] = {"none", "testing", "enforce"};

static int has_control(const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if ((unsigned char)bytes[i] < ' ' || bytes[i] == '\x7f') {
            return 1;
        }
    }
    return 0;
}

/* A line's length without its end and the blanks before that; *WHOLE with them. */
static size_t measure_line(const char *bytes, size_t left, size_t *whole)
{
    const char *end = memchr(bytes, '\n', left);
    size_t len = end ? (size_t)(end - bytes) : left;

    *whole = len + (end != NULL);
    if (end && len > 0 && bytes[len - 1] == '\r') {
        len--;
    }
    while (len > 0 && (bytes[len - 1] == ' ' || bytes[len - 1] == '\t')) {
        len--;
    }
    return len;
}

static int split_line(const char *line, size_t len, struct sts_field *out)
{
    const char *colon = memchr(line, ':', len);
    size_t at;

    if (!colon || !sts_name_is_good(line, (size_t)(colon - line))) {
        return -1;
    }
    at = (size_t)(colon - line) + 1;
    while (at < len && (line[at] == ' ' || line[at] == '\t')) {
        at++;
    }
    *out = (struct sts_field){line, line + at, (size_t)(colon - line), len - at};
    return out->value_len == 0 || has_control(out->value, out->value_len) ? -1 : 1;
}

int sts_field_next(const char **bytes, size_t *left, struct sts_field *out)
{
    while (*left > 0) {
        const char *line = *bytes;
        size_t whole;
        size_t len = measure_line(line, *left, &whole);
        *bytes += whole;
        *left -= whole;
        if (len > 0) {
            return split_line(line, len, out);
        }
    }
    return 0;
}

int sts_field_is(const struct sts_field *field, const char *name)
{
    return strlen(name) == field->name_len &&
           memcmp(name, field->name, field->name_len) == 0;
}

static int value_is(const struct sts_field *field, const char *value)
{
    return strlen(value) == field->value_len &&
           memcmp(value, field->value, field->value_len) == 0;
}

static int is_label(const char *label, size_t len)
{
    size_t i;

    if (len == 0 || len > LABEL_MAX || label[0] == '-' || label[len - 1] == '-') {
        return 0;
    }
    for (i = 0; i < len; i++) {
        if (!sts_is_letter_or_digit(label[i]) && label[i] != '-') {
            return 0;
        }
    }
    return 1;
}

/* Domain of RFC 5321 section 4.1.2. */
static int is_domain(const char *name, size_t len)
{
    if (len > HOST_MAX) {
        return 0;
    }
    for (;;) {
        const char *dot = memchr(name, '.', len);
        size_t label = dot ? (size_t)(dot - name) : len;
        if (!is_label(name, label)) {
            return 0;
        }
        if (!dot) {
            return 1;
        }
        name += label + 1;
        len -= label + 1;
    }
}

/* Those without a value to be kept. */
enum { SEEN_VERSION = 1, SEEN_MODE = 2, SEEN_AGE = 4, SEEN_ALL = 7 };

static const char *take_mode(const struct sts_field *field, struct sts_policy *out)
{
    int mode = 0;

    while (mode < STS_MODES && !value_is(field, sts_mode_names[mode])) {
        mode++;
    }
    out->mode = (enum sts_mode)mode;
    return mode < STS_MODES ? NULL : "mode is none of none, testing and enforce";
}

static const char *take_age(const struct sts_field *field, struct sts_policy *out)
{
    unsigned long long age;

    if (field->value_len > AGE_DIGITS_MAX ||
        text_parse_number(field->value, field->value_len, AGE_MAX, &age) < 0) {
        return "max_age is no number of up to ten digits";
    }
    out->max_age = age > STS_AGE_MAX ? STS_AGE_MAX : (long long)age;
    return NULL;
}

static const char *take_pattern(const struct sts_field *field, struct sts_policy *out)
{
    size_t start = field->value_len > 2 && memcmp(field->value, "*.", 2) == 0 ? 2 : 0;
    size_t old = out->patterns.len;

    if (!is_domain(field->value + start, field->value_len - start)) {
        return "mx is no name of a host";
    }
    text_add_bytes(&out->patterns, field->value, field->value_len);
    text_lower(out->patterns.s + old, field->value_len);
    text_add_byte(&out->patterns, '\0');
    return NULL;
}

static const char *take_field(const struct sts_field *field, unsigned *seen,
                              struct sts_policy *out)
{
    unsigned was = *seen;

    if (sts_field_is(field, "version")) {
        *seen |= SEEN_VERSION;
        return !(was & SEEN_VERSION) && !value_is(field, "STSv1")
                   ? "version is not STSv1"
                   : NULL;
    }
    if (sts_field_is(field, "mode")) {
        *seen |= SEEN_MODE;
        return was & SEEN_MODE ? NULL : take_mode(field, out);
    }
    if (sts_field_is(field, "max_age")) {
        *seen |= SEEN_AGE;
        return was & SEEN_AGE ? NULL : take_age(field, out);
    }
    return sts_field_is(field, "mx") ? take_pattern(field, out) : NULL;
}

const char *sts_policy_parse(const char *bytes, size_t len, struct sts_policy *out)
{
    const char *fault = NULL;
    struct sts_field field;
    unsigned seen = 0;
    int result;

    text_clear(&out->patterns);
    while (!fault && (result = sts_field_next(&bytes, &len, &field)) != 0) {
        fault = result < 0 ? "there is a line that is no field"
                           : take_field(&field, &seen, out);
    }
    if (!fault && seen != SEEN_ALL) {
        fault = "version, mode or max_age is not there";
    }
    if (!fault && out->mode != STS_NONE && out->patterns.len == 0) {
        fault = "there is no mx";
    }
    return fault;
}

void sts_policy_write(stralloc *out, const struct sts_policy *policy)
{
    size_t at;

    text_add_format(out, "version: STSv1\nmode: %s\nmax_age: %lld\n",
                    sts_mode_names[policy->mode], policy->max_age);
    for (at = 0; at < policy->patterns.len; at += strlen(policy->patterns.s + at) + 1) {
        text_add_format(out, "mx: %s\n", policy->patterns.s + at);
    }
}

static int matches(const char *pattern, const char *host)
{
    const char *rest = host;

    if (strncmp(pattern, "*.", 2) == 0) {
        pattern += 2;
        rest = strchr(host, '.');
        if (!rest || rest == host) {
            return 0;
        }
        rest++;
    }
    return text_equal_nocase(pattern, strlen(pattern), rest, strlen(rest));
}

int sts_policy_lists(const struct sts_policy *policy, const char *host)
{
    size_t at;

    for (at = 0; at < policy->patterns.len; at += strlen(policy->patterns.s + at) + 1) {
        if (matches(policy->patterns.s + at, host)) {
            return 1;
        }
    }
    return 0;
}

void sts_policy_free(struct sts_policy *policy)
{
    text_free(&policy->patterns);
}
