/* SCRAM-SHA-256 as a client speaks it (RFC 5802, RFC 7677): three messages, of which
 * the last proves that the server knows the password's keys too. Pure but for the
 * nonce, which the caller gives. */
#ifndef LIB_SCRAM_CLIENT_H
#define LIB_SCRAM_CLIENT_H

#include "scram.h"

/* What is asked of a server's iterations: fewer make the password cheap to guess for
 * whoever has heard the exchange (RFC 7677 section 4), more only cost us time. */
#define SCRAM_CLIENT_ITERATIONS_LEAST 4096
#define SCRAM_CLIENT_ITERATIONS_MOST 1000000

enum scram_client_end {
    SCRAM_CLIENT_DONE,
    SCRAM_CLIENT_NONSENSE, /* not such a message */
    SCRAM_CLIENT_NONCE,    /* it does not answer ours */
    SCRAM_CLIENT_FEW,      /* too few iterations */
    SCRAM_CLIENT_MANY,     /* too many */
    SCRAM_CLIENT_REFUSED,  /* the server says e= */
    SCRAM_CLIENT_UNPROVEN  /* the server does not know the keys */
};

struct scram_client {
    const char *binding; /* the kind of channel binding that is used, or NULL, */
    const char *bound;   /* ... and its bytes */
    size_t bound_len;
    int could_bind; /* without BINDING: we know one, the server offers none */
    stralloc bare;  /* our first message without its header */
    unsigned char signature[SHA256_SIZE]; /* what the server has to show */
};

/* Appends the first message. USER is printable ASCII. */
void scram_client_begin(struct scram_client *client, const char *user, size_t user_len,
                        const char *nonce, stralloc *out);
/* Takes the server's challenge and appends the answer to it. */
enum scram_client_end scram_client_answer(struct scram_client *client,
                                          const char *challenge, size_t len,
                                          const char *password, size_t password_len,
                                          stralloc *out);
/* Takes the server's last message. */
enum scram_client_end scram_client_check(const struct scram_client *client,
                                         const char *message, size_t len);
void scram_client_free(struct scram_client *client);

#endif
