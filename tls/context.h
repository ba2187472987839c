/* The one SSL_CTX of the server side: versions, ciphers, tickets. */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "store.h"

#include <openssl/ssl.h>

/* TLS 1.2 and 1.3, forward secret ciphers with authenticated encryption, no
 * renegotiation, no compression, no early data, tickets; certificates by the name that
 * the client asks for, from STORE, which is kept. NULL where OpenSSL fails. */
SSL_CTX *context_make(const struct store *store);

/* Lets SSL speak TLS from OLDEST on (TLS1_VERSION ...), with what goes with it. 0 or
 * -1. */
int context_allow_old(SSL *ssl, int oldest);

#endif
