/* What tlsd's door serves: certificates, keys and settings, which are taken up anew
 * where they change, and a process for each session. */
#ifndef TLS_SERVE_H
#define TLS_SERVE_H

#include "../door/forker.h"
#include "session.h"
#include "tables.h"

struct server {
    struct forker forker;
    struct tables tables;
    struct store store;
    SSL_CTX *context;
    struct session_settings settings;
    int is_warm; /* see warmup.h */
};

/* Reads the settings from server->tables. */
void server_read_settings(struct server *server);
/* Makes the forker ready for forker_run; its listener is the caller's to set. 0, or -1
 * with errno. */
int server_open(struct server *server);

#endif
