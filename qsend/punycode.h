/* Domain names in the form that the DNS knows: labels with UTF-8 (U-labels) become
 * A-labels (RFC 5890 section 2.3.2, RFC 3492), as RFC 6531 section 3.2 asks for.
 * Nothing is mapped: a U-label is in lower case and normalised already, and any other
 * text names no host. */
#ifndef QSEND_PUNYCODE_H
#define QSEND_PUNYCODE_H

#include <stddef.h>

/* Writes DOMAIN with a NUL to OUT (SIZE bytes). 0, or -1 where it is not UTF-8, too
 * long, or has an empty label or one over 63 bytes. */
int punycode_encode_domain(const char *domain, char *out, size_t size);

#endif
