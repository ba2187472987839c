/* tlsc: the client side of TLS, for qremote.
 *
 *     tlsc [-r FILE] [-l SOCKET]     the door run/tlsc (lib/tls_request.h)
 *
 * Loads OpenSSL once, and forks for each session: shakes hands with a server, verifies
 * it as the asker wants it, and carries bytes. Knows nothing of mail, and has no
 * secret but what passes through a session. User: pombo-out; whoever called pombo up in
 * the quick start. fd 2: the log; fd 3 with LISTEN_FDS: the listening socket, which -l
 * makes itself. FILE gets the socket's path when it listens. Signals: TERM ends the
 * sessions and itself.
 *
 * Files: etc/tables.cdb; the certificates of CAs in the folder of tls_ca_dir, each when
 * it is needed. Environment: POMBO_DIR (lib/paths.h).
 * Exit codes: 0; 100 misused; 111 temporary. */
#include "../door/forker.h"
#include "../door/listener.h"
#include "dump.h"
#include "exitcode.h"
#include "log.h"
#include "server_session.h"
#include "settings.h"
#include "text.h"
#include "verify.h"
#include "walls.h"

#include <openssl/crypto.h>
#include <unistd.h>

struct client {
    SSL_CTX *context;
    char *authorities; /* the folder */
};

struct options {
    const char *ready_file, *socket;
};

static int read_options(int argc, char **argv, struct options *options)
{
    int option;

    while ((option = getopt(argc, argv, "r:l:")) != -1) {
        if (option == 'r') {
            options->ready_file = optarg;
        } else if (option == 'l') {
            options->socket = optarg;
        } else {
            return -1;
        }
    }
    return optind == argc ? 0 : -1;
}

static void tell_exhaustion(void)
{
    log_event(LOG_LEVEL_ERROR, "memory", "why", "exhausted", (char *)0);
}

/* Settings, and OpenSSL, which reads no configuration of its own: the machine's
 * openssl.cnf is for others. */
static int prepare(struct client *client, struct forker *forker)
{
    struct tables tables;

    if (tables_open(&tables) < 0) {
        log_failure("open", "file", "tables.cdb", (char *)0);
    }
    client->authorities = memory_copy_string(setting_text(&tables, SET_tls_ca_dir));
    forker->most = (unsigned)setting_number(&tables, SET_tls_sessions);
    tables_close(&tables);
    if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1) {
        client->context = verify_make_context(client->authorities);
    }
    if (!client->context) {
        log_event(LOG_LEVEL_ERROR, "openssl", "why", "makes no context", (char *)0);
        return -1;
    }
    return 0;
}

static int serve(void *data, int door)
{
    struct client *client = data;

    walls_enter(WALLS_TLSC_SESSION, client->authorities);
    return server_session_run(door, client->context);
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: tlsc [-r readyfile] [-l socket]\n";
    struct client client = {.context = NULL};
    struct forker forker = {.serve = serve,
                            .data = &client,
                            .limit = "tls_sessions",
                            .busy = "NO none too many sessions at once\n"};
    struct options options = {.socket = NULL};

    log_open("tlsc");
    if (read_options(argc, argv, &options) < 0) {
        return write(2, usage, sizeof usage - 1) < 0 ? EXITCODE_TEMPORARY
                                                     : EXITCODE_PERMANENT;
    }
    if (prepare(&client, &forker) < 0) {
        return EXITCODE_TEMPORARY;
    }
    forker.listener =
        options.socket ? listener_make(options.socket, 0600) : listener_adopt();
    if (forker.listener < 0) {
        log_failure("listen", "socket", options.socket ? options.socket : "fd 3",
                    (char *)0);
        return EXITCODE_TEMPORARY;
    }
    if (forker_open(&forker) < 0 ||
        listener_announce(options.ready_file, options.socket ? options.socket : "") <
            0) {
        log_failure("prepare", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    text_wait_on_exhaustion(tell_exhaustion);
    dump_forbid(); /* passwords of smart hosts pass through */
    walls_enter(WALLS_TLSC, client.authorities);
    log_event(LOG_LEVEL_INFO, "start", "authorities", client.authorities, (char *)0);
    forker_run(&forker);
    return EXITCODE_DONE;
}
