/* One exchange of SCRAM-SHA-256 on the server's side (RFC 5802 section 3): computes,
 * and asks nobody. */
#ifndef CHECKPW_SCRAM_EXCHANGE_H
#define CHECKPW_SCRAM_EXCHANGE_H

#include "scram.h"

#include <skalibs/stralloc.h>

/* What the connection is to be bound to: the data that both ends know of it. */
struct scram_binding {
    const char *name; /* "tls-exporter"; NULL: to nothing */
    const char *data;
    size_t len;
    int is_possible; /* without a name: the client was offered to bind it */
};

/* Start from {0}. */
struct scram_exchange {
    struct scram_binding binding;
    struct scram_first first; /* its pointers lead into the client's message */
    struct scram_keys keys;
    stralloc opening; /* the client's first message */
    stralloc answer;  /* ours */
};

/* Takes the client's first message. 0, or -1 where it is none, or wants to be bound to
 * what BINDING is not; the user is then exchange->first.user. */
int scram_exchange_begin(struct scram_exchange *exchange,
                         const struct scram_binding *binding, const char *message,
                         size_t len);
/* The keys of the user, as text; NULL, or text that is none: made up from SECRET and
 * NAME (the user's, in its canonical form), the same at each try, so that nobody can
 * tell. 1 where they are real. */
int scram_exchange_take_keys(struct scram_exchange *exchange, const char *keys,
                             const char *name, const char *secret);
/* Our first message, in exchange->answer. 0, or -1: no random bytes. */
int scram_exchange_challenge(struct scram_exchange *exchange);
/* Takes the client's last message: 0 where it proves that the client knows the
 * password; OUT is then our last one. -1 where it does not. */
int scram_exchange_finish(struct scram_exchange *exchange, const char *message,
                          size_t len, stralloc *out);
void scram_exchange_free(struct scram_exchange *exchange);

#endif
