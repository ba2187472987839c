/* A policy of MTA-STS (RFC 8461 section 3.2): what a domain says of TLS with its
 * exchangers. Its text is that of https://mta-sts.DOMAIN/.well-known/mta-sts.txt. */
#ifndef STS_POLICY_H
#define STS_POLICY_H

#include <skalibs/stralloc.h>

#include <stddef.h>

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE, STS_MODES };
extern const char *const sts_mode_names[STS_MODES];

#define STS_AGE_MAX 31557600LL /* seconds; one year */

struct sts_policy {
    enum sts_mode mode;
    long long max_age; /* seconds */
    stralloc patterns; /* of exchangers, in lower case; each ends in NUL */
};

/* Takes the text apart. NULL, or what is wrong with it. Fields that nobody knows count
 * for nothing, nor do empty lines; of a field that stands twice the first counts. OUT
 * is {0} before the first call and is to be freed in either case. Pure. */
const char *sts_policy_parse(const char *bytes, size_t len, struct sts_policy *out);
/* The text again, in a canonical form. */
void sts_policy_write(stralloc *out, const struct sts_policy *policy);
/* 1 where the policy lists HOST, a name in the DNS's form (section 4.1): "*." stands
 * for exactly one label. */
int sts_policy_lists(const struct sts_policy *policy, const char *host);
void sts_policy_free(struct sts_policy *policy);

/* A line "NAME: VALUE"; blanks around VALUE are left out. */
struct sts_field {
    const char *name, *value;
    size_t name_len, value_len;
};
/* Takes the next field off BYTES, passing over empty lines. 1; 0 at the end; -1 where
 * there is something else. Pure. */
int sts_field_next(const char **bytes, size_t *left, struct sts_field *out);
int sts_field_is(const struct sts_field *field, const char *name);

#endif
