/* The one process of PROGRAM that forks a session for each connection, where qlisten
 * was told that PROGRAM can do so (-T; lib/template.h has the protocol). It is ended
 * and started anew when it asks for that, when the file of PROGRAM is another one, and
 * after a session crashed: the next has other addresses in memory, and nobody learns
 * them by trying. Where there is none PROGRAM is started for the connection in the
 * usual way. */
#ifndef LISTEN_TEMPLATE_PROCESS_H
#define LISTEN_TEMPLATE_PROCESS_H

#include "start.h"

#include <stdbool.h>
#include <time.h>

struct template_process {
    struct starter *starter;
    pid_t pid; /* 0: there is none */
    int socket;
    time_t started;  /* when it was last tried, in monotonic seconds */
    bool has_failed; /* ... without a session since */
    dev_t device;    /* of the file that it runs */
    ino_t inode;
};

void template_process_init(struct template_process *process, struct starter *starter);

/* Whether there is one, after it was started where that was due. Uses the STARTER's
 * variables. */
bool template_process_ready(struct template_process *process);

/* A session for FD with VARIABLES in its environment: its process, which is a child of
 * ours. Else the template is gone; 0: there is no session (errno ESTALE: it asked to be
 * started anew); -1: there may be one, so that nobody else may serve FD. FD stays the
 * caller's. */
pid_t template_process_run(struct template_process *process, int fd,
                           const struct variables *variables);

/* Ends it. Sessions that it forked go on. */
void template_process_end(struct template_process *process);

/* PID, which is gone, was it: true, and there is none now. */
bool template_process_reaped(struct template_process *process, pid_t pid);

#endif
