/* Whether a server can take a message at all: addresses, size, 8-bit text, UTF-8,
 * TLS. What it lacks is decided here, by what it offered in its reply to EHLO, before
 * a word about the message is said. */
#ifndef QREMOTE_SUITABLE_H
#define QREMOTE_SUITABLE_H

#include "capability.h"
#include "job.h"

/* Gives the recipients for whom the server lacks what the message needs a result D;
 * all of them Z where the message can't be read. Those without a result can be sent
 * to. */
void suitable_check(const struct capabilities *capabilities, struct job *job);

#endif
