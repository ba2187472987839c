/* One exchange of AUTH with a server (RFC 4954), in one of the ways that are known
 * here: SCRAM-SHA-256, bound to the TLS session or not (RFC 5802, RFC 7677), PLAIN (RFC
 * 4616) and LOGIN. Whether a way may be taken is login.c's to say. */
#ifndef QREMOTE_AUTH_EXCHANGE_H
#define QREMOTE_AUTH_EXCHANGE_H

#include "session.h"

struct auth_exchange {
    struct session *session;
    const stralloc *user, *password;
    enum auth_mechanism mechanism;
    stralloc challenge;            /* of the last reply */
    stralloc line;                 /* to be sent; holds the password in some clothing */
    char code[12];                 /* of what went wrong, the enhanced status code */
    char why[REPLY_TEXT_MAX + 60]; /* ... and what it was; empty: nothing */
};

/* The code of the server's last reply, 235 for success; or -1, and WHY says what went
 * wrong: the session is lost, or the exchange made no sense. */
int auth_exchange_run(struct auth_exchange *exchange);
/* Notes what goes wrong; what is noted first counts. -1. */
int auth_exchange_fail(struct auth_exchange *exchange, const char *code,
                       const char *why);
/* Whether there is something in the TLS session to bind SCRAM to. */
int auth_exchange_has_binding(const struct tls_state *tls);
/* Whether a server's TEXT repeats the password, plain or as PLAIN and LOGIN tell it. */
int auth_exchange_is_told(const struct auth_exchange *exchange, const char *text);
void auth_exchange_free(struct auth_exchange *exchange);

#endif
