/* The decision on one log-in. */
#ifndef CHECKPW_LOGIN_H
#define CHECKPW_LOGIN_H

#include "account.h"
#include "credentials.h"
#include "login_door.h"

/* Looks user and hash up, drops privileges (privileges.h), then compares. Unknown
 * users and wrong passwords take the same time. Whatever is in doubt is
 * LOGIN_TEMPORARY. Logs what was not accepted with its reason; PEER is the client's
 * address for that. OUT starts as {0}; valid for LOGIN_ACCEPTED. */
enum login_result login_check(const struct credentials *credentials, const char *peer,
                              struct account *out);

#endif
