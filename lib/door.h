/* Connecting to a door: a UNIX socket behind which another process has what we have
 * not. */
#ifndef LIB_DOOR_H
#define LIB_DOOR_H

#include "clock.h"

/* A connection to the SOCK_STREAM socket PATH, close on exec; it waits while the
 * door's backlog is full. -1 with errno. */
int door_connect(const char *path, clock_ms deadline);
/* 1: readable (or closed); 0: the deadline passed; -1 with errno. */
int door_wait(int fd, clock_ms deadline);

#endif
