/* Which hosts take the mail of a domain: questions to qmx, and their answers, kept
 * as long as these may be and as there is room. */
#ifndef QSEND_LOOKUP_H
#define QSEND_LOOKUP_H

#include "hash.h"
#include "loop.h"
#include "message.h"
#include "packet.h"
#include "pool.h"

#define LOOKUPS_MAX 4096

/* Questions for new mail have workers of their own: those for old mail, which may all
 * run into timeouts, never stand before them. */
enum question_pool { QUESTION_NEW, QUESTION_OLD, QUESTION_POOLS };

/* A host to be tried; in the order of qmx. RANK counts preferences from 0. */
struct lookup_host {
    unsigned rank;
    char *name;
    char *ip;
    char *dane; /* of its TLSA records (dane.h) */
};

struct lookup_waiter {
    struct lookup_waiter *next;
    struct message *message; /* a reference is held */
    size_t index;
    unsigned port;
    char *policy; /* of TLS (lib/tls_policy.h) */
    char *auth;   /* key of its password in relay_passwords; empty: there is none */
};

struct lookup {
    struct lookup *next;          /* in its bucket */
    struct lookup *older, *newer; /* by last use; answered ones alone */
    char *key;                    /* "mx DOMAIN" or "host NAME"; " PORT" behind it
                                     where TLSA records are wanted */
    clock_ms good_until;          /* 0: not answered yet */
    unsigned char is_outdated;    /* its answer is not kept: it comes from before
                                     lookup_renew */
    char status;                  /* K, Z or D */
    char *enhanced, *text;        /* of a failure */
    char *reports;                /* who wants reports of TLS (tlsrpt.h) */
    struct lookup_host *hosts;
    size_t host_count;
    struct lookup_waiter *first_waiter, *last_waiter;
    enum question_pool pool; /* where the question is, while any waits */
};

struct lookups {
    struct lookup *buckets[HASH_SIZE];
    struct lookup *oldest, *newest;
    size_t count; /* of answered ones */
};

void lookup_open(struct scheduler *scheduler);
/* Finds out for recipient INDEX: VERB is "mx" or "host", NAME what is asked. Goes on
 * with route_found, in this call where the answer is known already.
 * Where memory is too full the message is parked instead. */
void lookup_ask(struct scheduler *scheduler, const char *verb, const char *name,
                const struct lookup_waiter *waiter);
/* Forgets all answers. */
void lookup_flush(struct scheduler *scheduler);
/* The same, where tables or name servers may be other ones now: what is asked from here
 * on is answered by what they are. */
void lookup_renew(struct scheduler *scheduler);

#endif
