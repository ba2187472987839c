/* Built-in policies of the submission service (smtpd -s, RFC 6409): who has not logged
 * in sends nothing, and who has sends as himself and within limits. They say nothing in
 * other sessions. */
#ifndef SMTPD_SUBMISSION_POLICY_H
#define SMTPD_SUBMISSION_POLICY_H

#include "session.h"

/* MAIL: a user has to be logged in (530 5.7.0). */
struct reply submission_policy_login(struct session *session, stralloc *address);
/* MAIL: the reverse-path is the user's to use (553 5.7.1), or null. */
struct reply submission_policy_sender(struct session *session, stralloc *address);
/* MAIL: there is something left of the hour's limits (450 4.7.0). */
struct reply submission_policy_allowance(struct session *session, stralloc *address);
/* DATA: the message and its recipients are counted, if there are so many left. */
struct reply submission_policy_count(struct session *session, stralloc *address);
/* MESSAGE: what was found wrong with its header. */
struct reply submission_policy_header(struct session *session, stralloc *address);

#endif
