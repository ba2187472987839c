/* The certificates in force: all pairs below etc/tls. New files are taken up while it
 * runs, and a bad new pair is refused with a line in the log while the old one stays.
 */
#ifndef TLS_STORE_H
#define TLS_STORE_H

#include "certificate.h"
#include "clock.h"

#include <skalibs/stralloc.h>

struct store {
    const char *folder;
    const char *host_name;     /* what clients mean that name nobody */
    struct certificate **list; /* sorted by name */
    size_t count;
    struct refused *refused; /* what was refused already, so that it is told once */
    size_t refused_count;
    clock_ms next_look;
    size_t next_warm;  /* whose turn it is (certificate_warm) */
    int is_quiet;      /* for one session: says what it refuses alone */
    int is_unreadable; /* the folder; told already */
};

/* FOLDER and HOST_NAME are kept, not copied. Nothing is read yet. */
void store_open(struct store *store, const char *folder, const char *host_name);
/* Looks whether files have changed, at most once a second unless IS_ASKED, which also
 * tells anew of what is refused. */
void store_refresh(struct store *store, int is_asked);
void store_free(struct store *store);

/* Gives SSL the certificates for NAME (NULL: the client named nobody): of each type of
 * key the best, those that bear the name; where none does those of host_name, and else
 * those of the folder "default" or the first valid one. Among equals one that is valid
 * now goes first, then the one that ends last. 0, or -1 where there is none. */
int store_give(const struct store *store, SSL *ssl, const char *name);

/* One line for each: NAME KEY NOT-BEFORE NOT-AFTER (seconds since 1970), and the names
 * it bears; parted by blanks, and with LF. */
void store_list(const struct store *store, stralloc *out);

#endif
