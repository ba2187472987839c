#include "tls_policy.h"

#include "recipient.h"

#include <string.h>

const char *const tls_level_names[TLS_LEVELS] = {
    [TLS_NONE] = "none",     [TLS_MAY] = "may",
    [TLS_DANE] = "dane",     [TLS_ENCRYPT] = "encrypt",
    [TLS_VERIFY] = "verify", [TLS_FINGERPRINT] = "fingerprint",
};

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
    *out = (struct tls_policy){(enum tls_level)level, text + len + (text[len] == ' ')};
    if (level == TLS_LEVELS || strlen(text) > TLS_POLICY_MAX ||
        (text[len] && (!*out->list || !may_have_list(out->level))) ||
        (level == TLS_FINGERPRINT && !*out->list)) {
        return -1;
    }
    return 0;
}

enum table_result tls_policy_find(const struct tables *tables, const char *destination,
                                  const char **text)
{
    return recipient_find_row(tables, TABLE_TLS_POLICY, destination, text);
}
