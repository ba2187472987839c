/* The loop of qlisten: accepts, limits, starts and reaps. */
#ifndef LISTEN_SERVE_H
#define LISTEN_SERVE_H

#include "child.h"
#include "endpoint.h"
#include "options.h"
#include "report.h"
#include "source.h"
#include "start.h"
#include "template_process.h"

struct server {
    const struct options *options;
    struct endpoint *endpoints;
    size_t endpoints_len;
    struct source_table sources;
    struct child_table children;
    struct starter starter;
    struct template_process template; /* used with options->has_template */
    int signal_fd;
    bool is_stopping;
    struct report report;
};

/* Makes the tables and takes over the signals. The endpoints must listen. Returns
 * -1 with errno. */
int server_init(struct server *server);

/* Serves until SIGTERM or SIGINT, then ends the children: SIGTERM, and SIGKILL after
 * five seconds. */
void server_run(struct server *server);

void server_free(struct server *server);

#endif
