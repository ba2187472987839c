/* What the door says, taken apart. */
#include "text.h"
#include "tls_door.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies a field of printable ASCII without blanks. 0, or -1 where it is none or does
 * not fit. */
static int copy_field(char *out, size_t size, const char *field, size_t len)
{
    size_t i;

    if (len == 0 || len >= size) {
        return -1;
    }
    for (i = 0; i < len; i++) {
        if (field[i] <= ' ' || field[i] > '~') {
            return -1;
        }
    }
    memcpy(out, field, len);
    out[len] = '\0';
    return 0;
}

/* The same for hexadecimal digits, of which there may be none. */
static int copy_hex(char *out, size_t size, const char *field, size_t len)
{
    size_t i;

    if (len >= size) {
        return -1;
    }
    for (i = 0; i < len; i++) {
        if (!field[i] || !strchr("0123456789abcdef", field[i])) {
            return -1;
        }
    }
    memcpy(out, field, len);
    out[len] = '\0';
    return 0;
}

static int take_protocol(struct tls_state *out, const char *field, size_t len)
{
    return copy_field(out->protocol, sizeof out->protocol, field, len);
}

static int take_cipher(struct tls_state *out, const char *field, size_t len)
{
    return copy_field(out->cipher, sizeof out->cipher, field, len);
}

static int take_bits(struct tls_state *out, const char *field, size_t len)
{
    unsigned long long bits;

    if (text_parse_number(field, len, INT_MAX, &bits) < 0) {
        return -1;
    }
    out->bits = (int)bits;
    return 0;
}

static int take_sni(struct tls_state *out, const char *field, size_t len)
{
    if (len == 2 && memcmp(field, "--", 2) == 0) {
        out->sni[0] = '\0';
        return 0;
    }
    return copy_field(out->sni, sizeof out->sni, field, len);
}

/* Its blanks came as '_'. */
static int take_fault(struct tls_state *out, const char *field, size_t len)
{
    int result = copy_field(out->fault, sizeof out->fault, field, len);
    char *at = out->fault;

    while (result == 0 && (at = strchr(at, '_'))) {
        *at = ' ';
    }
    return result;
}

/* A fault that nobody has a word for is a failure all the same. */
static int take_result(struct tls_state *out, const char *field, size_t len)
{
    char word[40];

    if (copy_field(word, sizeof word, field, len) < 0) {
        return -1;
    }
    out->result = tls_result_find(word);
    if (out->result < TLS_RESULT_NO_STARTTLS || out->result == TLS_RESULTS) {
        out->result = TLS_RESULT_FAILED;
    }
    return 0;
}

/* KEY=VALUE; what is not known is for others. */
static int take_named(struct tls_state *out, const char *field, size_t len)
{
    static const char exporter[] = "exporter=", end_point[] = "end-point=",
                      verified[] = "verified=", fault[] = "fault=",
                      result[] = "result=";
    const size_t exporter_len = sizeof exporter - 1,
                 end_point_len = sizeof end_point - 1,
                 verified_len = sizeof verified - 1, fault_len = sizeof fault - 1,
                 result_len = sizeof result - 1;

    if (len >= exporter_len && memcmp(field, exporter, exporter_len) == 0) {
        return copy_hex(out->exporter, sizeof out->exporter, field + exporter_len,
                        len - exporter_len);
    }
    if (len >= end_point_len && memcmp(field, end_point, end_point_len) == 0) {
        return copy_hex(out->end_point, sizeof out->end_point, field + end_point_len,
                        len - end_point_len);
    }
    if (len >= verified_len && memcmp(field, verified, verified_len) == 0) {
        return copy_field(out->verified, sizeof out->verified, field + verified_len,
                          len - verified_len);
    }
    if (len >= fault_len && memcmp(field, fault, fault_len) == 0) {
        return take_fault(out, field + fault_len, len - fault_len);
    }
    if (len >= result_len && memcmp(field, result, result_len) == 0) {
        return take_result(out, field + result_len, len - result_len);
    }
    return 0;
}

typedef int take_field(struct tls_state *out, const char *field, size_t len);

int tls_state_parse(const char *line, size_t len, struct tls_state *out)
{
    static take_field *const takers[] = {take_protocol, take_cipher, take_bits,
                                         take_sni};
    const size_t fixed = sizeof takers / sizeof *takers;
    const char *end = line + len;
    size_t count = 0;

    *out = (struct tls_state){0};
    if (len < 3 || memcmp(line, "OK ", 3) != 0) {
        return -1;
    }
    line += 3;
    while (line < end) {
        const char *blank = memchr(line, ' ', (size_t)(end - line));
        size_t field_len = (size_t)((blank ? blank : end) - line);
        take_field *take = count < fixed ? takers[count] : take_named;
        if (take(out, line, field_len) < 0) {
            *out = (struct tls_state){0};
            return -1;
        }
        count++;
        line += field_len + (blank != NULL);
    }
    if (count < fixed) {
        *out = (struct tls_state){0};
        return -1;
    }
    out->is_active = 1;
    return 0;
}

void tls_state_from_environment(struct tls_state *out)
{
    static const struct {
        const char *name;
        take_field *take;
        const char *prefix;
    } variables[] = {
        {"TLS_PROTOCOL", take_protocol, ""},
        {"TLS_CIPHER", take_cipher, ""},
        {"TLS_BITS", take_bits, ""},
        {"TLS_SNI", take_sni, ""},
        {"TLS_EXPORTER", take_named, "exporter="},
        {"TLS_END_POINT", take_named, "end-point="},
    };
    char field[TLS_NAME_MAX + 16];
    size_t i;

    *out = (struct tls_state){0};
    for (i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i].name);
        int len =
            value ? snprintf(field, sizeof field, "%s%s", variables[i].prefix, value)
                  : 0;
        if (len > 0 && (size_t)len < sizeof field) {
            variables[i].take(out, field, (size_t)len);
        }
    }
    out->is_active = out->protocol[0] != '\0';
}

/* Small letters and digits. */
static int is_service(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len <= TLS_SERVICE_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789") == len;
}

/* The questions of one word. */
static int take_word(struct tls_question *out, const char *word)
{
    if (strcmp(word, "list") == 0) {
        out->kind = TLS_QUESTION_LIST;
    } else if (strcmp(word, "refused") == 0) {
        out->kind = TLS_QUESTION_REFUSED;
    } else {
        return -1;
    }
    return out->client < 0 ? 0 : -1;
}

int tls_question_parse(const char *bytes, size_t len, int client,
                       struct tls_question *out)
{
    const char *fields[3] = {NULL};
    size_t count = 0;
    size_t at = 0;

    *out = (struct tls_question){.client = client};
    if (len == 0 || bytes[len - 1] != '\0') {
        return -1;
    }
    while (at < len) {
        if (count == 3) {
            return -1;
        }
        fields[count] = bytes + at;
        at += strlen(fields[count++]) + 1;
    }
    if (count == 1) {
        return take_word(out, fields[0]);
    }
    if (count != 3 || strcmp(fields[0], "server") != 0 || client < 0 ||
        !is_service(fields[1]) ||
        copy_field(out->peer, sizeof out->peer, fields[2], strlen(fields[2])) < 0) {
        return -1;
    }
    memcpy(out->service, fields[1], strlen(fields[1]) + 1);
    out->kind = TLS_QUESTION_SERVER;
    return 0;
}
