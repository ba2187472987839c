/* A client's connection to a server, plain at first and then inside TLS. All calls
 * wait, and where something fails they say what and end the process with 111: a load
 * that is not what it should be is no measurement. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <openssl/ssl.h>
#include <stddef.h>

struct wire {
    int fd;
    SSL *ssl; /* NULL: plain */
    size_t start, end;
    char bytes[4096]; /* what has come and was not read yet */
};

void wire_die(const char *what) __attribute__((noreturn));
/* Connects to PORT of 127.0.0.1. */
void wire_connect(struct wire *wire, int port);
/* The handshake; with OLD's ticket, where OLD is not NULL. */
void wire_start_tls(struct wire *wire, SSL_CTX *context, SSL_SESSION *old);
void wire_send(struct wire *wire, const char *bytes, size_t len);
/* The next line without its CR LF, cut at LEN - 1 bytes. */
void wire_read_line(struct wire *wire, char *line, size_t len);
/* Says that we have done, and waits until the server has closed. */
void wire_close(struct wire *wire);

#endif
