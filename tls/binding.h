/* What binds a log-in to its TLS session, as lines of the doors tell it. */
#ifndef TLS_BINDING_H
#define TLS_BINDING_H

#include <skalibs/stralloc.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

/* The hash of the server's CERTIFICATE that is the session's end-point (RFC 5929
 * section 4): its length, or 0 where there is none or CERTIFICATE is NULL. */
size_t binding_hash(X509 *certificate, unsigned char hash[EVP_MAX_MD_SIZE]);
/* Appends " exporter=HEX" (RFC 9266) and " end-point=HEX", the hash of LEN bytes, as
 * far as the session has them. */
void binding_add(SSL *ssl, const unsigned char *hash, size_t len, stralloc *out);

#endif
