/* pombo down and pombo status. */
#include "command.h"
#include "exitcode.h"
#include "stop.h"

#include <stdio.h>
#include <unistd.h>

#define NOT_RUNNING 1

int command_down(int argc, char **argv)
{
    struct state state;
    int is_read;
    int lock;
    int result;

    if (argc != 2) {
        return command_usage("down DIR");
    }
    result = command_enter(argv[1]);
    if (result != EXITCODE_DONE) {
        return result;
    }
    lock = state_lock();
    if (lock < 0) {
        return command_fail_errno("run/.lock");
    }
    is_read = state_read(&state);
    if (is_read < 0) {
        result = command_fail_errno("run/state");
    } else if (is_read == 0) {
        command_fail(0, "%s is not up", argv[1]);
        result = state_remove() < 0 ? command_fail_errno("run/state") : EXITCODE_DONE;
    } else {
        result = stop_services(&state);
    }
    state_free(&state);
    close(lock);
    return result;
}

int command_status(int argc, char **argv)
{
    struct state state;
    int is_read;
    int is_running;
    int result;

    if (argc != 2) {
        return command_usage("status DIR");
    }
    result = command_enter(argv[1]);
    if (result != EXITCODE_DONE) {
        return result;
    }
    is_read = state_read(&state);
    if (is_read < 0) {
        return command_fail_errno("run/state");
    }
    is_running = is_read > 0 && state_count_alive(&state) == SERVICE_COUNT;
    if (is_read > 0) {
        state_print(&state, 1);
    }
    printf("running=%s\n", is_running ? "yes" : "no");
    state_free(&state);
    return is_running ? EXITCODE_DONE : NOT_RUNNING;
}
