#include "hostname.h"

#include "text.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_SIZE 4096
#define TRY_SECONDS 3
#define TRIES 2
/* Addresses with more names than this have none that is worth the wait. */
#define NAMES_MAX 3

struct answer {
    unsigned char bytes[ANSWER_SIZE];
    ns_msg message;
    int count;
};

/* Points STATE at ADDRESS:PORT alone. 0, or -1 where that is none. */
static int use_server(res_state state, const char *server)
{
    const char *colon = strrchr(server, ':');
    char text[NET_ADDRESS_TEXT_SIZE];
    size_t skip = server[0] == '[';
    size_t len;
    unsigned long long port;
    struct net_address address;

    if (!colon || text_parse_number(colon + 1, strlen(colon + 1), 65535, &port) < 0) {
        return -1;
    }
    len = (size_t)(colon - server) - 2 * skip;
    if (len >= sizeof text) {
        return -1;
    }
    memcpy(text, server + skip, len);
    text[len] = 0;
    if (net_address_parse(text, &address) < 0) {
        return -1;
    }
    state->nscount = 1;
    if (address.family == AF_INET) {
        struct sockaddr_in *in = &state->nsaddr_list[0];
        *in = (struct sockaddr_in){.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port)};
        memcpy(&in->sin_addr, address.bytes, 4);
    } else {
        struct sockaddr_in6 *in6 = memory_get(sizeof *in6);
        *in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                     .sin6_port = htons((uint16_t)port)};
        memcpy(&in6->sin6_addr, address.bytes, 16);
        state->nsaddr_list[0].sin_family = 0;
        state->_u._ext.nsaddrs[0] = in6; /* res_nclose frees it */
    }
    return 0;
}

static enum hostname_result ask(res_state state, const char *name, int type,
                                struct answer *out)
{
    int len = res_nquery(state, name, ns_c_in, type, out->bytes, sizeof out->bytes);

    out->count = 0;
    if (len < 0) {
        return state->res_h_errno == HOST_NOT_FOUND || state->res_h_errno == NO_DATA
                   ? HOSTNAME_NONE
                   : HOSTNAME_TEMPORARY;
    }
    if (len > (int)sizeof out->bytes) {
        len = (int)sizeof out->bytes;
    }
    if (ns_initparse(out->bytes, len, &out->message) < 0) {
        return HOSTNAME_TEMPORARY;
    }
    out->count = ns_msg_count(out->message, ns_s_an);
    return HOSTNAME_FOUND;
}

/* 1 where NAME's addresses hold ADDRESS; -1 where the DNS could not tell. */
static int leads_back(res_state state, const char *name,
                      const struct net_address *address)
{
    int type = address->family == AF_INET ? ns_t_a : ns_t_aaaa;
    size_t len = address->family == AF_INET ? 4 : 16;
    struct answer answer;
    enum hostname_result result = ask(state, name, type, &answer);
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

static enum hostname_result find_name(res_state state,
                                      const struct net_address *address, stralloc *out)
{
    stralloc reverse = STRALLOC_ZERO;
    struct answer answer;
    enum hostname_result result;
    int names = 0;
    int i;

    make_reverse_name(address, &reverse);
    result = ask(state, reverse.s, ns_t_ptr, &answer);
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
        back = is_host_name(name) ? leads_back(state, name, address) : 0;
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
    struct __res_state state;
    enum hostname_result result = HOSTNAME_TEMPORARY;

    memset(&state, 0, sizeof state);
    text_clear(out);
    if (res_ninit(&state) < 0) {
        return HOSTNAME_TEMPORARY;
    }
    state.retrans = TRY_SECONDS;
    state.retry = TRIES;
    if (!*server || use_server(&state, server) == 0) {
        result = find_name(&state, address, out);
    }
    res_nclose(&state);
    return result;
}
