/* pombo reload, pombo check and pombo queue. */
#include "../cdb/compile.h"
#include "check.h"
#include "command.h"
#include "exitcode.h"
#include "spawn.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Enters DIR where there is one; without it POMBO_DIR or a server's folders hold. */
static int enter_optional(int argc, char **argv, const char *usage)
{
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        return command_usage(usage);
    }
    return argc == 2 ? command_enter(argv[1]) : EXITCODE_DONE;
}

int command_reload(int argc, char **argv)
{
    int result = enter_optional(argc, argv, "reload [DIR]");
    int lock;

    if (result != EXITCODE_DONE) {
        return result;
    }
    lock = compile_lock();
    if (lock < 0) {
        return command_fail_errno("the lock in etc");
    }
    result = compile_tables();
    close(lock);
    if (result != EXITCODE_DONE) {
        return command_fail(result, "the old tables stay in force");
    }
    return command_signal_qsend();
}

int command_check(int argc, char **argv)
{
    int result = enter_optional(argc, argv, "check [DIR]");

    return result == EXITCODE_DONE ? check_everything() : result;
}

int command_queue(int argc, char **argv)
{
    char list[] = "list";
    char *arguments[] = {NULL, list, NULL};
    int result = enter_optional(argc, argv, "queue [DIR]");

    if (result != EXITCODE_DONE) {
        return result;
    }
    arguments[0] = spawn_find_program("qctl");
    if (!arguments[0]) {
        return command_fail(EXITCODE_TEMPORARY, "the program qctl is not there");
    }
    execv(arguments[0], arguments);
    result = command_fail_errno(arguments[0]);
    free(arguments[0]);
    return result;
}
