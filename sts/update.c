#include "update.h"

#include "../qsend/dns.h"
#include "cache.h"
#include "clock.h"
#include "log.h"
#include "text.h"

#include <arpa/nameser.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define ADDRESSES_MAX 8

static void add_addresses(stralloc *out, const char *name, int type)
{
    static struct dns_answer answer;
    char text[NET_ADDRESS_TEXT_SIZE];
    size_t i;

    if (dns_ask(name, type, &answer) != DNS_OK) {
        return;
    }
    for (i = 0; i < answer.count && i < ADDRESSES_MAX; i++) {
        const struct net_address *address = &answer.records[i].address;
        text_add_format(out, address->family == AF_INET6 ? "%s[%s]" : "%s%s",
                        out->len ? "," : "", net_address_format(address, text));
    }
}

/* Our own look-up: libcurl's would be the machine's, and dns_server would not count. */
static enum tls_result find_and_fetch(const struct update_settings *settings,
                                      const char *domain, stralloc *text,
                                      char why[STS_FETCH_WHY_MAX])
{
    clock_ms deadline = clock_deadline(settings->seconds);
    stralloc addresses = STRALLOC_ZERO;
    struct fetch fetch = {
        .domain = domain, .port = settings->port, .authorities = settings->authorities};
    enum tls_result type = TLS_RESULT_STS_FETCH;
    char name[DNS_NAME_SIZE + 10];

    snprintf(name, sizeof name, "mta-sts.%s", domain);
    add_addresses(&addresses, name, ns_t_aaaa);
    add_addresses(&addresses, name, ns_t_a);
    fetch.addresses = text_string(&addresses);
    fetch.milliseconds = clock_poll_timeout(deadline);
    if (addresses.len == 0) {
        snprintf(why, STS_FETCH_WHY_MAX, "mta-sts.%.150s has no address", domain);
    } else if (fetch.milliseconds <= 0) {
        snprintf(why, STS_FETCH_WHY_MAX, "the look-up of its server took too long");
    } else {
        type = fetch_run(&fetch, text, why);
    }
    text_free(&addresses);
    return type;
}

static enum tls_result fetch_policy(const struct update_settings *settings,
                                    const char *domain, struct sts_policy *policy,
                                    char why[STS_FETCH_WHY_MAX])
{
    stralloc text = STRALLOC_ZERO;
    enum tls_result type = find_and_fetch(settings, domain, &text, why);
    const char *fault =
        type == TLS_RESULT_OK ? sts_policy_parse(text.s, text.len, policy) : NULL;

    if (fault) {
        snprintf(why, STS_FETCH_WHY_MAX, "%s", fault);
        type = TLS_RESULT_STS_POLICY;
    }
    text_free(&text);
    return type;
}

static int keep(const char *domain, const struct sts_entry *entry,
                char why[STS_FETCH_WHY_MAX])
{
    struct log_line line;

    if (sts_cache_write(domain, entry) < 0) {
        snprintf(why, STS_FETCH_WHY_MAX, "the policy can't be kept");
        log_failure("keep", "domain", domain, (char *)0);
        return -1;
    }
    log_begin(&line, LOG_LEVEL_INFO, "policy");
    log_string(&line, "domain", domain);
    log_string(&line, "id", entry->id);
    log_string(&line, "mode", sts_mode_names[entry->policy.mode]);
    log_number(&line, "max_age", entry->policy.max_age);
    log_end(&line);
    return 0;
}

int update_run(const struct update_settings *settings, const char *domain,
               const char *id, long long used, char why[STS_FETCH_WHY_MAX])
{
    struct sts_entry entry = {.used = used};
    enum tls_result type = fetch_policy(settings, domain, &entry.policy, why);
    int result = -1;

    entry.fetched = time(NULL);
    memcpy(entry.id, id, strlen(id) + 1);
    if (type == TLS_RESULT_OK) {
        result = keep(domain, &entry, why);
    } else {
        log_event(LOG_LEVEL_WARNING, "policy-failed", "domain", domain, "id", id,
                  "type", tls_result_names[type], "text", why, (char *)0);
        if (sts_cache_note_failure(domain, id, entry.fetched, type) < 0) {
            log_failure("keep", "domain", domain, (char *)0);
        }
    }
    sts_policy_free(&entry.policy);
    return result;
}
