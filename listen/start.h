/* Starting the program for one connection. */
#ifndef LISTEN_START_H
#define LISTEN_START_H

#include "peer.h"

#include <sys/types.h>

/* Per connection only the first START_SLOTS entries of the environment change. */
#define START_SLOTS 7
#define START_SLOT_MAX (PEER_TEXT_MAX + 16)

/* Variables of the environment: a part of starter->environment. */
struct variables {
    char **list; /* NULL after the last; OWN of them differ from one to the next */
    size_t own;
};

struct starter {
    char *path;       /* the program's file */
    char **arguments; /* its argv, not owned */
    char **environment;
    char slots[START_SLOTS][START_SLOT_MAX];
    volatile int error; /* errno of the child that could not become the program */
};

/* Finds PROGRAM[0] as execvp does, once, and prepares the environment: ours without
 * what describes another connection or is meant for us alone (LISTEN_*,
 * NOTIFY_SOCKET ...). Returns -1 with errno. */
int starter_init(struct starter *starter, char **program);
void starter_free(struct starter *starter);

/* The variables of a connection, until the next call. */
struct variables starter_describe(struct starter *starter, const struct peer *remote,
                                  const struct peer *local);
/* The same with VARIABLE alone. */
struct variables starter_mark(struct starter *starter, const char *variable);

/* Starts the program with FD as its 0 and 1, no signal blocked, and these VARIABLES
 * as its environment. Returns its process id, or -1 with errno. FD stays
 * the caller's. */
pid_t starter_run(struct starter *starter, int fd, const struct variables *variables);

#endif
