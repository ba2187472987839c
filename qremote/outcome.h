/* What came of TLS in one connection, for the reports that domains ask for (RFC 8460):
 * told to qsend, which knows the domains and counts. */
#ifndef QREMOTE_OUTCOME_H
#define QREMOTE_OUTCOME_H

#include "hosts.h"
#include "tables.h"
#include "tls_door.h"
#include "tls_result.h"

struct outcome {
    enum tls_result result;
    char text[TLS_TEXT_MAX];            /* why, where it failed */
    char source[NET_ADDRESS_TEXT_SIZE]; /* our own address; "" without a connection */
};

/* Begins anew with a connection (-1: none is made). */
void outcome_begin(struct outcome *outcome, int fd);
void outcome_set(struct outcome *outcome, enum tls_result result, const char *text);
/* Sends the outcome with HOST to qsend, if there is one and tls_reports is on, and
 * forgets it. */
void outcome_tell(struct outcome *outcome, const struct tables *tables,
                  const struct host *host);

#endif
