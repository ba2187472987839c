/* smtpd: one SMTP session (RFC 5321), which ends in messages in the queue.
 *
 *     smtpd       the service for all the world; STARTTLS where the client asks for it
 *     smtpd -s    the submission service (RFC 6409): users log in first
 *     smtpd -t    TLS before the greeting (RFC 8314), with -s too
 *
 * Started by qlisten -T it is a template (lib/template.h), and each session a process
 * that this forks; else it serves the one session on fd 0 and 1.
 *
 * User: pombo-in with the group pombo-submit; whoever called pombo up in the quick
 * start. fd 0, 1: the client. fd 2: the log. Environment: TCPREMOTEIP or REMOTE_ADDR,
 * TCPLOCALIP (else the socket is asked); RELAYCLIENT: where it is set the client may
 * relay; POMBO_DIR (lib/paths.h). Files: etc/tables.cdb; queue/tmp and queue/new; with
 * -s the door run/auth and run/submitted. Exit codes: 0 the session is over, 99 the
 * client took too long, 100 misused, 111 the tables can't be read or memory ran out. */
#include "access.h"
#include "dialogue.h"
#include "dump.h"
#include "exitcode.h"
#include "log.h"
#include "session.h"
#include "starttls.h"
#include "template.h"
#include "text.h"
#include "walls.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static void write_last_words(const char *words, size_t len)
{
    if (write(1, words, len) < 0) {
        /* nobody is there to hear them */
    }
}

static void tell_exhaustion(void)
{
    static const char words[] = "421 4.3.0 out of memory\r\n";

    write_last_words(words, sizeof words - 1);
}

/* What the command line says beside -s. */
struct start {
    int is_tls_first;
};

static int read_options(struct session *session, struct start *start, int argc,
                        char **argv)
{
    int option;

    opterr = 0; /* the log tells */
    while ((option = getopt(argc, argv, "st")) != -1) {
        switch (option) {
        case 's':
            session->is_submission = 1;
            break;
        case 't':
            start->is_tls_first = 1;
            break;
        default:
            return -1;
        }
    }
    return optind == argc ? 0 : -1;
}

static enum walls choose_walls(const struct session *session, int may_be_local)
{
    struct net_address peer;
    int has_names = access_has_hosts(&session->tables);

    net_peer(0, &peer);
    if (!peer.family && may_be_local) {
        return WALLS_SMTPD_LOCAL;
    }
    if (session->is_submission || session->is_tls_possible) {
        return has_names ? WALLS_SMTPD_DOORS_NAMES : WALLS_SMTPD_DOORS;
    }
    return has_names ? WALLS_SMTPD_NAMES : WALLS_SMTPD;
}

/* What is the same for all sessions: 0, or -1 where the client was told why there is
 * none. */
static int prepare(struct session *session)
{
    static const char no_tables[] = "421 4.3.0 tables can't be read at the moment\r\n";

    signal(SIGPIPE, SIG_IGN);
    text_on_exhaustion(tell_exhaustion);
    if (tables_open(&session->tables) < 0) {
        log_failure("open", "file", "tables.cdb", (char *)0);
        if (!template_is_wanted()) {
            write_last_words(no_tables, sizeof no_tables - 1);
        }
        return -1;
    }
    if (session->is_submission) {
        allowance_open(&session->allowance, &session->tables);
    }
    return 0;
}

static int is_stale(const void *tables)
{
    return !tables_is_current(tables);
}

/* 1 in the process that serves a session, 0 where all are over. */
static int close_in(struct session *session, const struct start *start)
{
    if (template_is_wanted()) {
        /* tlsd may come later */
        session->is_tls_possible = tls_may_be_offered(&session->tables);
        walls_enter_as_template(choose_walls(session, 0));
        if (!template_serve(is_stale, &session->tables)) {
            return 0;
        }
        walls_enter_as_session();
        session->is_tls_possible =
            start->is_tls_first || tls_is_offered(&session->tables);
        return 1;
    }
    session->is_tls_possible = start->is_tls_first || tls_is_offered(&session->tables);
    walls_enter(choose_walls(session, 1), NULL);
    return 1;
}

int main(int argc, char **argv)
{
    static struct session session;
    enum exitcode exitcode;
    struct start start = {0};

    log_open("smtpd");
    dump_forbid();
    if (read_options(&session, &start, argc, argv) < 0) {
        log_event(LOG_LEVEL_ERROR, "usage", "text", "smtpd [-s] [-t]", (char *)0);
        return EXITCODE_PERMANENT;
    }
    if (prepare(&session) < 0) {
        return EXITCODE_TEMPORARY;
    }
    if (!close_in(&session, &start)) {
        return EXITCODE_DONE;
    }
    session_open(&session);
    if (start.is_tls_first && starttls_at_once(&session) < 0) {
        return (int)session.exitcode;
    }
    exitcode = dialogue_run(&session);
    session_reset_transaction(&session);
    return (int)exitcode; /* the kernel takes memory and maps back at once */
}
