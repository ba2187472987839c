/* Which domains a session of TLS counts for. Domains with the same exchangers share
 * sessions, so a session's outcomes count for each domain that wants reports and of
 * which mail was given to it: once, whether the mail came before or after.
 *
 * A destination knows which of its domains want reports; a worker, what came of TLS
 * in its session (several outcomes, where hosts were passed over) and for whom. */
#ifndef QSEND_TLS_SESSIONS_H
#define QSEND_TLS_SESSIONS_H

#include "packet.h"

struct destination;
struct job;
struct message;
struct worker;

/* Of one destination, and of one session; others are not counted. */
#define TLS_DOMAINS_MAX 256
#define TLS_SESSION_DOMAINS_MAX 64
/* Hosts that a session tries, twice each. */
#define TLS_OUTCOMES_MAX 40

struct tls_domain {
    struct tls_domain *next;
    char *reports; /* who wants them (tlsrpt.h); empty: nobody */
    char name[];   /* as the recipients' addresses have it */
};

/* The domain of recipient INDEX has REPORTS ("" or NULL: none are wanted). */
void tls_sessions_note(struct destination *destination, const struct message *message,
                       size_t index, const char *reports);
/* A job of the pool of a destination was given to WORKER. */
void tls_sessions_add_job(struct worker *worker, const struct job *job);
/* A packet "tls", whose verb is read: RESULT HOST IP SOURCE TEXT. */
void tls_sessions_take(struct worker *worker, struct packet *packet);
/* The worker is closed; the destination freed. */
void tls_sessions_end(struct worker *worker);
void tls_sessions_free(struct destination *destination);

#endif
