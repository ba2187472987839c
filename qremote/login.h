/* AUTH with a server (RFC 4954), in a session that has a secret: by the strongest way
 * that both sides know. SCRAM-SHA-256 tells nobody the password; PLAIN and LOGIN do,
 * and so are spoken only where the policy demands TLS, or where what is said does not
 * leave the machine. A failure never concerns the mail: it waits. */
#ifndef QREMOTE_LOGIN_H
#define QREMOTE_LOGIN_H

#include "session.h"
#include "starttls.h"

/* After EHLO, within TLS where that is to be: logs in. 0; or -1: the host is not to be
 * used, session->trouble tells, and the session may be closed already. */
int login_run(struct session *session, const struct starttls_plan *plan);

#endif
