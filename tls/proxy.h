/* Carries bytes between a TLS connection and a plaintext socket, both ways, until both
 * directions have ended. An end in one direction is passed on in that direction alone:
 * close_notify from the TLS peer becomes shutdown(SHUT_WR) on the plaintext socket, and
 * the end of the plaintext becomes close_notify and a FIN, while the other direction
 * goes on. A TLS connection that ends without close_notify, which anybody on the way
 * can bring about, is no end but a break: nothing is passed on behind it, and the
 * plaintext socket is closed in both directions at once, so that writing to it fails.
 *
 * There is one buffer of a TLS record in each direction, which is filled only when it
 * is empty: a side that does not read holds the other up. What has gone on is wiped out
 * of it at once, for it may be a password. There is no limit of time while the
 * plaintext side is there: who is at its other end keeps its own. When it has gone,
 * what it left is sent as long as the peer takes some within PROXY_LINGER_SECONDS, and
 * then the peer has PROXY_DRAIN_SECONDS to close. */
#ifndef TLS_PROXY_H
#define TLS_PROXY_H

#include <openssl/ssl.h>

#define PROXY_LINGER_SECONDS 60
#define PROXY_DRAIN_SECONDS 5

enum proxy_end {
    PROXY_DONE,    /* both directions ended as they should */
    PROXY_BROKEN,  /* the TLS connection broke: tls_error_text (handshake.h) tells */
    PROXY_TIMEOUT, /* the peer did not take what was left for it */
    PROXY_TROUBLE  /* poll failed: errno */
};

struct proxy_count {
    unsigned long long up, down; /* bytes from the TLS peer, and to it */
};

/* SSL has done its handshake on a non-blocking socket; PLAIN is a stream socket. Both
 * stay open: closing them is the caller's, after SSL_free where there is one. SIGPIPE
 * has to be ignored. */
enum proxy_end proxy_run(SSL *ssl, int plain, struct proxy_count *count);

#endif
