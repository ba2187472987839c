/* The keys of session tickets (RFC 5077): a session that was interrupted is resumed
 * from what the client kept, so no process has to remember it. Keys change daily; those
 * of the day before are still understood. They live in memory alone. A ticket holds the
 * hash of the certificate that was shown when the session began (binding_hash). */
#ifndef TLS_TICKETS_H
#define TLS_TICKETS_H

#include <openssl/evp.h>
#include <openssl/ssl.h>

#define TICKET_KEY_SECONDS 86400

/* Lets CONTEXT use the keys. 0, or -1. */
int tickets_attach(SSL_CTX *context);
/* Makes new keys where the present ones are older than TICKET_KEY_SECONDS, for the
 * process and those that it forks from then on. 0, or -1 where there is no randomness:
 * the old ones stay. */
int tickets_rotate(void);
/* That hash of a session that was resumed: its length, or 0 where there is none. */
size_t tickets_get_hash(const SSL *ssl, unsigned char hash[EVP_MAX_MD_SIZE]);

#endif
