/* The door to stsd, run/sts: who needs a domain's policy has it fetched, and reads it
 * then where it is kept (cache.h).
 *
 * One SOCK_STREAM connection a question: one packet of the fields
 *     fetch DOMAIN ID
 * (ID: that of the domain's TXT record), answered by OK and LF where the policy is kept
 * now, by NO TEXT and LF where there is none to be had. Who does not wait closes. */
#ifndef STS_REQUEST_H
#define STS_REQUEST_H

#include "clock.h"
#include "packet.h"
#include "record.h"
#include "tls_door.h"

struct sts_request {
    const char *domain; /* in the DNS's form, lower case */
    const char *id;
};

/* Asks at the socket PATH. 1: fetched; 0: none is to be had; -1: that can't be told,
 * and WHY says why. With the deadline 0 it does not wait: 1 where the question is out.
 */
int sts_request_ask(const char *path, const struct sts_request *request,
                    clock_ms deadline, char why[TLS_TEXT_MAX]);
/* The other side: takes a packet that came apart; OUT points into it. 0, or -1 where it
 * is none. Pure. */
int sts_request_parse(struct packet *packet, struct sts_request *out);

#endif
