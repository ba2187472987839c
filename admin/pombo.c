/* pombo: the one command that a person types. Makes, starts, stops and looks after a
 * mail system: in a folder of its own (DIR) as whoever calls it, or, without DIR, what
 * a server's units run.
 *
 *   pombo up DIR ...       makes and starts one        pombo user ...     mailboxes
 *   pombo down DIR         stops it                    pombo check [DIR]  faults
 *   pombo status DIR       addresses and processes     pombo queue [DIR]  what waits
 *   pombo reload [DIR]     puts changed tables in force
 *   pombo cert [DIR]       certificates in force
 *
 * Reads and sets POMBO_DIR; fd 0: the password of `user`; fd 1: name=value lines.
 * Files: everything below DIR, above all DIR/run/state. Exit codes: 0; 1 not running,
 * or no such user; 100 usage; 102 faults in the configuration; 111 otherwise. */
#include "../cdb/standard.h"
#include "command.h"
#include "exitcode.h"
#include "walls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"up", command_up},         {"down", command_down}, {"status", command_status},
    {"reload", command_reload}, {"user", command_user}, {"check", command_check},
    {"queue", command_queue},   {"cert", command_cert},
};

static int print_usage(void)
{
    dprintf(2,
            "usage: pombo up DIR [--domain NAME] [--host NAME] [--smtp ADDRESS:PORT] "
            "[--pop3 ADDRESS:PORT]\n"
            "                    [--smtps ADDRESS:PORT] [--pop3s ADDRESS:PORT]\n"
            "       pombo down DIR [--wait SECONDS]\n"
            "       pombo status DIR\n"
            "       pombo reload [DIR]\n"
            "       pombo user add | passwd | remove [DIR] ADDRESS\n"
            "       pombo user list [DIR]\n"
            "       pombo check [DIR]\n"
            "       pombo queue [DIR]\n"
            "       pombo cert [DIR]\n");
    return EXITCODE_PERMANENT;
}

int main(int argc, char **argv)
{
    size_t i;
    int result;

    standard_open();
    walls_enter(WALLS_STARTER, NULL);
    for (i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            result = commands[i].run(argc - 1, argv + 1);
            if (fflush(stdout) != 0) {
                return command_fail_errno("standard output");
            }
            return result;
        }
    }
    return print_usage();
}
