/* A door's loop: accepts connections, and forks a process for each; and one every now
 * and then for work that nobody asks for. */
#ifndef DOOR_FORKER_H
#define DOOR_FORKER_H

#include "../listen/child.h"
#include "clock.h"

struct forker {
    int listener;
    int signals;   /* a signalfd of TERM, INT, HUP and CHLD */
    unsigned most; /* processes at once; no more than at forker_open, if it changes */
    unsigned room; /* forker.c's: what it was then */
    struct child_table children;
    /* In the new process, whose signals are as usual: serves DOOR; its exit code. */
    int (*serve)(void *data, int door);
    /* Before each process, when nothing came for IDLE seconds (0: not then), and
     * IS_ASKED at the start and on HUP; NULL: nothing to do. */
    void (*refresh)(void *data, int is_asked);
    int idle;
    /* The same for what is done at the start, and PERIOD seconds after it was begun
     * last; NULL: nothing is. */
    int (*work)(void *data);
    long long period;
    clock_ms next_work; /* forker.c's */
    void *data;
    const char *limit; /* the setting that MOST is, for the log */
    const char *busy;  /* the line for those over it */
    int has_told_full;
    int is_stopping;
};

/* Blocks the signals and opens what receives them, and makes room for the table of
 * processes. 0, or -1 with errno. */
int forker_open(struct forker *forker);
/* Serves until TERM or INT, then ends the processes. No failed call ends it. */
void forker_run(struct forker *forker);

#endif
