#include "mx.h"

#include "clock.h"
#include "dane.h"
#include "punycode.h"
#include "settings.h"
#include "sts.h"
#include "text.h"
#include "tlsrpt.h"

#include <arpa/nameser.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#define TTL_TROUBLE 60

static void set_answer(struct mx_answer *answer, char status, const char *enhanced,
                       const char *text)
{
    answer->status = status;
    answer->enhanced = enhanced;
    answer->text = text;
}

/* Whose addresses are looked for, and what has to be known for DANE. */
struct exchanger {
    const char *name;
    unsigned preference;
    const char *domain; /* whose exchanger it is */
    unsigned port;      /* of the TLSA records; 0: none are wanted */
};

static void begin_answer(struct mx_answer *answer)
{
    while (answer->dane_count > 0) {
        free(answer->danes[--answer->dane_count]);
    }
    answer->count = 0;
    text_clear(&answer->reports);
    answer->ttl = 86400;
    set_answer(answer, 'K', "2.0.0", "");
}

static void add_host(struct mx_answer *answer, unsigned preference, const char *name,
                     const struct net_address *address)
{
    struct mx_host *host;

    if (answer->count == MX_HOSTS_MAX) {
        return;
    }
    host = &answer->hosts[answer->count++];
    host->preference = preference;
    host->address = *address;
    memcpy(host->name, name, strlen(name) + 1);
    host->dane = DANE_INSECURE;
}

static void lessen_ttl(struct mx_answer *answer, unsigned long ttl)
{
    if (ttl < answer->ttl) {
        answer->ttl = ttl;
    }
}

/* Says of the hosts from FIRST on, which are those of one exchanger, what its TLSA
 * records are. */
static void add_dane(struct mx_answer *answer, size_t first,
                     const struct exchanger *exchanger, const struct dns_answer *v6,
                     const struct dns_answer *v4)
{
    char name[DNS_NAME_SIZE], domain[DNS_NAME_SIZE];
    struct dane_question question = {.exchanger = name,
                                     .domain = domain,
                                     .port = exchanger->port,
                                     .is_secure = (v6->count == 0 || v6->is_secure) &&
                                                  (v4->count == 0 || v4->is_secure),
                                     .canonical = v6->count > 0 ? v6->name : v4->name};
    stralloc field = STRALLOC_ZERO;

    if (first == answer->count ||
        punycode_encode_domain(exchanger->name, name, sizeof name) < 0 ||
        punycode_encode_domain(exchanger->domain, domain, sizeof domain) < 0) {
        return;
    }
    text_lower(name, strlen(name));
    text_lower(domain, strlen(domain));
    dane_find(&field, &question, &answer->ttl);
    answer->danes[answer->dane_count++] = field.s;
    for (; first < answer->count; first++) {
        answer->hosts[first].dane = field.s;
    }
}

/* Adds the addresses of one host, IPv6 and IPv4 in turn. What the worse of the two
 * look-ups said, but OK where either had an address: then the other's failure shortens
 * no time to live, as most hosts have but one kind. */
static enum dns_result add_addresses(struct mx_answer *answer,
                                     const struct exchanger *exchanger)
{
    static struct dns_answer v6, v4;
    const char *name = exchanger->name;
    unsigned preference = exchanger->preference;
    enum dns_result result6 = dns_ask(name, ns_t_aaaa, &v6);
    enum dns_result result4 = dns_ask(name, ns_t_a, &v4);
    int is_found = result6 == DNS_OK || result4 == DNS_OK;
    size_t first = answer->count, i;

    for (i = 0; i < v6.count || i < v4.count; i++) {
        if (i < v6.count) {
            add_host(answer, preference, name, &v6.records[i].address);
        }
        if (i < v4.count) {
            add_host(answer, preference, name, &v4.records[i].address);
        }
    }
    if (!is_found || result6 == DNS_OK || result6 == DNS_TROUBLE) {
        lessen_ttl(answer, v6.ttl);
    }
    if (!is_found || result4 == DNS_OK || result4 == DNS_TROUBLE) {
        lessen_ttl(answer, v4.ttl);
    }
    if (is_found) {
        if (exchanger->port > 0 && dns_is_local()) {
            add_dane(answer, first, exchanger, &v6, &v4);
        }
        return DNS_OK;
    }
    return result6 > result4 ? result6 : result4;
}

