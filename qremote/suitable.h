/* Whether a server can take a message at all: size, 8-bit text, UTF-8 addresses, TLS.
 */
#ifndef QREMOTE_SUITABLE_H
#define QREMOTE_SUITABLE_H

#include "capability.h"
#include "job.h"

/* Gives all recipients a result D where the server lacks what the message needs; Z
 * where the message can't be read. 1: it can be sent. */
int suitable_check(const struct capabilities *capabilities, struct job *job);

#endif
