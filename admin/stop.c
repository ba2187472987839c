#include "stop.h"

#include "clock.h"
#include "command.h"
#include "exitcode.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#define KILL_SECONDS 5

/* Waits until none of the sessions has a process. How many are left. */
static int wait_until_gone(const struct state *state, int seconds)
{
    const struct timespec pause = {.tv_nsec = 20000000L};
    clock_ms deadline = clock_deadline(seconds);
    int left;

    while ((left = process_signal_sessions(state->services, SERVICE_COUNT, 0)) > 0 &&
           clock_poll_timeout(deadline) > 0) {
        nanosleep(&pause, NULL);
        /* Where up itself stops what it started, they are its children. */
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
    }
    return left;
}

int stop_services(const struct state *state, int seconds)
{
    int left;
    int i;

    for (i = 0; i < SERVICE_COUNT; i++) {
        process_signal(&state->services[i], SIGTERM);
    }
    left = wait_until_gone(state, seconds);
    if (left > 0) {
        dprintf(2, "pombo: %d process%s did not end in %d seconds and %s killed\n",
                left, left == 1 ? "" : "es", seconds, left == 1 ? "is" : "are");
        process_signal_sessions(state->services, SERVICE_COUNT, SIGKILL);
        if (wait_until_gone(state, KILL_SECONDS) > 0) {
            return command_fail(EXITCODE_TEMPORARY, "some could not be killed");
        }
    }
    return state_remove() < 0 ? command_fail_errno("run/state") : EXITCODE_DONE;
}
