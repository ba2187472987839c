/* A listening socket: one that an ADDRESS of the command line names, or one that
 * the starter passed (LISTEN_FDS).
 *     127.0.0.1:25   [::1]:25 (IPv6 alone)   *:25 (both)   unix:/path[,mode=0666]
 * Port 0 takes a free one. */
#ifndef LISTEN_ENDPOINT_H
#define LISTEN_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/un.h>

#define ENDPOINT_TEXT_MAX 160

struct endpoint {
    int fd;     /* -1: not open */
    int family; /* AF_INET, AF_INET6 or AF_UNIX */
    unsigned char ip[16];
    unsigned port;
    bool is_dual; /* IPv6 socket that takes IPv4 too */
    bool is_ours; /* AF_UNIX: we made the file, and remove it at the end */
    bool has_mode;
    mode_t mode;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    dev_t device; /* of the file that we made */
    ino_t inode;
};

/* Reads TEXT. Returns -1 where it is no address. */
int endpoint_parse(struct endpoint *endpoint, const char *text);

/* Makes the socket and listens, non-blocking. A socket file that nobody listens on
 * is replaced. Returns -1 with errno and leaves nothing open. */
int endpoint_open(struct endpoint *endpoint, unsigned backlog);

/* Takes over FD, which must be a listening stream socket. Returns -1 with errno. */
int endpoint_adopt(struct endpoint *endpoint, int fd);

/* Writes the address with its actual port, in the syntax above and without a
 * mode. TEXT has ENDPOINT_TEXT_MAX bytes. */
void endpoint_format(const struct endpoint *endpoint, char *text);

/* Removes the socket file, where it is still the one that endpoint_open made. The
 * descriptor is the caller's to close. */
void endpoint_remove(const struct endpoint *endpoint);

#endif
