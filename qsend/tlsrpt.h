/* Who wants reports of TLS with a domain's exchangers (RFC 8460 section 3): the TXT
 * record at _smtp._tls.DOMAIN, as one field of text that goes from qmx through qsend
 * into the reports' files: URIs "mailto:ADDRESS" and "https://...", parted by commas,
 * in printable ASCII without blanks; empty: nobody does. */
#ifndef QSEND_TLSRPT_H
#define QSEND_TLSRPT_H

#include <skalibs/stralloc.h>

#include <stddef.h>

#define TLSRPT_FIELD_MAX 1000
#define TLSRPT_URIS_MAX 8

/* Takes the text of a record (its strings put together) apart and sets FIELD. 1 where
 * it begins as a TLSRPT record, though FIELD may be empty for one that is faulty or
 * names nothing of use; 0 where it is some other text. Pure. */
int tlsrpt_parse(const char *text, size_t len, stralloc *field);
/* Asks for the records of DOMAIN. FIELD is empty where there is not exactly one, or
 * they can't be looked up; *TTL, in seconds, becomes less where what was found may be
 * kept for a shorter time. */
void tlsrpt_find(const char *domain, stralloc *field, unsigned long *ttl);

#endif