static unsigned random_below(unsigned limit)
{
    unsigned n;

    return getrandom(&n, sizeof n, 0) == sizeof n ? n % limit : 0;
}

static int compare_preference(const void *a, const void *b)
{
    const struct dns_record *one = a;
    const struct dns_record *two = b;

    return one->preference < two->preference ? -1 : one->preference > two->preference;
}

/* Sorts by preference; equal ones come in an order of chance (RFC 5321 section 5.1). */
static void sort_exchangers(struct dns_answer *exchangers)
{
    size_t i;

    for (i = exchangers->count; i > 1; i--) {
        size_t other = random_below((unsigned)i);
        struct dns_record saved = exchangers->records[i - 1];
        exchangers->records[i - 1] = exchangers->records[other];
        exchangers->records[other] = saved;
    }
    /* qsort may be unstable: equal ones are in an order of chance anyway. */
    qsort(exchangers->records, exchangers->count, sizeof *exchangers->records,
          compare_preference);
}

/* 1 where one of this machine's interfaces has the address. Of the loopback network
 * that is 127.0.0.1 alone: the rest may be other servers on this machine. */
static int is_own_address(const struct net_address *address)
{
    struct ifaddrs *interfaces, *at;
    int is_own = 0;

    if (getifaddrs(&interfaces) < 0) {
        return 0;
    }
    for (at = interfaces; at && !is_own; at = at->ifa_next) {
        if (!at->ifa_addr || at->ifa_addr->sa_family != address->family) {
            continue;
        }
        if (address->family == AF_INET) {
            const struct sockaddr_in *v4 = (const void *)at->ifa_addr;
            is_own = memcmp(&v4->sin_addr, address->bytes, 4) == 0;
        } else {
            const struct sockaddr_in6 *v6 = (const void *)at->ifa_addr;
            is_own = memcmp(&v6->sin6_addr, address->bytes, 16) == 0;
        }
    }
    freeifaddrs(interfaces);
    return is_own;
}

static int is_ourselves(const struct tables *tables, const struct mx_host *host)
{
    const char *own = setting_host_name(tables);

    return text_equal_nocase(host->name, strlen(host->name), own, strlen(own)) ||
           net_address_is_unspecified(&host->address) || is_own_address(&host->address);
}

/* Takes ourselves out, and all whose preference is no better (RFC 5321 section 5.1). */
static void cut_at_ourselves(const struct tables *tables, struct mx_answer *answer)
{
    size_t i, kept = 0;
    unsigned limit = 65536;

    for (i = 0; i < answer->count; i++) {
        if (answer->hosts[i].preference < limit &&
            is_ourselves(tables, &answer->hosts[i])) {
            limit = answer->hosts[i].preference;
        }
    }
    for (i = 0; i < answer->count; i++) {
        if (answer->hosts[i].preference < limit) {
            answer->hosts[kept++] = answer->hosts[i];
        }
    }
    answer->count = kept;
    if (kept == 0) {
        set_answer(answer, 'D', "5.4.6", "the best mail exchanger is this host itself");
    }
}

/* None of the exchangers has an address. */
static void set_unresolved(struct mx_answer *answer, enum dns_result worst)
{
    if (worst == DNS_TROUBLE) {
        set_answer(answer, 'Z', "4.4.3",
                   "cannot look up the mail exchangers' addresses");
        lessen_ttl(answer, TTL_TROUBLE);
    } else {
        set_answer(answer, 'D', "5.4.4",
                   "no mail exchanger of the domain has an address");
    }
}

/* Looks the exchangers' addresses up; what the worst look-up said. */
static enum dns_result add_exchangers(const char *own, const struct exchanger *domain,
                                      const struct dns_answer *exchangers,
                                      struct mx_answer *answer)
{
    clock_ms deadline = clock_deadline(MX_SECONDS_MAX);
    enum dns_result worst = DNS_OK;
    size_t i;

    for (i = 0; i < exchangers->count; i++) {
        const struct dns_record *exchanger = &exchangers->records[i];
        enum dns_result result = DNS_TROUBLE;
        if (text_equal_nocase(exchanger->name, strlen(exchanger->name), own,
                              strlen(own))) {
            /* Our own name needs no address to stand where it stands. */
            struct net_address none = {.family = AF_INET};
            add_host(answer, exchanger->preference, exchanger->name, &none);
            continue;
        }
        if (!exchanger->name[0]) {
            continue; /* "." beside others means nothing */
        }
        if (clock_poll_timeout(deadline) > 0) {
            /* Names that anyone may have put there say nothing (RFC 7672 section
             * 2.2.1). */
            const struct exchanger one = {exchanger->name, exchanger->preference,
                                          domain->name,
                                          exchangers->is_secure ? domain->port : 0};
            result = add_addresses(answer, &one);
        }
        worst = result > worst ? result : worst;
    }
    return worst;
}

