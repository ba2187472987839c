/* AUTH (RFC 4954) with PLAIN (RFC 4616), LOGIN and SCRAM-SHA-256 (RFC 5802), for the
 * submission service. Passwords go to the door run/auth alone; what held them is
 * overwritten before the reply. */
#ifndef SMTPD_AUTHENTICATION_H
#define SMTPD_AUTHENTICATION_H

#include "session.h"

struct reply authentication_auth(struct session *session);
/* The policy of event AUTH: who may begin an exchange now. */
struct reply authentication_policy(struct session *session, stralloc *address);
/* The mechanisms that are offered, as EHLO lists them; "" for none. */
const char *authentication_offer(const struct session *session);
/* Forgets who has logged in, as a start of TLS has to (RFC 3207 section 4.2). */
void authentication_forget(struct session *session);

#endif
