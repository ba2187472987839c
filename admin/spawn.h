/* Starting programs in the background. */
#ifndef ADMIN_SPAWN_H
#define ADMIN_SPAWN_H

#include "process.h"

/* The path of one of pombo's programs: beside our own executable or in
 * ../libexec/pombo. To be freed; NULL where it is not there. */
char *spawn_find_program(const char *name);
/* A process that waits for its release, and ends where we end before. */
struct spawn {
    struct process process;
    int gate, report;
};

/* Prepares ARGUMENTS[0] (a path) in a session of its own: fd 0 /dev/null, 1 and 2 added
 * to the file LOG, no others open, in the folder POMBO_DIR. 0, or -1 with errno. */
int spawn_prepare(struct spawn *spawn, char *const *arguments, const char *log);
/* Lets it become the program, or end; spawn is over. 0, or -1 with errno, that of the
 * execution too. */
int spawn_release(struct spawn *spawn);
void spawn_cancel(struct spawn *spawn);

#endif
