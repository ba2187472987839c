#include "dns.h"

#include "punycode.h"
#include "settings.h"
#include "text.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_SIZE 65536
#define CNAMES_MAX 8
#define TTL_LEAST 30
#define TTL_MOST 86400
#define TTL_NEGATIVE 60

static struct __res_state resolver;

static void use_server(const struct net_address *server)
{
    resolver.nscount = 1;
    if (server->family == AF_INET) {
        struct sockaddr_in *v4 = &resolver.nsaddr_list[0];
        *v4 = (struct sockaddr_in){.sin_family = AF_INET,
                                   .sin_port = htons(server->port)};
        memcpy(&v4->sin_addr, server->bytes, 4);
    } else {
        static struct sockaddr_in6 v6;
        v6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                   .sin6_port = htons(server->port)};
        memcpy(&v6.sin6_addr, server->bytes, 16);
        resolver.nsaddr_list[0].sin_family = 0;
        resolver._u._ext.nsaddrs[0] = &v6;
        resolver._u._ext.nssocks[0] = -1;
        resolver._u._ext.nscount = 1;
    }
}

int dns_is_local(void)
{
    int i;

    for (i = 0; i < resolver.nscount; i++) {
        const struct sockaddr_in *v4 = &resolver.nsaddr_list[i];
        const struct sockaddr_in6 *v6 = resolver._u._ext.nsaddrs[i];
        if (v4->sin_family == AF_INET ? ntohl(v4->sin_addr.s_addr) >> 24 != 127
                                      : !v6 || !IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr)) {
            return 0;
        }
    }
    return resolver.nscount > 0;
}

int dns_open(const struct tables *tables)
{
    const char *text = setting_text(tables, SET_dns_server);
    struct net_address server;

    if (res_ninit(&resolver) < 0) {
        return -1;
    }
    resolver.options &= ~(unsigned long)(RES_DNSRCH | RES_DEFNAMES);
    resolver.retrans = 5;
    resolver.retry = 2;
    if (*text) {
        if (net_address_parse_endpoint(text, NS_DEFAULTPORT, &server) < 0) {
            return -1;
        }
        use_server(&server);
    }
    resolver.options &= ~(unsigned long)RES_TRUSTAD; /* resolv.conf may say otherwise */
    if (dns_is_local()) {
        /* Asks for the bit AD, and leaves it in the answers (RFC 6840 section 5.7). */
        resolver.options |= RES_TRUSTAD | RES_USE_EDNS0;
    }
    return 0;
}

/* 0, or -1 where it is too long for a name of a host. */
static int copy_name(char out[DNS_NAME_SIZE], const char *name)
{
    size_t len = strlen(name);

    if (len > 0 && name[len - 1] == '.') {
        len--;
    }
    if (len >= DNS_NAME_SIZE) {
        return -1;
    }
    memcpy(out, name, len);
    out[len] = '\0';
    text_lower(out, len);
    return 0;
}

/* An IPv4-mapped address means the IPv4 one: it must not pass for another host. */
static void copy_ipv6(struct net_address *out, const unsigned char *bytes)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        out->family = AF_INET;
        memcpy(out->bytes, bytes + sizeof mapped, 4);
    } else {
        out->family = AF_INET6;
        memcpy(out->bytes, bytes, 16);
    }
}

/* Takes one record that is of TYPE. 0, or -1 for nonsense. */
static int take_record(const ns_msg *message, const ns_rr *record, int type,
                       struct dns_record *out)
{
    const unsigned char *data = ns_rr_rdata(*record);
    char name[NS_MAXDNAME];

    *out = (struct dns_record){0};
    if (type == ns_t_a && ns_rr_rdlen(*record) == 4) {
        out->address.family = AF_INET;
        memcpy(out->address.bytes, data, 4);
        return 0;
    }
    if (type == ns_t_aaaa && ns_rr_rdlen(*record) == 16) {
        copy_ipv6(&out->address, data);
        return 0;
    }
    if (type == ns_t_mx && ns_rr_rdlen(*record) > 2 &&
        dn_expand(ns_msg_base(*message), ns_msg_end(*message), data + 2, name,
                  sizeof name) >= 0) {
        out->preference = ns_get16(data);
        return copy_name(out->name, name);
    }
    if ((type == ns_t_tlsa && ns_rr_rdlen(*record) >= 3) || type == ns_t_txt) {
        out->data = data;
        out->data_len = ns_rr_rdlen(*record);
        return 0;
    }
    return -1;
}

static void note_ttl(struct dns_answer *answer, const ns_rr *record)
{
    unsigned long ttl = ns_rr_ttl(*record);

    ttl = ttl < TTL_LEAST ? TTL_LEAST : ttl;
    if (ttl < answer->ttl) {
        answer->ttl = ttl;
    }
}

/* Collects the records of TYPE; CNAME gets the last alias's target, or "". */
static enum dns_result read_answer(const unsigned char *bytes, int len, int type,
                                   struct dns_answer *answer, char cname[DNS_NAME_SIZE])
{
    ns_msg message;
    int count, i;

