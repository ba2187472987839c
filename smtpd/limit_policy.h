/* Built-in policies: sizes, space on the disk, recipients, and what a received message
 * may not be. */
#ifndef SMTPD_LIMIT_POLICY_H
#define SMTPD_LIMIT_POLICY_H

#include "session.h"

/* MAIL: the announced size against size_limit (552 5.3.4). */
struct reply limit_policy_size(struct session *session, stralloc *address);
/* MAIL, DATA: the queue's disk keeps free_space beside the announced size (452
 * 4.3.1). */
struct reply limit_policy_space(struct session *session, stralloc *address);
/* RCPT: recipients_limit (452 4.5.3, RFC 5321 section 4.5.3.1.10). */
struct reply limit_policy_recipients(struct session *session, stralloc *address);
/* MESSAGE: size_limit, bare CR, LF and NUL, line_limit, hops_limit. */
struct reply limit_policy_message(struct session *session, stralloc *address);

#endif
