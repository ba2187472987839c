#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static void read_v4(struct peer *peer, const void *ip, in_port_t port)
{
    peer->family = AF_INET;
    memcpy(peer->ip, ip, 4);
    peer->port = ntohs(port);
}

static void read_v6(struct peer *peer, const struct sockaddr_in6 *address)
{
    if (IN6_IS_ADDR_V4MAPPED(&address->sin6_addr)) {
        read_v4(peer, address->sin6_addr.s6_addr + 12, address->sin6_port);
        return;
    }
    peer->family = AF_INET6;
    memcpy(peer->ip, &address->sin6_addr, 16);
    peer->port = ntohs(address->sin6_port);
}

static int read_unix(struct peer *peer, int fd)
{
    struct ucred who;
    socklen_t len = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0) {
        return -1;
    }
    peer->family = AF_UNIX;
    peer->uid = who.uid;
    return 0;
}

int peer_read(struct peer *peer, const struct sockaddr_storage *address, int fd)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;

    memset(peer, 0, sizeof *peer);
    switch (address->ss_family) {
    case AF_INET:
        read_v4(peer, &v4->sin_addr, v4->sin_port);
        return 0;
    case AF_INET6:
        read_v6(peer, (const struct sockaddr_in6 *)address);
        return 0;
    case AF_UNIX:
        return read_unix(peer, fd);
    default:
        errno = EAFNOSUPPORT;
        return -1;
    }
}

void peer_format(const struct peer *peer, char *text)
{
    if (peer->family == AF_UNIX) {
        snprintf(text, PEER_TEXT_MAX, "uid:%lu", (unsigned long)peer->uid);
    } else if (!inet_ntop(peer->family, peer->ip, text, PEER_TEXT_MAX)) {
        text[0] = 0;
    }
}

static void copy_prefix(unsigned char *to, const unsigned char *ip, unsigned bits)
{
    memcpy(to, ip, bits / 8);
    if (bits % 8) {
        to[bits / 8] = (unsigned char)(ip[bits / 8] & (0xff << (8 - bits % 8)));
    }
}

void peer_key(const struct peer *peer, unsigned bits4, unsigned bits6,
              struct peer_key *key)
{
    memset(key, 0, sizeof *key);
    key->bytes[0] = (unsigned char)peer->family;
    if (peer->family == AF_UNIX) {
        memcpy(key->bytes + 1, &peer->uid, sizeof peer->uid);
    } else {
        copy_prefix(key->bytes + 1, peer->ip, peer->family == AF_INET ? bits4 : bits6);
    }
}

bool peer_is_exempt(const struct peer *peer)
{
    return peer->family == AF_UNIX && peer->uid == 0;
}
