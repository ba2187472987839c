#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void wire_die(const char *what)
{
    fprintf(stderr, "tlsload: %s: %m\n", what);
    ERR_print_errors_fp(stderr);
    fflush(stderr);
    _exit(111);
}

void wire_connect(struct wire *wire, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port)};
    const int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wire->ssl = NULL;
    wire->start = wire->end = 0;
    wire->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (wire->fd < 0 ||
        connect(wire->fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) {
        wire_die("connect");
    }
}

void wire_start_tls(struct wire *wire, SSL_CTX *context, SSL_SESSION *old)
{
    wire->ssl = SSL_new(context);
    if (!wire->ssl || SSL_set_fd(wire->ssl, wire->fd) != 1 ||
        (old && SSL_set_session(wire->ssl, old) != 1) || SSL_connect(wire->ssl) != 1) {
        wire_die("handshake");
    }
}

void wire_send(struct wire *wire, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t part = len < 1 << 20 ? len : 1 << 20;
        ssize_t sent = wire->ssl ? SSL_write(wire->ssl, bytes, (int)part)
                                 : write(wire->fd, bytes, part);
        if (sent <= 0) {
            wire_die("send");
        }
        bytes += sent;
        len -= (size_t)sent;
    }
}

static ssize_t receive(struct wire *wire)
{
    return wire->ssl ? SSL_read(wire->ssl, wire->bytes, sizeof wire->bytes)
                     : read(wire->fd, wire->bytes, sizeof wire->bytes);
}

static char read_byte(struct wire *wire)
{
    if (wire->start == wire->end) {
        ssize_t got = receive(wire);
        if (got <= 0) {
            wire_die("receive");
        }
        wire->start = 0;
        wire->end = (size_t)got;
    }
    return wire->bytes[wire->start++];
}

void wire_read_line(struct wire *wire, char *line, size_t len)
{
    size_t used = 0;
    char byte;

    while ((byte = read_byte(wire)) != '\n') {
        if (used + 1 < len && byte != '\r') {
            line[used++] = byte;
        }
    }
    line[used] = '\0';
}

void wire_close(struct wire *wire)
{
    if (wire->ssl) {
        SSL_shutdown(wire->ssl);
    } else {
        shutdown(wire->fd, SHUT_WR);
    }
    while (receive(wire) > 0) {
    }
    SSL_free(wire->ssl);
    ERR_clear_error();
    close(wire->fd);
}
