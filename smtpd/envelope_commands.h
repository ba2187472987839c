/* MAIL, RCPT and RSET. */
#ifndef SMTPD_ENVELOPE_COMMANDS_H
#define SMTPD_ENVELOPE_COMMANDS_H

#include "session.h"

struct reply envelope_mail(struct session *session);
struct reply envelope_rcpt(struct session *session);
struct reply envelope_rset(struct session *session);

#endif
