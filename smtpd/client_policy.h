/* Built-in policies about who the client is and for whom it sends. */
#ifndef SMTPD_CLIENT_POLICY_H
#define SMTPD_CLIENT_POLICY_H

#include "access.h"
#include "session.h"

/* CONNECT: table access by network, then by host; sets may_relay. A row for the
 * network settles it, and the host is not looked up. */
struct reply client_policy_connect(struct session *session, stralloc *address);
/* MAIL: table access by sender. */
struct reply client_policy_sender(struct session *session, stralloc *address);
/* The reply to a sender or recipient for which ANSWER was found; none for ok. */
struct reply client_policy_reply(struct access_answer answer);

#endif
