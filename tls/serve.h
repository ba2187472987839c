/* The door's loop: a process for each session. */
#ifndef TLS_SERVE_H
#define TLS_SERVE_H

#include "../listen/child.h"
#include "session.h"
#include "tables.h"

struct server {
    int listener;
    int signals; /* a signalfd of TERM, INT, HUP and CHLD */
    struct tables tables;
    struct store store;
    SSL_CTX *context;
    struct session_settings settings;
    unsigned sessions_wanted; /* by the setting */
    unsigned sessions_most;   /* that there is room for: the setting at the start */
    struct child_table children;
    int has_told_full;
    int is_warm; /* see warmup.h */
    int is_stopping;
};

/* Reads the settings from server->tables. */
void server_read_settings(struct server *server);
/* Blocks the signals and opens what receives them. 0, or -1 with errno. */
int server_open_signals(struct server *server);
/* Room for the table of children. 0, or -1 with errno. */
int server_open_children(struct server *server);
/* Serves until TERM or INT, then ends the sessions. No failed call ends it. */
void server_run(struct server *server);

#endif
