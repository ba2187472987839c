/* popup: POP3 until the log-in. Parses what unknown clients send, has no rights, and
 * hands the client over to who may check passwords:
 *
 *     popup [-t]                        through the log-in door run/login
 *     popup [-t] HOST PROGRAM ARGS...   through a checkpassword program (qmail's chain)
 *
 * Started by qlisten -T the first way is a template (lib/template.h).
 *
 * With -t TLS comes before the greeting. TLS is tlsd's, behind the door run/tls.
 * Runs as a user without rights. fd 0 and 1: the client. Reads TCPREMOTEIP or
 * REMOTE_ADDR for the log, and etc/tables.cdb for its settings; defaults hold where
 * that can't be read. Reads not one byte past the line it handles: what follows the
 * password is the next program's.
 * Exit codes: 0 the session is over or handed over, 99 the client was silent for too
 * long, 100 misused, 111 temporary. */
#include "authorization.h"
#include "dump.h"
#include "exitcode.h"
#include "log.h"
#include "netaddress.h"
#include "paths.h"
#include "settings.h"
#include "stls.h"
#include "tables.h"
#include "template.h"
#include "text.h"
#include "walls.h"

#include <string.h>
#include <unistd.h>

#define COMMANDS_MAX 100
#define LOOPBACK "127.0.0.0/8 ::1/128"

static struct pop3_connection connection;

static void answer_exhaustion(void)
{
    static const char text[] = "-ERR [SYS/TEMP] out of memory\r\n";
    ssize_t written = write(1, text, sizeof text - 1);

    (void)written; /* the process ends in either case */
}

/* The client's address, and whether it is on this machine: then nobody is in between.
 */
static const char *find_peer(char out[NET_ADDRESS_TEXT_SIZE], int *is_local)
{
    struct net_address peer;

    net_peer(0, &peer);
    *is_local = !peer.family || net_address_in_list(&peer, LOOPBACK);
    return peer.family ? net_address_format(&peer, out) : "-";
}

/* SESSION's TLS, by the settings and the launcher. */
static void prepare_tls(struct authorization *session, const struct tables *tables,
                        int is_tls_first, stralloc *door)
{
    tls_state_from_environment(&session->tls);
    session->may_be_plain |= (int)setting_number(tables, SET_pop3_plaintext);
    if (is_tls_first || tls_is_offered(tables)) {
        session->tls_door = path_make(door, PATH_RUN, "tls");
    }
}

static int finish(const struct authorization *session, enum pop3_event event)
{
    if (event == POP3_CLOSE || session->has_taken) {
        return EXITCODE_DONE;
    }
    if (connection.trouble == LINE_OK) {
        return EXITCODE_TEMPORARY; /* the log-in broke, see the log */
    }
    return connection.trouble == LINE_TIMEOUT ? EXITCODE_TIMEOUT : EXITCODE_DONE;
}

static int is_stale(const void *tables)
{
    return !tables_is_current(tables);
}

/* 1 in the process that serves a session, 0 where all are over. */
static int close_in(const struct tables *tables, char **program)
{
    if (template_is_wanted() && !program) {
        walls_enter_as_template(WALLS_POPUP);
        if (!template_serve(is_stale, tables)) {
            return 0;
        }
        walls_enter_as_session();
        return 1;
    }
    walls_enter(program ? WALLS_STARTER : WALLS_POPUP, NULL);
    return 1;
}

static void prepare_session(struct authorization *session, const struct tables *tables)
{
    session->tries_left = setting_number(tables, SET_pop3_tries);
    session->fail_delay = setting_number(tables, SET_pop3_fail_delay);
    session->login_delay = setting_number(tables, SET_pop3_login_delay);
    connection.command_max = COMMANDS_MAX;
    pop3_open(&connection, 1, setting_number(tables, SET_pop3_timeout));
    /* Nobody holds a place by asking for CAPA now and then. */
    connection.deadline = clock_deadline(connection.timeout);
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: popup [-t] [HOST PROGRAM [ARGS...]]\n";
    struct authorization session = {.connection = &connection};
    struct tables tables = {0};
    stralloc door = STRALLOC_ZERO, tls_door = STRALLOC_ZERO;
    int is_tls_first = argc > 1 && strcmp(argv[1], "-t") == 0;
    char peer[NET_ADDRESS_TEXT_SIZE];

    log_open("popup");
    dump_forbid();
    argc -= is_tls_first;
    argv += is_tls_first;
    if (argc == 2 || (argc > 1 && argv[1][0] == '-')) {
        return write(2, usage, sizeof usage - 1) < 0 ? EXITCODE_TEMPORARY
                                                     : EXITCODE_PERMANENT;
    }
    text_on_exhaustion(answer_exhaustion);
    if (tables_open(&tables) < 0) {
        log_failure("trouble", "with", "tables", (char *)0);
    }
    session.program = argc > 2 ? argv + 2 : NULL;
    session.door = path_make(&door, PATH_RUN, "login");
    if (!close_in(&tables, session.program)) {
        return EXITCODE_DONE;
    }
    session.peer = find_peer(peer, &session.may_be_plain);
    prepare_tls(&session, &tables, is_tls_first, &tls_door);
    prepare_session(&session, &tables);
    if (is_tls_first && stls_at_once(&session) < 0) {
        return EXITCODE_TEMPORARY;
    }
    return finish(
        &session,
        authorization_run(&session, argc > 2 ? argv[1] : setting_host_name(&tables)));
}
