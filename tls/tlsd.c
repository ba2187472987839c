/* tlsd: the server side of TLS.
 *
 *     tlsd -d [-r FILE] [-l SOCKET] [-m MODE]   the door run/tls (lib/tls_door.h)
 *     tlsd [-s SERVICE] PROGRAM ARGS...         in front of a program, one connection
 *
 * The door: reads certificates, keys and settings once (and again where they change),
 * and forks for each session; knows nothing of mail. It is the only program that can
 * read the private keys. User: pombo-tls; whoever called pombo up in the quick start.
 * fd 2: the log; fd 3 with LISTEN_FDS: the listening socket, which -l makes itself.
 * FILE gets the socket's path when it listens. Signals: HUP looks at all files at once;
 * TERM ends the sessions and itself.
 *
 * In front of a program: fd 0 and 1: the client. PROGRAM gets the plaintext side as its
 * fd 0 and 1, and TLS_PROTOCOL, TLS_CIPHER, TLS_BITS, TLS_SNI, TLS_EXPORTER,
 * TLS_END_POINT, TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP and TCPLOCALPORT in its
 * environment. User: any that may read the keys, which PROGRAM runs as too.
 *
 * Files: etc/tls/NAME/fullchain.pem and privkey.pem, etc/tables.cdb.
 * Exit codes: 0; 99 the handshake or the client took too long; 100 misused, or the
 * handshake failed; 102 no certificate; 111 temporary. */
#include "../door/listener.h"
#include "arena.h"
#include "context.h"
#include "dump.h"
#include "exitcode.h"
#include "front.h"
#include "log.h"
#include "paths.h"
#include "serve.h"
#include "text.h"
#include "walls.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    int is_door;
    mode_t mode;
    const char *ready_file, *socket, *service;
    char **program;
};

static int read_mode(const char *text, mode_t *mode)
{
    char *end;
    unsigned long value = strtoul(text, &end, 8);

    *mode = (mode_t)value;
    return *text < '0' || *text > '7' || *end || value > 0777 ? -1 : 0;
}

static int read_options(int argc, char **argv, struct options *options)
{
    int option;

    while ((option = getopt(argc, argv, "+dr:l:m:s:")) != -1) {
        switch (option) {
        case 'd':
            options->is_door = 1;
            break;
        case 'r':
            options->ready_file = optarg;
            break;
        case 'l':
            options->socket = optarg;
            break;
        case 'm':
            if (read_mode(optarg, &options->mode) < 0) {
                return -1;
            }
            break;
        case 's':
            options->service = optarg;
            break;
        default:
            return -1;
        }
    }
    options->program = argv + optind;
    if (options->is_door) {
        return *options->program || options->service ? -1 : 0;
    }
    return !*options->program || options->ready_file || options->socket ||
                   (options->service && strlen(options->service) > TLS_SERVICE_MAX)
               ? -1
               : 0;
}

static void tell_exhaustion(void)
{
    log_event(LOG_LEVEL_ERROR, "memory", "why", "exhausted", (char *)0);
}

/* Settings, and OpenSSL, which reads no configuration of its own: the machine's
 * openssl.cnf is for clients as well. */
static int prepare(struct server *server, stralloc *folder)
{
    if (CRYPTO_set_mem_functions(arena_take, arena_resize, arena_give) != 1 ||
        OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1) {
        log_event(LOG_LEVEL_ERROR, "openssl", "why", "can't be used", (char *)0);
        return -1;
    }
    if (tables_open(&server->tables) < 0) {
        log_failure("open", "file", "tables.cdb", (char *)0);
    }
    store_open(&server->store, path_make(folder, PATH_ETC, "tls"), "");
    server_read_settings(server);
    server->context = context_make(&server->store);
    if (!server->context) {
        log_event(LOG_LEVEL_ERROR, "openssl", "why", "makes no context", (char *)0);
        return -1;
    }
    return 0;
}

static int serve_door(struct server *server, const struct options *options)
{
    server->forker.listener = options->socket
                                  ? listener_make(options->socket, options->mode)
                                  : listener_adopt();
    if (server->forker.listener < 0) {
        log_failure("listen", "socket", options->socket ? options->socket : "fd 3",
                    (char *)0);
        return EXITCODE_TEMPORARY;
    }
    if (server_open(server) < 0 ||
        listener_announce(options->ready_file, options->socket ? options->socket : "") <
            0) {
        log_failure("prepare", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    text_wait_on_exhaustion(tell_exhaustion);
    walls_enter(WALLS_TLSD, NULL);
    log_event(LOG_LEVEL_INFO, "start", "folder", server->store.folder, (char *)0);
    forker_run(&server->forker);
    return EXITCODE_DONE;
}

static int serve_client(struct server *server, const struct options *options)
{
    server->store.is_quiet = 1;
    store_refresh(&server->store, 1);
    if (server->store.count == 0) {
        log_event(LOG_LEVEL_ERROR, "certificate", "why", "there is none", "folder",
                  server->store.folder, (char *)0);
        return EXITCODE_CONFIGURATION;
    }
    return front_run(options->service ? options->service : "-", options->program,
                     server->context, &server->settings);
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: tlsd -d [-r readyfile] [-l socket] [-m mode]\n"
                                "       tlsd [-s service] PROGRAM [ARGS...]\n";
    static struct server server;
    struct options options = {.mode = 0600};
    stralloc folder = STRALLOC_ZERO;

    log_open("tlsd");
    if (read_options(argc, argv, &options) < 0) {
        return write(2, usage, sizeof usage - 1) < 0 ? EXITCODE_TEMPORARY
                                                     : EXITCODE_PERMANENT;
    }
    dump_forbid();
    if (prepare(&server, &folder) < 0) {
        return EXITCODE_TEMPORARY;
    }
    return options.is_door ? serve_door(&server, &options)
                           : serve_client(&server, &options);
}
