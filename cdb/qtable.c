/* qtable: compiles the text files of etc to what the programs read.
 *
 *   qtable                  etc/pombo.conf, domains, users, aliases, access, routes and
 *                           tls_policy to etc/tables.cdb, etc/passwords to
 *                           etc/passwords.cdb, etc/relay_passwords to
 *                           etc/relay_passwords.cdb (its keys to etc/tables.cdb)
 *   qtable check            tells the faults of them and changes nothing
 *   qtable get TABLE KEY    what the compiled form holds
 *   qtable route ADDRESS    where mail to ADDRESS goes
 *
 * Runs as whoever may write etc. Reads POMBO_DIR (lib/paths.h) and TMPDIR; writes
 * etc/.lock and the tables; runs the command cdb. Faults go to fd 2 as FILE:LINE.
 * Exit codes: 0; 1 absent or unknown; 100 usage; 102 faults; 111 an error of the
 * system or a damaged table. */
#include "compile.h"
#include "lookup.h"
#include "standard.h"
#include "walls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int compile_under_lock(void)
{
    int lock = compile_lock();
    int result;

    if (lock < 0) {
        dprintf(2, "qtable: the lock in etc: %s\n", strerror(errno));
        return EXITCODE_TEMPORARY;
    }
    result = compile_tables();
    close(lock);
    return result;
}

static int print_result(int result)
{
    if (fflush(stdout) != 0) {
        dprintf(2, "qtable: standard output: %s\n", strerror(errno));
        return EXITCODE_TEMPORARY;
    }
    return result;
}

int main(int argc, char **argv)
{
    standard_open();
    walls_enter(WALLS_TABLES, NULL);
    if (argc == 1) {
        return compile_under_lock();
    }
    if (argc == 2 && strcmp(argv[1], "check") == 0) {
        return compile_check();
    }
    if (argc == 4 && strcmp(argv[1], "get") == 0) {
        return print_result(lookup_key(argv[2], argv[3]));
    }
    if (argc == 3 && strcmp(argv[1], "route") == 0) {
        return print_result(lookup_route(argv[2]));
    }
    dprintf(2, "usage: qtable [check | get TABLE KEY | route ADDRESS]\n");
    return EXITCODE_PERMANENT;
}
