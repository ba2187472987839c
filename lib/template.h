/* Being started once for many connections. qlisten -T starts a program with a socket to
 * itself as fd 0 and LISTEN_TEMPLATE in the environment. The program, a template, makes
 * ready what is the same for all sessions, puts its walls up, and forks a process for
 * each connection that comes over the socket: that spares the session an exec, its
 * walls and the opening of tables, which together cost more than the session itself.
 *
 * A template reads nothing from clients and keeps nothing of their sessions; where what
 * it made ready is no longer true it ends, and so it does when qlisten ends. Uses libc
 * alone. */
#ifndef LIB_TEMPLATE_H
#define LIB_TEMPLATE_H

#include <stddef.h>

/* One SOCK_SEQPACKET message a connection: variables of the environment, each with its
 * NUL, and the connection as the one descriptor. The answer is an int32_t: the new
 * process, a child of the asker; 0: there will be none, start me anew; or -errno. */
#define TEMPLATE_VARIABLE "LISTEN_TEMPLATE"
/* A template's exit code where it forked a session and could not say so. */
#define TEMPLATE_UNTOLD 3
#define TEMPLATE_MESSAGE_MAX 1024
#define TEMPLATE_VARIABLES_MAX 16

/* Whether we were started as one. */
int template_is_wanted(void);

/* Serves the socket on fd 0. Returns 1 in each new process, which has the connection as
 * fd 0 and 1 and its variables in the environment (see sandbox_give_up_forks); 0 in the
 * template when it is over. IS_STALE tells of what was made ready, before each
 * connection. */
int template_serve(int (*is_stale)(const void *data), const void *data);

#endif