static void use_exchangers(const struct tables *tables, const struct exchanger *domain,
                           struct dns_answer *exchangers, struct mx_answer *answer)
{
    enum dns_result worst;

    sort_exchangers(exchangers);
    worst = add_exchangers(setting_host_name(tables), domain, exchangers, answer);
    if (worst == DNS_TROUBLE) {
        lessen_ttl(answer, TTL_TROUBLE);
    }
    if (answer->count > 0) {
        cut_at_ourselves(tables, answer);
    }
    /* Before us may come one that can't be looked up just now. */
    if (answer->count == 0 && (answer->status == 'K' || worst == DNS_TROUBLE)) {
        set_unresolved(answer, worst);
    }
}

/* No MX: the domain's own address is its exchanger (RFC 5321 section 5.1). */
static void use_domain(const struct tables *tables, const struct exchanger *domain,
                       struct mx_answer *answer)
{
    switch (add_addresses(answer, domain)) {
    case DNS_OK:
        cut_at_ourselves(tables, answer);
        break;
    case DNS_TROUBLE:
        set_unresolved(answer, DNS_TROUBLE);
        break;
    case DNS_NO_NAME:
        set_answer(answer, 'D', "5.1.2", "no such domain");
        break;
    default:
        set_answer(answer, 'D', "5.4.4",
                   "the domain has neither mail exchanger nor address");
        break;
    }
}

static void find_exchangers(const struct tables *tables, const char *domain,
                            unsigned port, struct mx_answer *answer)
{
    static struct dns_answer exchangers;
    struct exchanger itself = {domain, 0, domain, port};

    begin_answer(answer);
    switch (dns_ask(domain, ns_t_mx, &exchangers)) {
    case DNS_OK:
        lessen_ttl(answer, exchangers.ttl);
        if (exchangers.count == 1 && !exchangers.records[0].name[0]) {
            set_answer(answer, 'D', "5.1.10", "the domain takes no mail (null MX)");
        } else {
            use_exchangers(tables, &itself, &exchangers, answer);
        }
        break;
    case DNS_NONE:
        lessen_ttl(answer, exchangers.ttl);
        itself.port = exchangers.is_secure ? port : 0;
        use_domain(tables, &itself, answer);
        break;
    case DNS_NO_NAME:
        answer->ttl = exchangers.ttl;
        set_answer(answer, 'D', "5.1.2", "no such domain");
        break;
    default:
        answer->ttl = TTL_TROUBLE;
        set_answer(answer, 'Z', "4.4.3", "cannot look up the domain's mail exchangers");
        break;
    }
    if (answer->status == 'K' && port > 0 && setting_number(tables, SET_mta_sts) &&
        sts_apply(domain, answer) < 0) {
        answer->count = 0;
        answer->ttl = TTL_TROUBLE;
        set_answer(answer, 'Z', "4.3.0", "the domain's MTA-STS policy can't be read");
    }
}

void mx_find(const struct tables *tables, const char *domain, unsigned port,
             struct mx_answer *answer)
{
    find_exchangers(tables, domain, port, answer);
    if (answer->status == 'K' && port > 0 &&
        setting_number(tables, SET_tls_reports) > 0) {
        tlsrpt_find(domain, &answer->reports, &answer->ttl);
    }
}

void mx_find_host(const char *name, unsigned port, struct mx_answer *answer)
{
    const struct exchanger itself = {name, 0, name, port};

    begin_answer(answer);
    switch (add_addresses(answer, &itself)) {
    case DNS_OK:
        break;
    case DNS_TROUBLE:
        set_answer(answer, 'Z', "4.4.3",
                   "cannot look up the address of the route's host");
        answer->ttl = TTL_TROUBLE;
        break;
    default:
        /* A route is the administrator's word: that its host vanished is no reason to
         * return mail. */
        set_answer(answer, 'Z', "4.4.4", "the route's host has no address");
        answer->ttl = TTL_TROUBLE;
        break;
    }
}
