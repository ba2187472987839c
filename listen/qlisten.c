/* qlisten: takes listening sockets and starts one process per connection.
 *
 * User:        any; nothing needs root but ports below 1024, and with sockets from
 *              systemd not those. Never reads a byte of a connection, except to
 *              throw it away from one that it turns down.
 * Descriptors: 2 the log. From 3 on: sockets passed by systemd (LISTEN_FDS).
 *              The program gets the connection as 0 and 1, our 2, and no other.
 * Environment: LISTEN_PID, LISTEN_FDS, NOTIFY_SOCKET, PATH. The program's: ours,
 *              with PROTO and, for TCP, TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP,
 *              TCPLOCALPORT, REMOTE_ADDR, REMOTE_PORT.
 * Files:       the ready file of -r, and the UNIX sockets that it makes.
 * Exit codes:  0 stopped by SIGTERM or SIGINT; 100 wrong usage; 111 can't listen,
 *              no such program, or out of memory.
 *
 * This program is linked with libowfat, and so with no code that knows skalibs:
 * both use the same names for different functions. */
#include "endpoint.h"
#include "exitcode.h"
#include "log.h"
#include "options.h"
#include "ready.h"
#include "sandbox.h"
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fail_usage(void)
{
    fputs("usage: qlisten [-Tv] [-c max] [-C max-per-source] [-4 bits] [-6 bits]\n"
          "           [-b backlog] [-B busy-line] [-r readyfile] [-n name]\n"
          "           [ADDRESS ...] -- PROGRAM [ARGS...]\n"
          "ADDRESS is 127.0.0.1:25, [::1]:25, *:25 or unix:/path[,mode=0666]\n",
          stderr);
    return EXITCODE_PERMANENT;
}

/* A connection must never get the number of a standard descriptor. */
static int fill_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
        if (fd < 0) {
            return -1;
        }
    } while (fd <= 2);
    return close(fd);
}

static int adopt_sockets(struct server *server, unsigned passed)
{
    unsigned i;

    for (i = 0; i < passed; i++) {
        if (endpoint_adopt(server->endpoints + server->endpoints_len, 3 + (int)i) < 0) {
            log_failure("adopt", (char *)0);
            return -1;
        }
        server->endpoints_len++;
    }
    return 0;
}

static int open_sockets(struct server *server)
{
    const struct options *options = server->options;
    struct endpoint *endpoint;
    unsigned i;

    for (i = 0; i < options->addresses_len; i++) {
        endpoint = server->endpoints + server->endpoints_len;
        endpoint_parse(endpoint, options->addresses[i]);
        if (endpoint_open(endpoint, options->backlog) < 0) {
            log_failure("listen", "address", options->addresses[i], (char *)0);
            return -1;
        }
        server->endpoints_len++;
    }
    return 0;
}

static int check_addresses(const struct options *options)
{
    struct endpoint endpoint;
    unsigned i;

    for (i = 0; i < options->addresses_len; i++) {
        if (endpoint_parse(&endpoint, options->addresses[i]) < 0) {
            log_event(LOG_LEVEL_ERROR, "address", "address", options->addresses[i],
                      (char *)0);
            return -1;
        }
    }
    return 0;
}

static int announce(const struct server *server)
{
    const char *file = server->options->ready_file;
    char text[ENDPOINT_TEXT_MAX];
    size_t i;

    for (i = 0; i < server->endpoints_len; i++) {
        endpoint_format(server->endpoints + i, text);
        log_event(LOG_LEVEL_INFO, "start", "address", text, "program",
                  server->starter.path, (char *)0);
    }
    if (file && ready_write_file(file, server->endpoints, server->endpoints_len) < 0) {
        log_failure("ready", "file", file, (char *)0);
        return -1;
    }
    ready_notify("READY=1");
    return 0;
}

/* All that may fail before the first connection. Whatever was passed to us beside
 * the sockets is kept from the children too: hence every descriptor is closed on
 * exec, those that libowfat opened included. */
static int prepare(struct server *server, unsigned passed)
{
    if (fill_standard_descriptors() < 0) {
        log_failure("prepare", (char *)0);
        return -1;
    }
    if (starter_init(&server->starter, server->options->program) < 0) {
        log_failure("program", "name", server->options->program[0], (char *)0);
        return -1;
    }
    template_process_init(&server->template, &server->starter);
    if (adopt_sockets(server, passed) < 0 || open_sockets(server) < 0) {
        return -1;
    }
    if (server_init(server) < 0 || close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0) {
        log_failure("prepare", (char *)0);
        return -1;
    }
    return announce(server);
}

static void remove_files(const struct server *server)
{
    size_t i;

    for (i = 0; i < server->endpoints_len; i++) {
        endpoint_remove(server->endpoints + i);
    }
}

int main(int argc, char **argv)
{
    struct options options;
    struct server server = {.options = &options, .signal_fd = -1};
    unsigned passed = ready_sockets_passed();
    unsigned wanted;
    int result = EXITCODE_DONE;

    log_open("qlisten");
    if (options_read(&options, argc, argv) < 0) {
        return fail_usage();
    }
    log_open(options.name);
    sandbox_enter_as_starter();
    wanted = passed + options.addresses_len;
    if (wanted == 0 || check_addresses(&options) < 0) {
        return fail_usage();
    }
    server.endpoints = calloc(wanted, sizeof *server.endpoints);
    if (!server.endpoints) {
        log_failure("prepare", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    if (prepare(&server, passed) == 0) {
        server_run(&server);
    } else {
        remove_files(&server);
        result = EXITCODE_TEMPORARY;
    }
    server_free(&server);
    starter_free(&server.starter);
    free(server.endpoints);
    return result;
}
