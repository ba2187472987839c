/* tlsd in front of a program: one connection, as inetd or a listener starts it. */
#ifndef TLS_FRONT_H
#define TLS_FRONT_H

#include "session.h"

/* Starts PROGRAM, which waits for the handshake, and carries the session of the client
 * on fd 0. The exit code. */
int front_run(const char *service, char **program, SSL_CTX *context,
              const struct session_settings *settings);

#endif
