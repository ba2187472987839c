/* The certificates in force: all pairs below etc/tls. New files are taken up while it
 * runs, and a bad new pair is refused with a line in the log while the old one stays;
 * so is one that is not valid now where the old one is, until its day has come. */
#ifndef TLS_STORE_H
#define TLS_STORE_H

#include "certificate.h"
#include "clock.h"
#include "refused.h"

#include <skalibs/stralloc.h>

struct store {
    const char *folder;
    const char *host_name;     /* what clients mean that name nobody */
    struct certificate **list; /* sorted by name */
    size_t count;
    struct refused refused; /* told already */
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

/* One line for each: NAME KEY NOT-BEFORE NOT-AFTER (seconds since 1970), and the names
 * it bears; parted by blanks, and with LF. */
void store_list(const struct store *store, stralloc *out);
/* One line for each pair that is there and not taken: NAME OLD WHY, where OLD is
 * "stays" or "none" as in the log, and WHY a text with blanks. */
void store_list_refused(const struct store *store, stralloc *out);

#endif
