/* The seam for decisions: a table of events and of who is asked about each, in order.
 * A policy sees the session and the transaction as they stand; it returns a reply,
 * which is then the answer, or none. For MAIL and RCPT it may change the address. What
 * no policy answers gets the protocol's usual reply. */
#ifndef SMTPD_POLICY_H
#define SMTPD_POLICY_H

#include "session.h"

enum event {
    EVENT_CONNECT, /* before the greeting */
    EVENT_TIMEOUT,
    EVENT_HELO,
    EVENT_EHLO,
    EVENT_AUTH,
    EVENT_MAIL,
    EVENT_RCPT,
    EVENT_DATA,    /* DATA, or the first BDAT: before the queue file is begun */
    EVENT_MESSAGE, /* the message was received whole; not yet committed */
    EVENT_RSET,
    EVENT_VRFY,
    EVENT_EXPN,
    EVENT_HELP,
    EVENT_NOOP,
    EVENT_QUIT,
    EVENT_COUNT
};

/* ADDRESS is the canonical, NUL-terminated address in MAIL and RCPT, else NULL. A
 * reply of 2xx to MAIL or RCPT accepts; later policies are not asked. */
struct reply policy_ask(struct session *session, enum event event, stralloc *address);

#endif
