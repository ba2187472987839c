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
#include "message.h"
#include "options.h"
#include "tables.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
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

/* Becomes PROGRAM, which lies beside ourselves. */
static enum sysexit become(const char *program, const char *argument)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 64);
    char *slash;
    char *argv[3];

    if (len < 0) {
        len = 0;
    }
    path[len] = '\0';
    slash = strrchr(path, '/');
    len = slash ? slash + 1 - path : 0;
    snprintf(path + len, sizeof path - (size_t)len, "%s", program);
    argv[0] = path;
    argv[1] = argument ? strdup(argument) : NULL;
    argv[2] = NULL;
    execv(path, argv);
    fprintf(stderr, "qinject: %s: %s\n", path, strerrordesc_np(errno));
    return SYSEXIT_OS;
}

int main(int argc, char **argv)
{
    struct options options;
    struct tables tables = {0};
    const char *fault = options_parse(&options, argc, argv);
    enum sysexit result;

    if (fault) {
        fprintf(stderr, "qinject: %s\n", fault);
        return SYSEXIT_USAGE;
    }
    switch (options.mode) {
    case MODE_SMTP: /* who may call us may send */
        if (setenv("RELAYCLIENT", "", 1) < 0) {
            return SYSEXIT_OS;
        }
        return (int)become("smtpd", NULL);
    case MODE_QUEUE:
        return (int)become("qctl", "list");
    case MODE_TABLES:
        return (int)become("qtable", NULL);
    default:
        break;
    }
    text_on_exhaustion(tell_exhaustion);
    signal(SIGPIPE, SIG_IGN);
    if (tables_open(&tables) < 0) {
        tables.is_open = 0; /* the settings' defaults will do */
    }
    result = message_submit(&options, &tables);
    tables_close(&tables);
    return (int)result;
}
