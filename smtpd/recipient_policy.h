/* Built-in policies at RCPT: whose address it is, and whether we take mail for it. */
#ifndef SMTPD_RECIPIENT_POLICY_H
#define SMTPD_RECIPIENT_POLICY_H

#include "session.h"

/* user@[our address] becomes user@default_domain (RFC 5321 section 4.5.1). */
struct reply recipient_policy_literal(struct session *session, stralloc *address);
/* Table access by recipient. */
struct reply recipient_policy_access(struct session *session, stralloc *address);
/* Unknown users (550 5.1.1) and relaying (550 5.7.1). */
struct reply recipient_policy_route(struct session *session, stralloc *address);

#endif
