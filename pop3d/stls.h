/* STLS (RFC 2595 section 4), and TLS at once: the client's socket goes to tlsd, through
 * its door run/tls (lib/tls_door.h), and the session goes on over the door's
 * connection. */
#ifndef POP3D_STLS_H
#define POP3D_STLS_H

#include "authorization.h"

/* Whether the command is known. */
int stls_is_offered(const struct authorization *session);
/* Answers the command. */
enum pop3_event stls_start(struct authorization *session);
/* For a port where TLS comes before the greeting. 0, or -1: there is nobody to be
 * greeted. */
int stls_at_once(struct authorization *session);

#endif
