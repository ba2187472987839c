/* Values that others have chosen, made fit for a notification: addresses, and what
 * remote hosts said. */
#ifndef QSEND_REPORT_VALUE_H
#define QSEND_REPORT_VALUE_H

#include <skalibs/stralloc.h>

#include <stddef.h>

/* Appends TEXT, at most 900 bytes of it, in one line: each control byte is '?', and
 * so is each byte over 127, but for whole UTF-8 characters where is_utf8 is set. */
void report_add_clean(stralloc *out, const char *text, size_t len, int is_utf8);
/* Appends an address. Without is_utf8 its UTF-8 is written in ASCII, as
 * utf-8-addr-xtext (RFC 6533 section 3), at most 900 bytes of it: one of 254 octets,
 * the longest that SMTP takes, is whole. */
void report_add_address(stralloc *out, const char *address, int is_utf8);
/* 1 where a byte is over 127. */
int report_has_8bit(const char *bytes, size_t len);

#endif
