/* CAPA (RFC 2449). */
#ifndef POP3D_CAPABILITY_H
#define POP3D_CAPABILITY_H

#include "pop3_connection.h"

struct capabilities {
    long long login_delay; /* seconds; 0: none */
    int has_login;         /* a password would be taken now, or was */
    int has_stls;
};

/* Adds the whole answer. */
enum pop3_event capability_list(struct pop3_connection *connection,
                                const struct capabilities *capabilities);

#endif
