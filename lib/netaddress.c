#include "netaddress.h"

#include "text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};

static void unmap(struct net_address *address)
{
    if (address->family == AF_INET6 && memcmp(address->bytes, mapped_prefix, 12) == 0) {
        address->family = AF_INET;
        memmove(address->bytes, address->bytes + 12, 4);
        memset(address->bytes + 4, 0, 12);
    }
}

int net_address_parse(const char *text, struct net_address *out)
{
    *out = (struct net_address){0};
    if (inet_pton(AF_INET, text, out->bytes) == 1) {
        out->family = AF_INET;
        return 0;
    }
    if (inet_pton(AF_INET6, text, out->bytes) == 1) {
        out->family = AF_INET6;
        unmap(out);
        return 0;
    }
    return -1;
}

int net_address_parse_literal(const char *literal, struct net_address *out)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    size_t len = strlen(literal);

    if (len < 3 || literal[0] != '[' || literal[len - 1] != ']') {
        return -1;
    }
    literal++;
    len -= 2;
    if (len > 5 && strncasecmp(literal, "IPv6:", 5) == 0) {
        literal += 5;
        len -= 5;
    }
    if (len >= sizeof text) {
        return -1;
    }
    memcpy(text, literal, len);
    text[len] = '\0';
    return net_address_parse(text, out);
}

const char *net_address_format(const struct net_address *address,
                               char out[NET_ADDRESS_TEXT_SIZE])
{
    if (address->family == 0 ||
        !inet_ntop(address->family, address->bytes, out, NET_ADDRESS_TEXT_SIZE)) {
        snprintf(out, NET_ADDRESS_TEXT_SIZE, "unknown");
    }
    return out;
}

const char *net_address_literal(const struct net_address *address,
                                char out[NET_ADDRESS_TEXT_SIZE])
{
    char plain[NET_ADDRESS_TEXT_SIZE];

    net_address_format(address, plain);
    snprintf(out, NET_ADDRESS_TEXT_SIZE, "[%s%.48s]",
             address->family == AF_INET6 ? "IPv6:" : "", plain);
    return out;
}

static int share_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned char mask = (unsigned char)(0xff00 >> bits % 8);

    return memcmp(a, b, bits / 8) == 0 &&
           (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

int net_address_parse_endpoint(const char *text, uint16_t default_port,
                               struct net_address *out)
{
    const char *colon = strrchr(text, ':');
    char host[NET_ADDRESS_TEXT_SIZE];
    unsigned long long port = default_port;
    size_t len;

    if (*text == '[' ? !colon || colon == text || colon[-1] != ']'
                     : colon != strchr(text, ':')) {
        colon = NULL; /* it is of the address itself */
    }
    len = colon ? (size_t)(colon - text) : strlen(text);
    if (*text == '[') {
        if (len < 2 || text[len - 1] != ']') {
            return -1;
        }
        text++;
        len -= 2;
    }
    if (len >= sizeof host ||
        (colon && text_parse_number(colon + 1, strlen(colon + 1), 65535, &port) < 0) ||
        port == 0) {
        return -1;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    if (net_address_parse(host, out) < 0) {
        return -1;
    }
    out->port = (uint16_t)port;
    return 0;
}

socklen_t net_address_for_socket(const struct net_address *address,
                                 union net_socket_address *out)
{
    memset(out, 0, sizeof *out);
    if (address->family == AF_INET) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(address->port);
        memcpy(&out->v4.sin_addr, address->bytes, 4);
        return sizeof out->v4;
    }
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(address->port);
    memcpy(&out->v6.sin6_addr, address->bytes, 16);
    return sizeof out->v6;
}

int net_address_is_unspecified(const struct net_address *address)
{
    static const unsigned char zeros[16];

    return memcmp(address->bytes, zeros, address->family == AF_INET ? 4 : 16) == 0;
}

int net_address_is_loopback(const struct net_address *address)
{
    static const unsigned char one[16] = {[15] = 1};

    return address->family == AF_INET ? address->bytes[0] == 127
                                      : memcmp(address->bytes, one, sizeof one) == 0;
}

int net_address_matches(const struct net_address *address, const char *text)
{
    char host[NET_ADDRESS_TEXT_SIZE];
    struct net_address network;
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    unsigned long long bits, most;
    unsigned mapped; /* bits in front of an IPv4 address written as IPv6 */

    if (len >= sizeof host) {
        return -1;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    if (net_address_parse(host, &network) < 0) {
        return -1;
    }
    mapped = network.family == AF_INET && strchr(host, ':') ? 96 : 0;
    most = network.family == AF_INET ? mapped + 32 : 128;
    bits = most;
    if (slash && text_parse_number(slash + 1, strlen(slash + 1), most, &bits) < 0) {
        return -1;
    }
    if (bits < mapped) {
        return -1;
    }
    return address->family == network.family &&
           share_bits(address->bytes, network.bytes, (unsigned)bits - mapped);
}

int net_address_in_list(const struct net_address *address, const char *list)
{
    while (*(list += strspn(list, " \t,"))) {
        char one[NET_ADDRESS_TEXT_SIZE];
        size_t len = strcspn(list, " \t,");
        if (len < sizeof one) {
            memcpy(one, list, len);
            one[len] = '\0';
            if (net_address_matches(address, one) == 1) {
                return 1;
            }
        }
        list += len;
    }
    return 0;
}

union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static void from_socket_address(const union any_address *from, struct net_address *out)
{
    if (from->any.sa_family == AF_INET) {
        out->family = AF_INET;
        memcpy(out->bytes, &from->v4.sin_addr, 4);
        out->port = ntohs(from->v4.sin_port);
    } else if (from->any.sa_family == AF_INET6) {
        out->family = AF_INET6;
        memcpy(out->bytes, &from->v6.sin6_addr, 16);
        out->port = ntohs(from->v6.sin6_port);
        unmap(out);
    }
}

static int from_environment(const char *ip_name, const char *port_name,
                            struct net_address *out)
{
    const char *ip = getenv(ip_name);
    const char *port = getenv(port_name);
    unsigned long long number;

    if (!ip || net_address_parse(ip, out) < 0) {
        return -1;
    }
    if (port && text_parse_number(port, strlen(port), 65535, &number) == 0) {
        out->port = (uint16_t)number;
    }
    return 0;
}

void net_peer(int fd, struct net_address *out)
{
    union any_address address = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof address;

    if (from_environment("TCPREMOTEIP", "TCPREMOTEPORT", out) == 0 ||
        from_environment("REMOTE_ADDR", "REMOTE_PORT", out) == 0) {
        return;
    }
    *out = (struct net_address){0};
    if (getpeername(fd, &address.any, &len) == 0) {
        from_socket_address(&address, out);
    }
}

void net_local(int fd, struct net_address *out)
{
    union any_address address = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof address;

    if (from_environment("TCPLOCALIP", "TCPLOCALPORT", out) == 0) {
        return;
    }
    *out = (struct net_address){0};
    if (getsockname(fd, &address.any, &len) == 0) {
        from_socket_address(&address, out);
    }
}
