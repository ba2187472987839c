/* CAPA (RFC 2449), the same before and after log-in. */
#ifndef POP3D_CAPABILITY_H
#define POP3D_CAPABILITY_H

#include "pop3_connection.h"

/* Adds the whole answer. LOGIN_DELAY in seconds, 0: none. */
enum pop3_event capability_list(struct pop3_connection *connection,
                                long long login_delay);

#endif
