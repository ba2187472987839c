/* SASL PLAIN (RFC 4616) as AUTH of SMTP and POP3 carries it. */
#ifndef LIB_SASL_PLAIN_H
#define LIB_SASL_PLAIN_H

#include <skalibs/stralloc.h>

#include <stddef.h>

/* USER and PASSWORD point into the decoded message. */
struct sasl_plain {
    const char *user, *password;
    size_t user_len, password_len;
};

enum sasl_plain_result {
    SASL_PLAIN_OK,
    SASL_PLAIN_OTHER, /* to act as somebody else, which nobody may: it is OUT's user who
                         is denied */
    SASL_PLAIN_MALFORMED
};

/* Decodes MESSAGE (base64, strict) into DECODED, which the caller wipes, and takes it
 * apart: authzid NUL authcid NUL password, none of them empty but authzid, and authzid
 * empty or the same as authcid but for A-Z. */
enum sasl_plain_result sasl_plain_parse(const char *message, size_t len,
                                        stralloc *decoded, struct sasl_plain *out);

#endif
