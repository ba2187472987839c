#include "tls_policy.h"

#include "recipient.h"

#include <string.h>

const char *const tls_level_names[TLS_LEVELS] = {
    [TLS_NONE] = "none",     [TLS_MAY] = "may",
    [TLS_DANE] = "dane",     [TLS_ENCRYPT] = "encrypt",
    [TLS_VERIFY] = "verify", [TLS_FINGERPRINT] = "fingerprint",
};

const char tls_demand_encrypted[] = "encrypted ",
           tls_demand_requiretls[] = "requiretls ";

static int may_have_list(enum tls_level level)
{
    return level == TLS_VERIFY || level == TLS_FINGERPRINT;
}

int tls_policy_parse(const char *text, struct tls_policy *out)
{
    size_t len = strcspn(text, " ");
    int level;

    for (level = 0; level < TLS_LEVELS; level++) {
        if (strlen(tls_level_names[level]) == len &&
            memcmp(tls_level_names[level], text, len) == 0) {
            break;
        }
    }
    *out = (struct tls_policy){.level = (enum tls_level)level,
                               .list = text + len + (text[len] == ' ')};
    if (level == TLS_LEVELS || strlen(text) > TLS_POLICY_MAX ||
        (text[len] && (!*out->list || !may_have_list(out->level))) ||
        (level == TLS_FINGERPRINT && !*out->list)) {
        return -1;
    }
    return 0;
}

/* What follows PREFIX in TEXT, or NULL. */
static const char *skip(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static size_t find_demand(const char *text, enum tls_demand *demand)
{
    const char *rest = NULL;

    *demand = TLS_DEMAND_NONE;
    if ((rest = skip(text, tls_demand_requiretls))) {
        *demand = TLS_DEMAND_REQUIRETLS;
    } else if ((rest = skip(text, tls_demand_encrypted))) {
        *demand = TLS_DEMAND_ENCRYPTED;
    }
    return rest ? (size_t)(rest - text) : 0;
}

size_t tls_policy_demand_length(const char *text)
{
    enum tls_demand demand;

    return find_demand(text, &demand);
}

int tls_policy_parse_demand(const char *text, struct tls_policy *out)
{
    enum tls_demand demand;
    size_t len = find_demand(text, &demand);
    int result = tls_policy_parse(text + len, out);

    out->demand = demand;
    return result;
}

const char *tls_policy_find_sts(const char *field)
{
    const char *rest = skip(field, DANE_SIGNED " ");

    rest = rest ? rest : field;
    return skip(rest, TLS_STS) ? rest : NULL;
}

int tls_policy_is_signed(const char *field)
{
    return strcmp(field, DANE_SIGNED) == 0 ||
           (skip(field, DANE_SIGNED " ") && tls_policy_find_sts(field));
}

enum table_result tls_policy_find(const struct tables *tables, const char *destination,
                                  const char **text)
{
    return recipient_find_row(tables, TABLE_TLS_POLICY, destination, text);
}