    if (ns_initparse(bytes, len, &message) < 0) {
        return DNS_TROUBLE;
    }
    count = ns_msg_count(message, ns_s_an);
    for (i = 0; i < count; i++) {
        ns_rr record;
        char name[NS_MAXDNAME];
        if (ns_parserr(&message, ns_s_an, i, &record) < 0) {
            return DNS_TROUBLE;
        }
        if (ns_rr_class(record) != ns_c_in) {
            continue;
        }
        if (ns_rr_type(record) == ns_t_cname) {
            if (dn_expand(ns_msg_base(message), ns_msg_end(message),
                          ns_rr_rdata(record), name, sizeof name) < 0 ||
                copy_name(cname, name) < 0) {
                return DNS_TROUBLE;
            }
            note_ttl(answer, &record);
        } else if ((int)ns_rr_type(record) == type && answer->count < DNS_RECORDS_MAX) {
            if (take_record(&message, &record, type, &answer->records[answer->count]) <
                0) {
                return DNS_TROUBLE;
            }
            answer->count++;
            note_ttl(answer, &record);
        }
    }
    return answer->count > 0 ? DNS_OK : DNS_NONE;
}

/* The bit AD of the last answer, which the resolver leaves in place where it says that
 * there is no such record, too. Only what was asked for counts. */
static int is_authenticated(const unsigned char *bytes)
{
    const HEADER *header = (const void *)bytes;

    return (resolver.options & RES_TRUSTAD) && header->ad;
}

/* One question about AT. DNS_NONE with a name in CNAME: that is to be asked next. */
static enum dns_result ask_once(const char *at, int type, struct dns_answer *answer,
                                char cname[DNS_NAME_SIZE])
{
    static union {
        HEADER header; /* for its alignment */
        unsigned char bytes[ANSWER_SIZE];
    } space;
    unsigned char *bytes = space.bytes;
    enum dns_result result;
    int len;

    cname[0] = '\0';
    space.header = (HEADER){0};
    /* Where it has no memory it leaves what the last question left. */
    resolver.res_h_errno = NETDB_INTERNAL;
    len = res_nquery(&resolver, at, ns_c_in, type, bytes, ANSWER_SIZE);
    if (len >= 0 && len <= ANSWER_SIZE) {
        result = read_answer(bytes, len, type, answer, cname);
    } else if (resolver.res_h_errno == HOST_NOT_FOUND) {
        result = DNS_NO_NAME;
    } else if (resolver.res_h_errno == NO_DATA) {
        result = DNS_NONE;
    } else {
        result = DNS_TROUBLE;
    }
    answer->is_secure = answer->is_secure && is_authenticated(bytes);
    if (result != DNS_OK) {
        answer->count = 0;
    }
    if (result != DNS_OK && !cname[0]) {
        answer->ttl = TTL_NEGATIVE;
    }
    return result;
}

/* Sets ANSWER up for questions about NAME. 0, or -1 where no such name can be. */
static int begin_answer(struct dns_answer *answer, const char *name)
{
    unsigned char encoded[NS_MAXCDNAME];

    answer->count = 0;
    answer->ttl = TTL_MOST;
    answer->is_secure = 1;
    answer->name[0] = '\0';
    if (punycode_encode_domain(name, answer->name, sizeof answer->name) < 0 ||
        ns_name_pton(answer->name, encoded, sizeof encoded) < 0) {
        answer->ttl = TTL_NEGATIVE;
        answer->is_secure = 0;
        return -1;
    }
    return 0;
}

enum dns_result dns_ask(const char *name, int type, struct dns_answer *answer)
{
    char cname[DNS_NAME_SIZE];
    int step;

    if (begin_answer(answer, name) < 0) {
        return DNS_NO_NAME;
    }
    for (step = 0; step < CNAMES_MAX; step++) {
        enum dns_result result = ask_once(answer->name, type, answer, cname);
        if (cname[0]) {
            memcpy(answer->name, cname, sizeof answer->name);
        }
        if (result != DNS_NONE || !cname[0]) {
            return result;
        }
    }
    answer->ttl = TTL_NEGATIVE;
    return DNS_TROUBLE;
}

enum dns_result dns_ask_quickly(const char *name, int type, struct dns_answer *answer)
{
    int retrans = resolver.retrans;
    int retry = resolver.retry;
    enum dns_result result;

    resolver.retrans = 2;
    resolver.retry = 1;
    result = dns_ask(name, type, answer);
    resolver.retrans = retrans;
    resolver.retry = retry;
    return result;
}

enum dns_result dns_ask_alias(const char *name, int *is_secure)
{
    static struct dns_answer answer;
    char cname[DNS_NAME_SIZE];
    enum dns_result result = DNS_NO_NAME;

    if (begin_answer(&answer, name) == 0) {
        result = ask_once(answer.name, ns_t_cname, &answer, cname);
        result = result == DNS_NONE && cname[0] ? DNS_OK : result;
    }
    *is_secure = answer.is_secure;
    return result;
}

int dns_join_strings(const struct dns_record *record, stralloc *out)
{
    const unsigned char *at = record->data;
    size_t left = record->data_len;

    text_clear(out);
    while (left > 0) {
        size_t len = *at++;
        left--;
        if (len > left || out->len + len > DNS_TEXT_MAX) {
            return -1;
        }
        text_add_bytes(out, (const char *)at, len);
        at += len;
        left -= len;
    }
    return 0;
}
