/* The TLS handshake on a non-blocking socket, and what OpenSSL says of its failures. */
#ifndef TLS_HANDSHAKE_H
#define TLS_HANDSHAKE_H

#include "clock.h"

#include <openssl/ssl.h>

enum handshake_result {
    HANDSHAKE_DONE,
    HANDSHAKE_FAILED,   /* tls_error_text tells */
    HANDSHAKE_TIMEOUT,  /* the deadline passed */
    HANDSHAKE_ABANDONED /* who wanted it has gone */
};

/* Runs the handshake of SSL, whose socket is non-blocking and whose side (accept or
 * connect) is set, before DEADLINE. WATCHED (-1: none) is the socket of who waits for
 * it: where that hangs up, the handshake is given up. */
enum handshake_result handshake_run(SSL *ssl, int watched, clock_ms deadline);

#define TLS_ERROR_SIZE 160
/* What went wrong in the last call of OpenSSL, as one line of printable text: from its
 * queue of errors, which is emptied, else from errno. Returns OUT. */
const char *tls_error_text(char out[TLS_ERROR_SIZE]);

/* Makes FD non-blocking. 0, or -1 with errno. */
int tls_socket_prepare(int fd);

#endif
