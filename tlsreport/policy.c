#include "policy.h"

#include "text.h"
#include "tls_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the place of a mode, where there is a policy that could not be had. */
static const char no_mode[] = "";

static int begins_with(const char *field, const char *start)
{
    return strncmp(field, start, strlen(start)) == 0;
}

/* The mode of a policy of MTA-STS; NULL where the field tells of none. */
static const char *find_mode(const char *field)
{
    if (!begins_with(field, TLS_STS)) {
        return NULL;
    }
    return begins_with(field, TLS_STS_FAILED) ? no_mode
           : begins_with(field, TLS_STS_TESTING) ||
                   strcmp(field, TLS_STS_TESTING_MISMATCH) == 0
               ? sts_mode_names[STS_TESTING]
               : sts_mode_names[STS_ENFORCE];
}

/* Of MTA-STS the mode alone is the policy: the rest is about one host. */
int policy_compare(const char *a, const char *b)
{
    const char *a_mode = find_mode(a), *b_mode = find_mode(b);

    return strcmp(a_mode ? a_mode : a, b_mode ? b_mode : b);
}

/* The records, four words each: "3 1 1 HEX" (RFC 6698 section 2.2). */
static void write_records(struct json *json, const char *field)
{
    char *copy = memory_copy_string(field);
    char *at = copy;

    strsep(&at, " "); /* the names */
    json_open(json, "policy-string", '[');
    while (at) {
        char *record = at;
        int blanks = 0;
        while (*at && (*at != ' ' || ++blanks < 4)) {
            at++;
        }
        if (*at) {
            *at++ = '\0';
        } else {
            at = NULL;
        }
        json_string(json, NULL, record);
    }
    json_close(json, ']');
    free(copy);
}

/* The name under which the records stand. */
static void write_host(struct json *json, const char *field)
{
    char *name = memory_copy_bytes(field, strcspn(field, ", "));

    json_open(json, "mx-host", '[');
    json_string(json, NULL, name);
    json_close(json, ']');
    free(name);
}

/* A string "NAME: VALUE" as in the policy's text (RFC 8461 section 3.2). */
static void write_field(struct json *json, const char *name, const char *value)
{
    stralloc text = STRALLOC_ZERO;

    text_add_format(&text, "%s: %s", name, value);
    json_string(json, NULL, text_string(&text));
    text_free(&text);
}

/* Each of the policy's patterns: as a string "mx: PATTERN", or bare. */
static void write_patterns(struct json *json, const struct sts_policy *sts, int is_bare)
{
    size_t at;

    for (at = 0; at < sts->patterns.len; at += strlen(sts->patterns.s + at) + 1) {
        if (is_bare) {
            json_string(json, NULL, sts->patterns.s + at);
        } else {
            write_field(json, "mx", sts->patterns.s + at);
        }
    }
}

/* STS: NULL where nothing but the mode is known. */
static void write_sts(struct json *json, const char *mode, const struct sts_policy *sts)
{
    char age[24];

    json_open(json, "policy-string", '[');
    write_field(json, "version", "STSv1");
    write_field(json, "mode", mode);
    if (sts) {
        write_patterns(json, sts, 0);
        snprintf(age, sizeof age, "%lld", sts->max_age);
        write_field(json, "max_age", age);
    }
    json_close(json, ']');
}

static void write_hosts(struct json *json, const struct sts_policy *sts)
{
    json_open(json, "mx-host", '[');
    write_patterns(json, sts, 1);
    json_close(json, ']');
}

void policy_write(struct json *json, const char *field, const char *domain,
                  const struct sts_policy *sts)
{
    const char *mode = find_mode(field);
    int has_records = !mode && strchr(field, ' ');

    if (!mode || (sts && strcmp(mode, sts_mode_names[sts->mode]) != 0)) {
        sts = NULL; /* it is another one by now */
    }

    json_open(json, "policy", '{');
    if (mode) {
        json_string(json, "policy-type", "sts");
        if (*mode) {
            write_sts(json, mode, sts);
        }
    } else if (has_records) {
        json_string(json, "policy-type", "tlsa");
        write_records(json, field);
    } else {
        json_string(json, "policy-type",
                    strcmp(field, DANE_FAILED) == 0 ? "tlsa" : "no-policy-found");
    }
    json_string(json, "policy-domain", domain);
    if (has_records) {
        write_host(json, field);
    } else if (sts) {
        write_hosts(json, sts);
    }
    json_close(json, '}');
}
