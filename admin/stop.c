#include "stop.h"

#include "clock.h"
#include "command.h"
#include "exitcode.h"
#include "text.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#define KILL_SECONDS 5

/* Waits until none of the sessions has a process, and signals those that there are. How
 * many are left. */
static int wait_until_gone(const struct state *state, int seconds, int signal_number)
{
    const struct timespec pause = {.tv_nsec = 20000000L};
    clock_ms deadline = clock_deadline(seconds);
    int left;

    while ((left = process_signal_sessions(state->services, SERVICE_COUNT,
                                           signal_number)) > 0 &&
           clock_poll_timeout(deadline) > 0) {
        nanosleep(&pause, NULL);
        /* Where up itself stops what it started, they are its children. */
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
    }
    return left;
}

int stop_services(struct state *state, int seconds)
{
    int left;
    int i;

    /* From here on nobody takes them for a system that is up, should we be cut off. A
     * full disk is no reason to go on running. */
    text_free(&state->addresses);
    if (state_write(state) < 0) {
        command_fail_errno("run/state");
    }
    for (i = 0; i < SERVICE_COUNT; i++) {
        if (process_signal(&state->services[i], SIGTERM) < 0) {
            return command_fail_errno(service_names[i]);
        }
    }
    left = wait_until_gone(state, seconds, 0);
    if (left > 0) {
        dprintf(2, "pombo: %d process%s did not end in %d seconds and %s killed\n",
                left, left == 1 ? "" : "es", seconds, left == 1 ? "is" : "are");
        if (wait_until_gone(state, KILL_SECONDS, SIGKILL) > 0) {
            return command_fail(EXITCODE_TEMPORARY, "some could not be killed");
        }
    }
    return state_remove() < 0 ? command_fail_errno("run/state") : EXITCODE_DONE;
}
