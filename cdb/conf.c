/* Rows of pombo.conf: KEY = VALUE. */
#include "address.h"
#include "network.h"
#include "settings.h"
#include "source.h"
#include "text.h"

#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many bytes must be added, taken away or changed to make B of A. */
static size_t measure_distance(const char *a, const char *b)
{
    size_t row[KEY_MAX + 1];
    size_t b_len = strlen(b);
    size_t diagonal, above, i, j;

    for (j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (i = 1; a[i - 1]; i++) {
        diagonal = row[0];
        row[0] = i;
        for (j = 1; j <= b_len; j++) {
            above = row[j];
            row[j] = least(least(row[j] + 1, row[j - 1] + 1),
                           diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_len];
}

/* The key that KEY may have been meant to be, or NULL. */
static const char *suggest_key(const char *key)
{
    const char *best = NULL;
    size_t best_distance = 2 + strlen(key) / 4;
    size_t distance;
    int i;

    for (i = 0; strlen(key) <= KEY_MAX && i < SETTING_COUNT; i++) {
        distance = measure_distance(key, setting_rows[i].name);
        if (distance < best_distance) {
            best_distance = distance;
            best = setting_rows[i].name;
        }
    }
    return best;
}

static void check_networks(const struct text_row *row, const char *value)
{
    char *copy = memory_copy_string(value);
    char *rest = copy;
    struct network network;
    const char *fault;
    char *word;

    while ((word = strtok_r(rest, " \t,", &rest))) {
        fault = network_parse(word, &network);
        if (fault) {
            row_fault(row, "\"%s\": %s", word, fault);
        }
    }
    free(copy);
}

/* What the type alone does not tell. OUT is the value to be compiled. */
static void check_meaning(const struct text_row *row, enum setting setting,
                          const char *value, stralloc *out)
{
    struct net_address server;

    text_set_string(out, value);
    switch (setting) {
    case SET_host_name:
    case SET_default_domain:
        if (*value && source_domain(value, out) < 0) {
            row_fault(row, "\"%s\" is not a domain", value);
        }
        break;
    case SET_postmaster:
        if (*value && source_address(value, out) < 0) {
            row_fault(row, "\"%s\" is not an address", value);
        }
        break;
    case SET_tls_report_from:
    case SET_tls_report_contact:
        /* They stand in headers that anybody's server has to take. */
        if (*value && address_parse(value, strlen(value), 0, out) != ADDRESS_OK) {
            row_fault(row, "\"%s\" is not an address in ASCII", value);
        }
        break;
    case SET_extension_separator:
        if (*value && !strchr("+-=_.~#%!/", *value)) {
            row_fault(row, "the separator may be one of + - = _ . ~ # %% ! /");
        }
        break;
    case SET_relay_networks:
    case SET_auth_failures_exempt:
        check_networks(row, value);
        break;
    case SET_dns_server:
        if (*value && net_address_parse_endpoint(value, NS_DEFAULTPORT, &server) < 0) {
            row_fault(row, "\"%s\" is not ADDRESS:PORT", value);
        }
        break;
    default:
        break;
    }
}

static void add_setting(struct source *source, const struct text_row *row,
                        enum setting setting, const char *value)
{
    stralloc compiled = STRALLOC_ZERO;
    long long number;
    const char *fault = setting_check(setting, value, &number);

    if (fault) {
        row_fault(row, "%s: \"%s\": %s", setting_rows[setting].name, value, fault);
    }
    switch (setting_rows[setting].type) {
    case SETTING_TEXT:
        check_meaning(row, setting, value, &compiled);
        break;
    case SETTING_CHOICE:
        text_set_string(&compiled, value);
        break;
    default:
        text_add_number(&compiled, number);
        break;
    }
    source_add(source, TABLE_CONF, row, setting_rows[setting].name,
               fault ? setting_rows[setting].fallback : text_string(&compiled));
    text_free(&compiled);
}

void conf_parse(struct text_row *row, void *data)
{
    char *equals = strchr(row->text, '=');
    const char *near;
    enum setting setting;
    char *value;
    size_t len;

    if (!equals) {
        row_fault(row, "no '=' in it; a row is KEY = VALUE");
        return;
    }
    value = equals + 1 + strspn(equals + 1, " \t");
    for (len = (size_t)(equals - row->text);
         len > 0 && strchr(" \t", row->text[len - 1]); len--) {
    }
    row->text[len] = 0;
    setting = setting_find(row->text);
    if (setting < SETTING_COUNT) {
        add_setting(data, row, setting, value);
        return;
    }
    near = suggest_key(row->text);
    row_fault(row, "unknown key \"%s\"%s%s%s", row->text,
              near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}
