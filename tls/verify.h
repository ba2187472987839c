/* How a server is verified: by the names of a certificate that a CA answers for, by its
 * TLSA records (RFC 6698, RFC 7672), by a fingerprint, or not at all. */
#ifndef TLS_VERIFY_H
#define TLS_VERIFY_H

#include "tls_request.h"

#include <openssl/ssl.h>

/* A context for sessions with servers; the certificates of CAs lie in FOLDER, by the
 * hashes of their names, and are read when one is needed. NULL where OpenSSL makes
 * none.
 */
SSL_CTX *verify_make_context(const char *folder);

enum verify_records {
    VERIFY_NO_RECORDS, /* it is another check */
    VERIFY_UNUSABLE,   /* none of the TLSA records is: nothing is checked */
    VERIFY_USABLE
};

struct verify {
    const struct tls_request *request;
    enum verify_records records;
};

/* Sets a new SSL up for what is asked; with the name to ask for. 0, or -1 with
 * OpenSSL's error. */
int verify_prepare(struct verify *verify, SSL *ssl, const struct tls_request *request);

/* After the handshake: how the server was verified, as in an OK line; NULL: it was not,
 * and WHY says why. WHY is empty but there, and where a check was only tried. */
const char *verify_finish(const struct verify *verify, SSL *ssl,
                          char why[TLS_TEXT_MAX]);
/* What the certificates were found to be, whether anything hung on it or not: one of
 * the failures, as none at all is one too. */
enum tls_result verify_result(const SSL *ssl);
/* Of a handshake that failed: what over the certificate it failed for, and WHY says it;
 * TLS_RESULT_NONE where it was for something else. */
enum tls_result verify_explain(const SSL *ssl, char why[TLS_TEXT_MAX]);

#endif
