/* Mail addresses as RFC 5321 section 4.1.2 has them, with RFC 6531's UTF-8.
 *
 * Everywhere else an address is one string, its canonical form: LOCAL@DOMAIN,
 * where LOCAL is a dot-string, or a quoted string only where it has to be
 * (needless quotes and escapes are taken away); DOMAIN has A-Z folded and no
 * final dot, or is a literal as net_address_literal writes it, [192.0.2.1] or
 * [IPv6:2001:db8::1], so that no address has two. The case of LOCAL is kept. The null
 * reverse-path is "". <postmaster> without a domain is "postmaster". The last '@' parts
 * the two. */
#ifndef LIB_ADDRESS_H
#define LIB_ADDRESS_H

#include <skalibs/stralloc.h>

#include <stddef.h>

enum address_flags {
    ADDRESS_MAY_BE_NULL = 1,       /* "<>" */
    ADDRESS_MAY_BE_POSTMASTER = 2, /* "<postmaster>" in any case */
    ADDRESS_MAY_BE_UTF8 = 4,       /* RFC 6531; else any byte over 127 is a fault */
    ADDRESS_MAY_LACK_DOMAIN = 8    /* a bare local part (qinject completes it) */
};

enum address_result {
    ADDRESS_OK,
    ADDRESS_SYNTAX,    /* 501 5.1.3 (5.1.7 for a sender); controls of UTF-8, too */
    ADDRESS_TOO_LONG,  /* local part over 64, domain over 255 octets, path over 256 */
    ADDRESS_NEEDS_UTF8 /* 553 5.6.7: non-ASCII where it is not allowed */
};

/* Parses a path "<...>" at the start of IN: source routes (@a,@b:) are parsed and
 * dropped. OUT is set to the canonical address. *USED is the count of bytes that
 * the path took. */
enum address_result address_parse_path(const char *in, size_t len, unsigned flags,
                                       stralloc *out, size_t *used);
/* The same for a bare address that fills IN whole, without angle brackets. */
enum address_result address_parse(const char *in, size_t len, unsigned flags,
                                  stralloc *out);
/* 1 for a domain name (RFC 5321 Domain; U-labels with ADDRESS_MAY_BE_UTF8), or an
 * address literal. */
int address_is_domain(const char *in, size_t len, unsigned flags);
int address_is_literal(const char *in, size_t len);
/* Points at the domain of a canonical address, or NULL where it has none. */
const char *address_domain(const char *address);
/* 1 where any byte is over 127. */
int address_is_utf8(const char *address);

#endif
