/* The AUTHORIZATION state (RFC 1939 section 4, RFC 5034): until somebody else serves
 * the client. */
#ifndef POP3D_AUTHORIZATION_H
#define POP3D_AUTHORIZATION_H

#include "pop3_connection.h"
#include "tls_door.h"

#include <skalibs/stralloc.h>

struct authorization {
    struct pop3_connection *connection;
    char **program;   /* a checkpassword program, or NULL: through the door */
    const char *door; /* path of the door's socket */
    const char *peer; /* the client's address for the log */
    struct tls_state tls;
    const char *tls_door;  /* path of tlsd's, or NULL: there is none */
    int may_be_plain;      /* passwords are taken without TLS */
    long long tries_left;  /* wrong passwords until the session ends */
    long long fail_delay;  /* seconds before the answer to a wrong password */
    long long login_delay; /* for CAPA */
    stralloc user;         /* what USER named; empty: nothing yet */
    int has_taken;         /* another process serves the client, or has served it */
};

/* Greets as HOST and runs the state to its end. Afterwards all copies of passwords
 * are overwritten. */
enum pop3_event authorization_run(struct authorization *session, const char *host);

#endif
