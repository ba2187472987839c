/* The TRANSACTION state (RFC 1939 sections 5 and 7). */
#ifndef POP3D_TRANSACTION_H
#define POP3D_TRANSACTION_H

#include "maildrop.h"
#include "pop3_connection.h"

struct transaction {
    struct pop3_connection *connection;
    struct maildrop maildrop;
    long long login_delay; /* for CAPA */
    size_t retrieved;      /* messages sent whole */
    size_t deleted;        /* and gone for good: set at QUIT */
    int is_finished;       /* QUIT was answered */
};

/* Answers the log-in and runs the state to its end. Deletes at QUIT alone. */
enum pop3_event transaction_run(struct transaction *session);

#endif
