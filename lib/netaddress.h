/* IP addresses, networks, and who is at the other end. */
#ifndef LIB_NETADDRESS_H
#define LIB_NETADDRESS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct net_address {
    int family;              /* AF_INET or AF_INET6; 0 where unknown */
    unsigned char bytes[16]; /* network order; 4 of them for AF_INET */
    uint16_t port;
};

#define NET_ADDRESS_TEXT_SIZE 64
/* "192.0.2.1", "2001:db8::1"; a v4-mapped IPv6 address becomes AF_INET. 0 or -1. */
int net_address_parse(const char *text, struct net_address *out);
/* The same with a port: "192.0.2.1:53", "[2001:db8::1]:53"; without one it is
 * DEFAULT_PORT, or nonsense where that is 0. 0 or -1. */
int net_address_parse_endpoint(const char *text, uint16_t default_port,
                               struct net_address *out);
/* "[192.0.2.1]", "[IPv6:2001:db8::1]" or "[2001:db8::1]". 0 or -1. */
int net_address_parse_literal(const char *literal, struct net_address *out);
/* The address without port; for AF_INET6 without brackets. Returns out. */
const char *net_address_format(const struct net_address *address,
                               char out[NET_ADDRESS_TEXT_SIZE]);
/* As in mail: [192.0.2.1] or [IPv6:2001:db8::1]. Returns out. */
const char *net_address_literal(const struct net_address *address,
                                char out[NET_ADDRESS_TEXT_SIZE]);
/* The address and port as the calls of sockets take them; their length. */
union net_socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};
socklen_t net_address_for_socket(const struct net_address *address,
                                 union net_socket_address *out);
/* 1 for 0.0.0.0 and ::, which lead a client to its own machine. */
int net_address_is_unspecified(const struct net_address *address);
/* 1 for 127.0.0.0/8 and ::1: what goes there does not leave the machine. */
int net_address_is_loopback(const struct net_address *address);
/* 1 where address lies in TEXT: "192.0.2.0/24", "2001:db8::/32" or one address, and
 * "::ffff:192.0.2.0/120" for the first; 0 where not; -1 where TEXT is no network. */
int net_address_matches(const struct net_address *address, const char *text);
/* 1 where the address is in one of the networks in LIST (parted by blanks or commas).
 */
int net_address_in_list(const struct net_address *address, const char *list);

/* The peer: from TCPREMOTEIP or REMOTE_ADDR in the environment, else from the
 * socket; family 0 where neither tells. The local end: TCPLOCALIP or the socket. */
void net_peer(int fd, struct net_address *out);
void net_local(int fd, struct net_address *out);

#endif
