/* What the tables say of an address: a mailbox here, an alias, another host's, or
 * unknown. smtpd asks at RCPT, qsend when it takes a message over, qnotify when
 * it expands an alias.
 *
 * Order for a local domain: alias USER+EXT, user USER+EXT, alias USER, user USER
 * (the local part without its extension), alias @DOMAIN (the catch-all), then for
 * postmaster the setting postmaster. An alias goes before a mailbox of the same
 * name. Case does not matter in local parts of local domains. */
#ifndef LIB_RECIPIENT_H
#define LIB_RECIPIENT_H

#include "tables.h"

enum recipient_kind {
    RECIPIENT_MAILBOX,
    RECIPIENT_ALIAS,
    RECIPIENT_REMOTE,  /* its domain is not local here */
    RECIPIENT_UNKNOWN, /* local domain, no such user: 550 5.1.1 */
    RECIPIENT_ERROR    /* the tables can't be read: temporary */
};

struct recipient_route {
    enum recipient_kind kind;
    const char *mailbox;            /* MAILBOX: folder below the mail root */
    unsigned long long quota_bytes; /* 0: none */
    unsigned long long quota_count;
    int is_own_address;  /* MAILBOX: 0 where an extension was stripped: the copy
                            gets a Delivered-To */
    const char *targets; /* ALIAS: addresses parted by commas and blanks */
};

/* ADDRESS is canonical (address.h); "postmaster" alone is taken as
 * postmaster@default_domain. With is_expanded no alias is looked at (the address
 * is itself the result of an expansion). The strings in OUT live as long as
 * tables stays open or until the next call. */
enum recipient_kind recipient_resolve(const struct tables *tables, const char *address,
                                      int is_expanded, struct recipient_route *out);
/* TABLE_FOUND where DOMAIN is local here. */
enum table_result recipient_domain_is_local(const struct tables *tables,
                                            const char *domain);

/* Walks an alias's targets: returns the next (*LEN bytes, quoted local parts kept
 * whole) and moves *TARGETS past it; NULL after the last. */
const char *recipient_next_target(const char **targets, size_t *len);

#define RECIPIENT_EXPANSION_MAX 10000
/* Expands alias ADDRESS, and aliases among its targets, down to addresses that are
 * mailboxes or other hosts'; each once. An alias that names itself means its own
 * mailbox. Calls each(address, data) for every result. Returns how many; 0 where
 * aliases only lead round in a circle or to unknown users; -1 for unreadable
 * tables or more than RECIPIENT_EXPANSION_MAX. */
int recipient_expand(const struct tables *tables, const char *address,
                     void (*each)(const char *address, void *data), void *data);

/* The value of TABLE (routes or tls_policy) for DOMAIN, which may be an address in
 * brackets: its own row, else that of .PARENT, else of '*'. */
enum table_result recipient_find_row(const struct tables *tables, enum table table,
                                     const char *domain, const char **value);
/* The same for the table routes. */
enum table_result recipient_find_route(const struct tables *tables, const char *domain,
                                       const char **value);

#endif
