/* What binds a log-in to its TLS session, as lines of the doors tell it. */
#ifndef TLS_BINDING_H
#define TLS_BINDING_H

#include <skalibs/stralloc.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

/* Appends " exporter=HEX" (RFC 9266) and " end-point=HEX" (RFC 5929), as far as the
 * session has them. CERTIFICATE is the server's; NULL: it was not shown. */
void binding_add(SSL *ssl, X509 *certificate, stralloc *out);

#endif
