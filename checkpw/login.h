/* The decision on one log-in. */
#ifndef CHECKPW_LOGIN_H
#define CHECKPW_LOGIN_H

#include "account.h"
#include "credentials.h"
#include "login_door.h"

enum login_use {
    LOGIN_FOR_PROGRAM, /* the user's program runs next: privileges are dropped */
    LOGIN_FOR_ANSWER /* the process only answers, behind walls, and keeps what it has */
};

/* Looks user and hash up, may drop privileges (privileges.h), then compares. Unknown
 * users and wrong passwords take the same time. Whatever is in doubt is
 * LOGIN_TEMPORARY. Logs what was not accepted with its reason, and counts it for PEER,
 * the client's address as text (failures.h). OUT starts as {0}; valid for
 * LOGIN_ACCEPTED. */
enum login_result login_check(const struct credentials *credentials, const char *peer,
                              enum login_use use, struct account *out);

#endif
