/* The starter of qlisten: sockets that it passes, and telling it that all listen. */
#ifndef LISTEN_READY_H
#define LISTEN_READY_H

#include "endpoint.h"

#include <stddef.h>

/* How many sockets were passed to us (LISTEN_PID, LISTEN_FDS), from descriptor 3 on. */
unsigned ready_sockets_passed(void);

/* Writes the addresses of all ENDPOINTS to FILE, one a line, by way of a temporary
 * file beside it. Returns -1 with errno. */
int ready_write_file(const char *file, const struct endpoint *endpoints, size_t count);

/* Sends STATE ("READY=1") to NOTIFY_SOCKET, where there is one. Nobody depends on
 * it enough to fail. */
void ready_notify(const char *state);

#endif
