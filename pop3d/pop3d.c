/* pop3d: POP3 after the log-in.
 *
 *     pop3d [MAILBOX]
 *
 * Runs as the mailbox's owner, started by checkpw or another checkpassword program.
 * fd 0 and 1: the client, who waits for the answer to the password. The mailbox is
 * MAILBOX, or that of the environment, below the mail root. USER, TCPREMOTEIP (or
 * REMOTE_ADDR) and LOGIN_METHOD of the environment go to the log. Reads etc/tables.cdb
 * for its settings; defaults hold where that can't be read.
 * Exit codes: 0 the session is over, however it went (the log tells); 99 the client
 * was silent for too long; 100 misused. No other ones: popup reads 1, 2 and 111 as
 * checkpassword's. */
#include "exitcode.h"
#include "log.h"
#include "mailbox.h"
#include "netaddress.h"
#include "settings.h"
#include "tables.h"
#include "text.h"
#include "transaction.h"
#include "walls.h"

#include <stdlib.h>
#include <unistd.h>

static struct pop3_connection connection;

static void answer_exhaustion(void)
{
    static const char text[] = "-ERR [SYS/TEMP] out of memory\r\n";
    ssize_t written = write(1, text, sizeof text - 1);

    (void)written;
    log_event(LOG_LEVEL_ERROR, "trouble", "with", "memory", (char *)0);
    _exit(EXITCODE_DONE);
}

static void log_start(const struct transaction *session, const char *mailbox)
{
    char text[NET_ADDRESS_TEXT_SIZE];
    struct net_address peer;
    struct log_line line;

    net_peer(0, &peer);
    log_begin(&line, LOG_LEVEL_INFO, "login");
    log_string(&line, "user", getenv("USER"));
    log_string(&line, "ip", peer.family ? net_address_format(&peer, text) : NULL);
    log_string(&line, "method", getenv("LOGIN_METHOD"));
    log_string(&line, "mailbox", mailbox);
    log_number(&line, "messages", (long long)session->maildrop.left);
    log_number(&line, "bytes", (long long)session->maildrop.left_size);
    log_end(&line);
}

static void log_finish(const struct transaction *session)
{
    static const char *const reasons[] = {[LINE_OK] = "trouble",
                                          [LINE_END] = "client-went",
                                          [LINE_TIMEOUT] = "time-out",
                                          [LINE_ERROR] = "connection-lost"};
    struct log_line line;

    log_begin(&line, LOG_LEVEL_INFO, "logout");
    log_string(&line, "user", getenv("USER"));
    log_string(&line, "reason",
               session->is_finished ? "quit" : reasons[connection.trouble]);
    log_number(&line, "retrieved", (long long)session->retrieved);
    log_number(&line, "deleted", (long long)session->deleted);
    log_number(&line, "left", (long long)(session->maildrop.count - session->deleted));
    log_number(&line, "bytes", (long long)connection.sent);
    log_end(&line);
}

/* The client waits for an answer, and only this process can give it. */
static int refuse(const char *answer, int code)
{
    pop3_error(&connection, answer);
    pop3_flush(&connection);
    return code;
}

static int is_too_early(const char *mailbox, long long login_delay)
{
    return login_delay > 0 && mailbox_note_login(mailbox, login_delay) > 0;
}

static int serve(struct transaction *session, const char *mailbox)
{
    if (is_too_early(mailbox, session->login_delay)) {
        log_event(LOG_LEVEL_INFO, "refused", "user", getenv("USER"), "reason",
                  "LOGIN-DELAY", (char *)0);
        return refuse("[LOGIN-DELAY] too soon after the last log-in", EXITCODE_DONE);
    }
    if (maildrop_open(&session->maildrop, mailbox) != MAILBOX_OK) {
        log_failure("trouble", "with", "opening", "mailbox", mailbox, (char *)0);
        return refuse("[SYS/TEMP] can't open the mailbox now", EXITCODE_DONE);
    }
    log_start(session, mailbox);
    transaction_run(session);
    log_finish(session);
    maildrop_close(&session->maildrop);
    return connection.trouble == LINE_TIMEOUT ? EXITCODE_TIMEOUT : EXITCODE_DONE;
}

int main(int argc, char **argv)
{
    const char *mailbox = argc > 1 ? argv[1] : getenv("MAILBOX");
    struct transaction session = {.connection = &connection};
    struct tables tables = {0};

    log_open("pop3d");
    text_on_exhaustion(answer_exhaustion);
    if (tables_open(&tables) < 0) {
        log_failure("trouble", "with", "tables", (char *)0);
    }
    session.login_delay = setting_number(&tables, SET_pop3_login_delay);
    pop3_open(&connection, 0, setting_number(&tables, SET_pop3_timeout));
    if (argc > 2 || !mailbox || !mailbox_name_is_valid(mailbox)) {
        log_event(LOG_LEVEL_ERROR, "misused", "mailbox", mailbox, (char *)0);
        return refuse("[SYS/PERM] no mailbox is named", EXITCODE_PERMANENT);
    }
    walls_enter(WALLS_POP3D, mailbox);
    return serve(&session, mailbox);
}
