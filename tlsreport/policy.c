#include "policy.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

#define STS "mta-sts "

/* How much of the field is the policy: of MTA-STS the names of hosts are not. */
static size_t key_length(const char *field)
{
    if (strncmp(field, STS, strlen(STS)) == 0) {
        return strlen(STS) + strcspn(field + strlen(STS), " ");
    }
    return strlen(field);
}

int policy_compare(const char *a, const char *b)
{
    size_t a_len = key_length(a), b_len = key_length(b);
    int result = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return result != 0 ? result : (a_len > b_len) - (a_len < b_len);
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
static void write_mode(struct json *json, const char *field)
{
    const char *mode = field + strlen(STS);
    int is_testing = strncmp(mode, "testing", 7) == 0;

    json_open(json, "policy-string", '[');
    json_string(json, NULL, "version: STSv1");
    json_string(json, NULL, is_testing ? "mode: testing" : "mode: enforce");
    json_close(json, ']');
}

void policy_write(struct json *json, const char *field, const char *domain)
{
    json_open(json, "policy", '{');
    if (strncmp(field, STS, strlen(STS)) == 0) {
        json_string(json, "policy-type", "sts");
        write_mode(json, field);
    } else if (strchr(field, ' ')) {
        json_string(json, "policy-type", "tlsa");
        write_records(json, field);
    } else {
        json_string(json, "policy-type",
                    strcmp(field, "failed") == 0 ? "tlsa" : "no-policy-found");
    }
    json_string(json, "policy-domain", domain);
    if (strchr(field, ' ') && strncmp(field, STS, strlen(STS)) != 0) {
        write_host(json, field);
    }
    json_close(json, '}');
}
