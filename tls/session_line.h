/* The door's OK line about a session (lib/tls_door.h). */
#ifndef TLS_SESSION_LINE_H
#define TLS_SESSION_LINE_H

#include <skalibs/stralloc.h>

#include <openssl/ssl.h>

/* Adds the line, with its LF: version, cipher, name, and what log-ins can be bound to
 * (RFC 9266, RFC 5929) as far as there is any. */
void session_line_make(SSL *ssl, stralloc *out);

#endif
