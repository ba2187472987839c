/* One SASL exchange within AUTH (RFC 4954 section 4): responses of the client,
 * questions to the door run/auth, and what its answers mean to the client. */
#ifndef SMTPD_EXCHANGE_H
#define SMTPD_EXCHANGE_H

#include "../checkpw/auth_door.h"
#include "session.h"

/* RFC 4954 section 4.5: the longest line of an exchange, without CRLF. */
#define AUTH_LINE_MAX 12288

struct exchange {
    struct session *session;
    const char *mechanism;
    const char *initial; /* the initial response; NULL where there is none (any more) */
    int is_bound;        /* to the TLS session: a mechanism with -PLUS */
    struct reply fault;  /* why the exchange has ended early */
};

/* The client's next response to CHALLENGE (in base64), the initial one where that is
 * still due. In base64 too; valid until the next call. 0, or -1 with the fault: the
 * client cancelled, sent no such line, or was lost. */
int exchange_take_response(struct exchange *exchange, const char *challenge,
                           const char **response, size_t *len);
/* The same, decoded into OUT, which the caller wipes. */
int exchange_take_text(struct exchange *exchange, const char *challenge, stralloc *out);

/* A connection to the door, or -1, logged. */
int exchange_open_door(void);
/* Begins a question: KIND, the client's address, the mechanism. */
void exchange_begin_question(const struct exchange *exchange, const char *kind,
                             struct auth_message *message);
/* Sends what is in MESSAGE and waits for the answer, which is left in it. Its first
 * field, or NULL where there is none, logged. */
const char *exchange_ask(int door, struct auth_message *message);
/* The reply to the door's last answer: WORD is its first field (NULL: none), the next
 * in MESSAGE is the user, for "ok". USER is for the log, as the client gave it. */
struct reply exchange_conclude(struct exchange *exchange, const char *word,
                               struct auth_message *message, const char *user,
                               size_t user_len);
/* Lets USER in; NULL or an empty name is trouble. */
struct reply exchange_accept(struct exchange *exchange, const char *user);

#endif
