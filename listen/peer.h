/* The two ends of an accepted connection, and the source that it counts for. */
#ifndef LISTEN_PEER_H
#define LISTEN_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define PEER_TEXT_MAX 64
#define PEER_KEY_MAX 17

/* FAMILY is AF_INET, AF_INET6 or AF_UNIX; a v4-mapped v6 address is AF_INET. */
struct peer {
    int family;
    unsigned char ip[16]; /* 4 or 16 bytes, network order */
    unsigned port;
    uid_t uid; /* AF_UNIX: who connected, by SO_PEERCRED */
};

/* What a source is counted by: family and prefix, or family and uid. */
struct peer_key {
    unsigned char bytes[PEER_KEY_MAX];
};

/* Sets PEER from ADDRESS; FD is asked for the uid where ADDRESS is AF_UNIX.
 * Returns -1 with errno where the kernel does not tell, or for a family unknown. */
int peer_read(struct peer *peer, const struct sockaddr_storage *address, int fd);

/* Writes the address alone (no port), or "uid:NUMBER". TEXT has PEER_TEXT_MAX bytes. */
void peer_format(const struct peer *peer, char *text);

/* The key of PEER with addresses cut to BITS4 or BITS6 bits. */
void peer_key(const struct peer *peer, unsigned bits4, unsigned bits6,
              struct peer_key *key);

/* Root on a UNIX socket counts for no source. */
bool peer_is_exempt(const struct peer *peer);

#endif
