/* A first handshake with ourselves, in memory. OpenSSL looks its algorithms up when
 * they are first used, and keeps what it has found: what the server has found before it
 * forks, its sessions need not look up again. */
#ifndef TLS_WARMUP_H
#define TLS_WARMUP_H

#include <openssl/ssl.h>

/* Shakes hands in each version that is spoken. What fails fails later too, and is told
 * then: no result. */
void warmup_run(SSL_CTX *server);

#endif
