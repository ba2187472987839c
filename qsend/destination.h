/* Remote destinations: the pool of qremote for each set of exchangers. Two domains
 * with the same exchangers at the same preferences and port, the same policy of TLS and
 * the same password, or none, are one destination and share its sessions. One that
 * takes no connection is left alone for a while, for longer each time, and then tried
 * by one session alone. */
#ifndef QSEND_DESTINATION_H
#define QSEND_DESTINATION_H

#include "hash.h"
#include "lookup.h"
#include "pool.h"
#include "sessions.h"
#include "tls_sessions.h"

struct destination {
    struct destination *next; /* in its bucket */
    struct pool pool;
    char *key;  /* the hosts in a fixed order, with ranks, port, policy and auth */
    char *name; /* for qremote's log: the first exchanger's */
    unsigned port;
    char *policy;              /* of TLS (lib/tls_policy.h) */
    char *auth;                /* key in relay_passwords, or empty */
    struct lookup_host *hosts; /* in the order of qmx */
    size_t host_count;
    size_t started;                 /* sessions so far: turns hosts of one rank round */
    long long back_off;             /* seconds; 0: it works as far as is known */
    clock_ms back_off_end;          /* until then nothing is tried */
    char *trouble;                  /* why, in one line, */
    char trouble_code[12];          /* ... and its enhanced status code */
    clock_ms busy_since;            /* jobs have waited without a break since then, */
    unsigned long long done;        /* ... and so many were done since */
    struct tls_domain *tls_domains; /* those that want reports (tls_sessions.h) */
    size_t tls_domain_count;
    clock_ms answered;          /* when the last result came; 0: none did */
    clock_ms limited;           /* it took no more sessions then; 0: it may have all */
    unsigned char has_new_mail; /* among what has waited since busy_since */
    /* sessions.c's */
    struct destination *next_in_line[SESSION_CLASSES];
    unsigned char is_in_line[SESSION_CLASSES];
    unsigned char is_called;  /* its turn has come */
    unsigned char is_counted; /* among sessions.doubted */
};

struct destinations {
    struct destination *buckets[HASH_SIZE];
    size_t count;
    struct sessions sessions;
    struct loop_timer sweep;
};

void destination_open(struct scheduler *scheduler);
void destination_apply_settings(struct scheduler *scheduler);
/* Adds WAITER's recipient to the destination with LOOKUP's hosts; while that is
 * backed off from, the recipient is deferred at once. */
void destination_add(struct scheduler *scheduler, const struct lookup *lookup,
                     const struct lookup_waiter *waiter);
/* Ends all back-offs: the next message is the probe. */
void destination_flush(struct scheduler *scheduler);

/* Calls ACT for each. */
void destination_each(struct scheduler *scheduler,
                      void (*act)(struct destination *destination));

/* 1 where the destination has answered within the last minute. */
int destination_is_trusted(const struct destination *destination);
/* Closes an idle session of some destination; 1 where there was one. */
int destination_close_idle(struct destinations *destinations);

/* ---- between destination.c (one) and destinations.c (all of them) ---- */

extern const struct pool_rules destination_rules;
/* The destination with LOOKUP's hosts and WAITER's port and policy; a new one where
 * there is none. */
struct destination *destination_find(struct scheduler *scheduler,
                                     const struct lookup *lookup,
                                     const struct lookup_waiter *waiter);
/* Sets the pool's limits by the settings, and by whether a probe is due. */
void destination_set_limits(struct destination *destination);

#endif
