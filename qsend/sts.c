#include "sts.h"

#include "../sts/cache.h"
#include "../sts/discovery.h"
#include "../sts/request.h"
#include "../tls/certname.h"
#include "dane.h"
#include "log.h"
#include "paths.h"
#include "punycode.h"
#include "text.h"
#include "tls_policy.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* A fetch goes on for as long as mta_sts_timeout has it, but here other domains wait to
 * be looked up: after so long this one has none, and the next look-up finds it. */
#define WAIT_SECONDS 10
/* A policy that keeps mail back may have been mended (section 5.1). */
#define TTL_MISMATCH 300

/* Has the policy fetched; with the deadline 0 nobody waits for it. 1 where there may be
 * another one now. */
static int ask(const char *domain, const char *id, clock_ms deadline)
{
    const struct sts_request request = {domain, id};
    stralloc path = STRALLOC_ZERO;
    char why[TLS_TEXT_MAX];
    int result =
        sts_request_ask(path_make(&path, PATH_RUN, "sts"), &request, deadline, why);

    if (result < 0) {
        log_event(LOG_LEVEL_WARNING, "sts-unavailable", "domain", domain, "text", why,
                  (char *)0);
    }
    text_free(&path);
    return result > 0;
}

/* 1; 0: there is none; -1: that can't be told. A folder that is not there for us says
 * that nobody keeps any. */
static int read_entry(const char *domain, struct sts_entry *entry)
{
    int result = sts_cache_read(domain, time(NULL), entry);

    if (result < 0) {
        log_failure("sts-read", "domain", domain, (char *)0);
    }
    return result < 0 && errno == EACCES ? 0 : result;
}

struct finding {
    int is_found;            /* there is a policy that holds; else as read_entry */
    int is_known;            /* whether there should be one */
    enum tls_result failure; /* why there is none; or TLS_RESULT_NONE */
    unsigned long ttl;       /* so long this holds */
};

/* No policy with ID is kept: has it fetched, unless that has failed lately. */
static void find_new(const char *domain, const char *id, struct sts_entry *entry,
                     struct finding *finding)
{
    long long now = time(NULL);

    finding->failure = sts_cache_find_failure(domain, id, now);
    if (finding->failure == TLS_RESULT_NONE) {
        if (ask(domain, id, clock_deadline(WAIT_SECONDS))) {
            finding->is_found = read_entry(domain, entry);
            return;
        }
        finding->failure = sts_cache_find_failure(domain, id, time(NULL));
    }
    finding->is_known = finding->failure != TLS_RESULT_NONE;
    finding->ttl =
        finding->ttl > STS_FAILURE_SECONDS ? STS_FAILURE_SECONDS : finding->ttl;
}

/* A policy that is kept holds whether or not the DNS still tells of it: who can hide
 * the record could switch it off otherwise (section 10.2). */
static struct finding find_entry(const char *domain, struct sts_entry *entry)
{
    struct finding finding = {.is_found = read_entry(domain, entry), .is_known = 1};
    long long now = time(NULL);
    char id[STS_ID_MAX + 1];

    if (finding.is_found < 0) {
        return finding;
    }
    switch (sts_discover(domain, id, &finding.ttl)) {
    case STS_THERE:
        break;
    case STS_UNKNOWN:
        finding.is_known = 0;
        return finding;
    default:
        return finding;
    }
    if (!finding.is_found || strcmp(id, entry->id) != 0) {
        find_new(domain, id, entry, &finding);
    } else if (sts_cache_is_due(entry, now) &&
               sts_cache_find_failure(domain, id, now) == TLS_RESULT_NONE) {
        ask(domain, id, 0);
    }
    return finding;
}

/* Adds what POLICY says of HOST to FIELD. */
static void add_policy(stralloc *field, const struct sts_policy *policy,
                       const char *host)
{
    int is_enforced = policy->mode == STS_ENFORCE;
    char name[DNS_NAME_SIZE];

    if (punycode_encode_domain(host, name, sizeof name) < 0 ||
        !certname_is_plain(name) || !sts_policy_lists(policy, name)) {
        text_add_string(field,
                        is_enforced ? TLS_STS_MISMATCH : TLS_STS_TESTING_MISMATCH);
    } else {
        text_lower(name, strlen(name));
        text_add_string(field, is_enforced ? TLS_STS_ENFORCE : TLS_STS_TESTING);
        text_add_string(field, name);
    }
}

/* POLICY: NULL where there is none; then FINDING says why. */
static char *make_field(const struct sts_policy *policy, const struct finding *finding,
                        const struct mx_host *host)
{
    stralloc field = STRALLOC_ZERO;

    text_set_string(&field, tls_policy_is_signed(host->dane) ? DANE_SIGNED " " : "");
    if (policy) {
        add_policy(&field, policy, host->name);
    } else if (finding->is_known) {
        text_add_string(&field, TLS_STS_FAILED);
        text_add_string(&field, tls_result_names[finding->failure]);
    } else {
        text_add_string(&field, TLS_STS_UNKNOWN);
    }
    text_string(&field);
    return field.s;
}

/* Of the hosts of which DANE says nothing. Those of one name follow each other. */
static void set_fields(const struct sts_policy *policy, const struct finding *finding,
                       struct mx_answer *answer)
{
    const struct mx_host *last = NULL;
    size_t i;

    for (i = 0; i < answer->count; i++) {
        struct mx_host *host = &answer->hosts[i];
        if (!dane_is_none(host->dane)) {
            continue;
        }
        if (last && strcmp(last->name, host->name) == 0) {
            host->dane = last->dane;
            continue;
        }
        host->dane = answer->danes[answer->dane_count++] =
            make_field(policy, finding, host);
        last = host;
    }
}

static int has_host_without_dane(const struct mx_answer *answer)
{
    size_t i = 0;

    while (i < answer->count && !dane_is_none(answer->hosts[i].dane)) {
        i++;
    }
    return i < answer->count;
}

/* Not longer than the policy holds, nor than an exchanger that it does not list may
 * wait for a new one. */
static void lessen_ttl(const struct sts_entry *entry, struct mx_answer *answer)
{
    long long left = entry->fetched + entry->policy.max_age - time(NULL);
    size_t i;

    if (left < (long long)answer->ttl) {
        answer->ttl = left > 0 ? (unsigned long)left : 0;
    }
    for (i = 0; i < answer->count; i++) {
        const char *sts = tls_policy_find_sts(answer->hosts[i].dane);
        if (answer->ttl > TTL_MISMATCH && sts && strcmp(sts, TLS_STS_MISMATCH) == 0) {
            answer->ttl = TTL_MISMATCH;
        }
    }
}

int sts_apply(const char *domain, struct mx_answer *answer)
{
    static struct sts_entry entry;
    char name[DNS_NAME_SIZE];
    struct finding finding;

    if (!has_host_without_dane(answer) ||
        punycode_encode_domain(domain, name, sizeof name) < 0) {
        return 0;
    }
    text_lower(name, strlen(name));
    finding = find_entry(name, &entry);
    if (finding.is_found < 0) {
        return -1;
    }
    answer->ttl = finding.ttl < answer->ttl ? finding.ttl : answer->ttl;
    if (finding.is_found) {
        if (entry.policy.mode != STS_NONE) {
            set_fields(&entry.policy, &finding, answer);
        }
        lessen_ttl(&entry, answer);
    } else if (!finding.is_known || finding.failure != TLS_RESULT_NONE) {
        set_fields(NULL, &finding, answer);
    }
    return 0;
}
