/* The policies that are kept (RFC 8461 section 3.2 and 5.1), one file a domain in the
 * folder sts: the policy's canonical text, and the fields x-id, x-fetched and x-used. A
 * file is written whole beside, synced, and put in place; readers see the old or the
 * new one. "!DOMAIN" says that a fetch has failed, how (x-type), and when. stsd writes,
 * qmx reads. */
#ifndef STS_CACHE_H
#define STS_CACHE_H

#include "policy.h"
#include "record.h"
#include "tls_result.h"

/* So long a failed fetch is not tried again for the same id. */
#define STS_FAILURE_SECONDS 300

/* Policies are fetched anew daily, so that none lapses (RFC 8461 section 3.3), and
 * those that live for less than two days at the half of that. */
#define STS_REFRESH_SECONDS 86400

struct sts_entry {
    char id[STS_ID_MAX + 1];
    long long fetched; /* seconds since 1970 */
    long long used;    /* when it was asked for; exact to a day */
    struct sts_policy policy;
};

/* DOMAIN's, in the DNS's form and lower case. 1: there is one that holds at NOW; 0:
 * there is none, it is too old, or none of ours; -1 with errno: it can't be read. ENTRY
 * is {0} before the first call. */
int sts_cache_read(const char *domain, long long now, struct sts_entry *entry);
/* 1 where it is to be fetched anew although it still holds. */
int sts_cache_is_due(const struct sts_entry *entry, long long now);
/* 0: it is on the disk; -1 with errno: the old one, if any, is there. */
int sts_cache_write(const char *domain, const struct sts_entry *entry);
/* How a fetch for ID has failed lately; TLS_RESULT_NONE: none has. */
enum tls_result sts_cache_find_failure(const char *domain, const char *id,
                                       long long now);
/* 0, or -1 with errno; not synced. */
int sts_cache_note_failure(const char *domain, const char *id, long long now,
                           enum tls_result type);

/* A name that a file can have: labels of small letters, digits, '-' and '_'. */
int sts_cache_name_is_good(const char *domain);

/* Takes a file's text apart: 0, or -1 where it is none of ours. Pure. */
int sts_entry_parse(const char *bytes, size_t len, struct sts_entry *out);
void sts_entry_write(stralloc *out, const struct sts_entry *entry);

#endif
