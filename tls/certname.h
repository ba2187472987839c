/* The names in a certificate. */
#ifndef TLS_CERTNAME_H
#define TLS_CERTNAME_H

/* How well NAME, a host's name without a final dot, is covered by PATTERN, a name of a
 * certificate: 2 it is that name, 1 the pattern's "*" stands for its first label (RFC
 * 6125 section 6.4.3), 0 not at all. The case of A-Z does not matter. */
int certname_match(const char *pattern, const char *name);

/* Whether NAME may be written into a line and compared at all: letters, digits,
 * hyphens, underscores and dots, 255 at most. */
int certname_is_plain(const char *name);

#endif
