/* Packets of text fields over a SOCK_SEQPACKET socket, with at most one file
 * descriptor: how qsend talks with qspawn and with its workers. Each field is a
 * string that ends in NUL; the protocols stand in doc/INTERNALS. */
#ifndef LIB_PACKET_H
#define LIB_PACKET_H

#include <skalibs/stralloc.h>

#define PACKET_MAX 65536

struct packet {
    stralloc bytes;
    size_t next; /* where packet_next reads on */
};

void packet_clear(struct packet *packet);
void packet_free(struct packet *packet);
void packet_add(struct packet *packet, const char *field);
void packet_add_number(struct packet *packet, long long n);
/* Sends with MSG_NOSIGNAL and one fd (-1: none). 0, or -1 with errno (EAGAIN on a
 * full non-blocking socket, EMSGSIZE over PACKET_MAX). */
int packet_send(int socket, const struct packet *packet, int fd);
/* Sends without an fd, and waits where the peer is slow. 0, or -1 with errno. */
int packet_send_wait(int socket, const struct packet *packet);
/* 1: a packet, and *FD its descriptor (close-on-exec) or -1; 0: the peer closed;
 * -1 with errno (EAGAIN; EPROTO: not NUL-terminated, truncated, or more than one
 * fd, all closed). Resets next to the first field. */
int packet_receive(int socket, struct packet *packet, int *fd);
/* The next field, or NULL after the last. Valid until the packet changes. */
const char *packet_next(struct packet *packet);
/* The next field as a number from 0 to max, or -1. */
long long packet_next_number(struct packet *packet, long long max);

#endif
