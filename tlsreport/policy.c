#include "policy.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

#define STS "mta-sts "

/* The mode of a policy of MTA-STS; NULL where the field tells of none. */
static const char *find_mode(const char *field)
{
    if (strncmp(field, STS, strlen(STS)) != 0) {
        return NULL;
    }
    return strncmp(field + strlen(STS), "testing", 7) == 0 ? "mode: testing"
                                                           : "mode: enforce";
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

/* What is known here of the policy's text. */
static void write_mode(struct json *json, const char *mode)
{
    json_open(json, "policy-string", '[');
    json_string(json, NULL, "version: STSv1");
    json_string(json, NULL, mode);
    json_close(json, ']');
}

void policy_write(struct json *json, const char *field, const char *domain)
{
    const char *mode = find_mode(field);
    int has_records = !mode && strchr(field, ' ');

    json_open(json, "policy", '{');
    if (mode) {
        json_string(json, "policy-type", "sts");
        write_mode(json, mode);
    } else if (has_records) {
        json_string(json, "policy-type", "tlsa");
        write_records(json, field);
    } else {
        json_string(json, "policy-type",
                    strcmp(field, "failed") == 0 ? "tlsa" : "no-policy-found");
    }
    json_string(json, "policy-domain", domain);
    if (has_records) {
        write_host(json, field);
    }
    json_close(json, '}');
}
