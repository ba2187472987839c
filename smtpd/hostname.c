#include "hostname.h"

#include "nameserver.h"
#include "text.h"

#include <arpa/nameser.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_SIZE 4096
/* Addresses with more names than this have none that is worth the wait. */
#define NAMES_MAX 3

struct answer {
    unsigned char bytes[ANSWER_SIZE];
    ns_msg message;
    int count;
};

static enum hostname_result ask(const char *server, const char *name, int type,
                                struct answer *out)
{
    int len;

    out->count = 0;
    switch (nameserver_ask(server, name, type, out->bytes, sizeof out->bytes, &len)) {
    case NAMESERVER_NONE:
        return HOSTNAME_NONE;
    case NAMESERVER_TEMPORARY:
        return HOSTNAME_TEMPORARY;
    default:
        break;
    }
    if (ns_initparse(out->bytes, len, &out->message) < 0) {
        return HOSTNAME_TEMPORARY;
    }
    out->count = ns_msg_count(out->message, ns_s_an);
    return HOSTNAME_FOUND;
}

/* 1 where NAME's addresses hold ADDRESS; -1 where the DNS could not tell. */
static int leads_back(const char *server, const char *name,
                      const struct net_address *address)
{
    int type = address->family == AF_INET ? ns_t_a : ns_t_aaaa;
    size_t len = address->family == AF_INET ? 4 : 16;
    struct answer answer;
    enum hostname_result result = ask(server, name, type, &answer);
    ns_rr record;
    int i;

    for (i = 0; i < answer.count; i++) {
        if (ns_parserr(&answer.message, ns_s_an, i, &record) == 0 &&
            (int)ns_rr_type(record) == type && ns_rr_rdlen(record) == len &&
            memcmp(ns_rr_rdata(record), address->bytes, len) == 0) {
            return 1;
        }
    }
    return result == HOSTNAME_TEMPORARY ? -1 : 0;
}

/* "1.2.0.192.in-addr.arpa", or the like below ip6.arpa. */
static void make_reverse_name(const struct net_address *address, stralloc *out)
{
    int i;

    if (address->family == AF_INET) {
        text_add_format(out, "%d.%d.%d.%d.in-addr.arpa", address->bytes[3],
                        address->bytes[2], address->bytes[1], address->bytes[0]);
    } else {
        for (i = 15; i >= 0; i--) {
            text_add_format(out, "%x.%x.", address->bytes[i] & 15U,
                            address->bytes[i] >> 4);
        }
        text_add_string(out, "ip6.arpa");
    }
    text_string(out);
}

static int is_host_name(const char *name)
{
    return *name &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(name);
}

static enum hostname_result find_name(const char *server,
                                      const struct net_address *address, stralloc *out)
{
    stralloc reverse = STRALLOC_ZERO;
    struct answer answer;
    enum hostname_result result;
    int names = 0;
    int i;

    make_reverse_name(address, &reverse);
    result = ask(server, reverse.s, ns_t_ptr, &answer);
    text_free(&reverse);
    if (result != HOSTNAME_FOUND) {
        return result;
    }
    result = HOSTNAME_NONE;
    for (i = 0; i < answer.count && names < NAMES_MAX; i++) {
        char name[NS_MAXDNAME];
        ns_rr record;
        int back;
        if (ns_parserr(&answer.message, ns_s_an, i, &record) < 0 ||
            ns_rr_type(record) != ns_t_ptr ||
            ns_name_uncompress(answer.bytes, ns_msg_end(answer.message),
                               ns_rr_rdata(record), name, sizeof name) < 0) {
            continue;
        }
        text_lower(name, strlen(name));
        names++;
        back = is_host_name(name) ? leads_back(server, name, address) : 0;
        if (back > 0) {
            text_set_string(out, name);
            text_string(out);
            return HOSTNAME_FOUND;
        }
        result = back < 0 ? HOSTNAME_TEMPORARY : result;
    }
    return result;
}

enum hostname_result hostname_find(const struct net_address *address,
                                   const char *server, stralloc *out)
{
    text_clear(out);
    return find_name(server, address, out);
}
