/* VRFY, EXPN, HELP and NOOP. */
#ifndef SMTPD_INQUIRY_H
#define SMTPD_INQUIRY_H

#include "session.h"

/* 252 unless the setting vrfy opens it; then from the tables (RFC 5321 section 3.5). */
struct reply inquiry_vrfy(struct session *session);
/* Likewise with the setting expn: an alias's targets, a line each. */
struct reply inquiry_expn(struct session *session);
struct reply inquiry_help(struct session *session);
struct reply inquiry_noop(struct session *session);

#endif
