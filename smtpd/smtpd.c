/* smtpd: one SMTP session (RFC 5321), which ends in messages in the queue.
 *
 * User: pombo-in with the group pombo-submit; whoever called pombo up in the quick
 * start. fd 0, 1: the client. fd 2: the log. Environment: TCPREMOTEIP or REMOTE_ADDR,
 * TCPLOCALIP (else the socket is asked); RELAYCLIENT: where it is set the client may
 * relay; POMBO_DIR (lib/paths.h). Files: etc/tables.cdb; queue/tmp and queue/new. Exit
 * codes: 0 the session is over, 99 the client took too long, 111 the tables can't be
 * read or memory ran out. */
#include "access.h"
#include "exitcode.h"
#include "log.h"
#include "session.h"
#include "text.h"
#include "walls.h"

#include <signal.h>
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

int main(int argc, char **argv)
{
    static const char no_tables[] = "421 4.3.0 tables can't be read at the moment\r\n";
    static struct session session;
    struct net_address peer;
    enum exitcode exitcode;

    (void)argv;
    log_open("smtpd");
    if (argc != 1) {
        log_event(LOG_LEVEL_ERROR, "usage", "text", "smtpd takes no arguments",
                  (char *)0);
        return EXITCODE_PERMANENT;
    }
    signal(SIGPIPE, SIG_IGN);
    text_on_exhaustion(tell_exhaustion);
    if (tables_open(&session.tables) < 0) {
        log_failure("open", "file", "tables.cdb", (char *)0);
        write_last_words(no_tables, sizeof no_tables - 1);
        return EXITCODE_TEMPORARY;
    }
    net_peer(0, &peer);
    walls_enter(!peer.family                        ? WALLS_SMTPD_LOCAL
                : access_has_hosts(&session.tables) ? WALLS_SMTPD_NAMES
                                                    : WALLS_SMTPD,
                NULL);
    session_open(&session);
    exitcode = session_run(&session);
    session_reset_transaction(&session);
    return (int)exitcode; /* the kernel takes memory and maps back at once */
}
