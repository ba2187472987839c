/* The certificates of the TLS service. */
#ifndef ADMIN_CERTIFICATES_H
#define ADMIN_CERTIFICATES_H

#include <stddef.h>
#include <time.h>

/* A certificate ends so soon that somebody should look: after 21 days. */
#define CERTIFICATE_WARN_SECONDS (21 * 86400)

/* One in force, as tlsd tells of it. */
struct certificate_row {
    const char *name;  /* of its folder below etc/tls */
    const char *key;   /* "EC-256" */
    const char *hosts; /* the names it bears, parted by blanks; "" for none */
    time_t not_before, not_after;
};

/* Asks the running tlsd, and calls VISIT for each; DATA is handed on. How many there
 * are, or -1 with errno: ENOENT or ECONNREFUSED where none runs. */
int certificates_visit(void (*visit)(const struct certificate_row *row, void *data),
                       void *data);

/* Asks the running tlsd, if there is one, and calls VISIT for each pair that is there
 * and was not taken, with the reason; HAS_OLD: the one before is in force as long as
 * tlsd runs. */
void certificates_visit_refused(void (*visit)(const char *name, int has_old,
                                              const char *why));

/* Makes etc/tls/default, a pair signed by itself for HOST and localhost, with the
 * command openssl, where there is no pair at all. 1: there is one now; 0: there can be
 * none, and a line on fd 2 says why; -1 with errno. */
int certificates_make_first(const char *host);

#endif
