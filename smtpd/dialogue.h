/* The dialogue of a session: which command may come when, who answers it, and the one
 * place where replies are written, logged and counted. */
#ifndef SMTPD_DIALOGUE_H
#define SMTPD_DIALOGUE_H

#include "session.h"

/* Greets and serves until the session is over. Returns the exit code. */
enum exitcode dialogue_run(struct session *session);

#endif
