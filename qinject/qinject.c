/* qinject: takes a message from standard input into the queue; also the sendmail
 * command, newaliases and mailq.
 *
 * User: whoever calls it. Who may not write the queue's drop-box goes through run/qmqp.
 * fd 0: the message, or with -bs an SMTP client. fd 2: what went wrong, in words.
 * Environment: POMBO_DIR (lib/paths.h); LOGNAME and USER, where they name our uid;
 * TMPDIR. Files: etc/tables.cdb (settings; the defaults hold where it can't be read),
 * queue/tmp and queue/new, run/qmqp. Exit codes: those of sysexits.h: 0 the message is
 * safe in the queue; 64 usage, or no recipients; 65 an address or header that is wrong;
 * 69 refused; 71 a program is missing; 75 try again later. */
#include "complaint.h"
#include "message.h"
#include "options.h"
#include "person.h"
#include "tables.h"
#include "text.h"
#include "variable.h"
#include "walls.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tell_exhaustion(void)
{
    static const char text[] = "qinject: out of memory\n";

    if (write(2, text, sizeof text - 1) < 0) {
        /* the exit code tells */
    }
    _exit(SYSEXIT_TEMPORARY);
}

/* Becomes PROGRAM, which lies in our own folder or in OTHER beside it; returns where it
 * can't. */
static void try_program(const char *folder, const char *other, const char *program,
                        const char *argument)
{
    stralloc path = STRALLOC_ZERO;
    char *argv[3] = {NULL, NULL, NULL};

    text_set_string(&path, folder);
    text_add_string(&path, other);
    text_add_string(&path, program);
    argv[0] = memory_copy_string(text_string(&path));
    argv[1] = argument ? memory_copy_string(argument) : NULL;
    text_free(&path);
    execv(argv[0], argv);
    free(argv[0]);
    free(argv[1]);
}

static enum sysexit become(const char *program, const char *argument)
{
    char folder[4096];
    ssize_t len = readlink("/proc/self/exe", folder, sizeof folder - 1);
    char *slash;

    folder[len < 0 ? 0 : len] = '\0';
    slash = strrchr(folder, '/');
    if (slash) {
        slash[1] = '\0';
        try_program(folder, "", program, argument);
        try_program(folder, "../libexec/pombo/", program, argument);
    }
    complain("cannot start %s: %s", program, strerror(errno));
    return SYSEXIT_OS;
}

/* smtpd asks the environment who its client is; what a web server, say, has told there
 * is of another one. */
static void forget_connection(void)
{
    char **from;
    char **to = environ;

    for (from = environ; *from; from++) {
        if (!variable_is_of_connection(*from) && strncmp(*from, "TLS_", 4) != 0) {
            *to++ = *from;
        }
    }
    *to = NULL;
}

/* Who may call us may send. */
static enum sysexit become_smtpd(void)
{
    forget_connection();
    if (setenv("RELAYCLIENT", "", 1) < 0) {
        return SYSEXIT_OS;
    }
    return become("smtpd", NULL);
}

int main(int argc, char **argv)
{
    struct options options;
    struct tables tables = {0};
    const char *fault = options_parse(&options, argc, argv);
    enum sysexit result;

    text_on_exhaustion(tell_exhaustion);
    if (fault) {
        complain("%s", fault);
        return SYSEXIT_USAGE;
    }
    switch (options.mode) {
    case MODE_SMTP:
        return (int)become_smtpd();
    case MODE_QUEUE:
        return (int)become("qctl", "list");
    case MODE_TABLES:
        return (int)become("qtable", NULL);
    default:
        break;
    }
    if (options.runs_queue && !options.reads_headers && options.recipient_count == 0) {
        return SYSEXIT_OK;
    }
    signal(SIGPIPE, SIG_IGN);
    if (tables_open(&tables) < 0) {
        tables.is_open = 0; /* the settings' defaults will do */
    }
    person_find();
    walls_enter(WALLS_QINJECT, NULL);
    result = message_submit(&options, &tables);
    tables_close(&tables);
    return (int)result;
}
