/* The side of the door run/auth that knows the hashes. */
#ifndef CHECKPW_AUTH_H
#define CHECKPW_AUTH_H

#include "clock.h"
#include "login_door.h"

/* Serves one exchange on the connection DOOR and tells how it ended; LOGIN_BROKEN, with
 * errno, where no question came, or nobody waits for the answer. */
enum login_result auth_serve(int door, clock_ms deadline);

#endif
