/* The greeting, HELO, EHLO and QUIT. */
#ifndef SMTPD_HELLO_H
#define SMTPD_HELLO_H

#include "session.h"

/* What the server says first: 220, 554 or 421 (RFC 5321 section 3.1). */
struct reply hello_greet(struct session *session);
struct reply hello_helo(struct session *session);
struct reply hello_ehlo(struct session *session);
struct reply hello_quit(struct session *session);

#endif
