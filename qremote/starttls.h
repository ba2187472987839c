/* TLS with a server: what the policy asks of it with a host, STARTTLS (RFC 3207), and
 * TLS at once where the port is 465 (RFC 8314 section 3.3). The TLS itself is tlsc's,
 * behind the door run/tlsc (lib/tls_request.h). */
#ifndef QREMOTE_STARTTLS_H
#define QREMOTE_STARTTLS_H

#include "hosts.h"
#include "session.h"
#include "tls_request.h"

/* Enhanced status codes (RFC 3463): security features not supported, cryptographic
 * failure; and of RFC 8689 section 4.2.1: REQUIRETLS needed, which is final. */
extern const char starttls_not_offered[], starttls_failed[], starttls_unfit[];

enum starttls_need {
    STARTTLS_NEVER,     /* plain text */
    STARTTLS_MAY,       /* where it is offered and works */
    STARTTLS_MUST,      /* or the host gets no mail */
    STARTTLS_FORBIDDEN, /* the host gets no mail at all */
    STARTTLS_UNFIT /* nor here: what the message demands is not to be had with it */
};

/* What a policy of MTA-STS (RFC 8461) has to do with it. */
enum starttls_sts { STARTTLS_NO_STS, STARTTLS_ENFORCED, STARTTLS_TESTING };

struct starttls_plan {
    enum starttls_need need;
    enum tls_check check;
    int is_for_requiretls;  /* the host must take REQUIRETLS, and be authenticated */
    const char *list;       /* of the check; may be NAME */
    const char *why;        /* STARTTLS_FORBIDDEN */
    enum tls_result result; /* ... in the words of reports */
    enum starttls_sts sts;
    char name[TLS_NAME_MAX + 1]; /* to ask for; may be empty */
    int is_demanded;             /* by the policy: nobody on the way can take TLS out */
    int is_at_once; /* nothing is spoken in plain text: NEED is MUST or FORBIDDEN */
};

#define STARTTLS_AT_ONCE_PORT 465

/* What POLICY, and where that is dane the host's TLSA records or its domain's policy of
 * MTA-STS, ask of TLS with HOST; and what the message demands of that. What only a
 * policy in the state of testing asks is logged where it is not had. */
void starttls_make_plan(const struct tls_policy *policy, const struct host *host,
                        struct starttls_plan *plan);

enum starttls_end {
    STARTTLS_DONE,   /* the session is within TLS, and forgets what was said before */
    STARTTLS_PLAIN,  /* it goes on in plain text */
    STARTTLS_ANEW,   /* the connection is of no use; plain text in another one is */
    STARTTLS_REFUSED /* the host is not to be used; session->trouble tells */
};

/* 1 where the server of the session is known to be the right one: REQUIRETLS may be
 * said to it (RFC 8689 section 2). */
int starttls_is_authenticated(const struct session *session);

/* After the server has answered EHLO: starts TLS as PLAN has it. */
enum starttls_end starttls_run(struct session *session,
                               const struct starttls_plan *plan);
/* Before the server has said a word: the same where TLS is at once. STARTTLS_DONE or
 * STARTTLS_REFUSED. */
enum starttls_end starttls_run_at_once(struct session *session,
                                       const struct starttls_plan *plan);

#endif
