/* STARTTLS (RFC 3207), and TLS at once: the client's socket goes to tlsd, through its
 * door run/tls (lib/tls_door.h), and the session goes on over the door's connection.
 * smtpd knows nothing of TLS itself. */
#ifndef SMTPD_STARTTLS_H
#define SMTPD_STARTTLS_H

#include "session.h"

/* Whether EHLO names it. */
int starttls_is_offered(const struct session *session);
/* The command: 220, after which dialogue_run calls starttls_switch; or why not. */
struct reply starttls_answer(struct session *session);
/* Sends the 220 and waits for the handshake. Afterwards nothing that the client has
 * said before counts any more, or the session is over. */
void starttls_switch(struct session *session);
/* For a port where TLS comes before the greeting. 0, or -1: there is nobody to be
 * greeted. */
int starttls_at_once(struct session *session);

#endif
