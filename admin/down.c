/* pombo down and pombo status. */
#include "command.h"
#include "exitcode.h"
#include "stop.h"
#include "text.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOT_RUNNING 1
#define WAIT_MAX 86400

/* The caller holds the lock. */
static int bring_down(const char *dir, int seconds)
{
    struct state state;
    int is_read = state_read(&state);
    int result;

    if (is_read < 0) {
        result = command_fail_errno("run/state");
    } else if (is_read == 0) {
        command_fail(0, "%s is not up", dir);
        result = state_remove() < 0 ? command_fail_errno("run/state") : EXITCODE_DONE;
    } else {
        result = stop_services(&state, seconds);
    }
    state_free(&state);
    return result;
}

/* Reads "DIR [--wait SECONDS]". 0 or -1. */
static int read_options(int argc, char **argv, const char **dir, int *seconds)
{
    static const struct option names[] = {{"wait", required_argument, NULL, 'w'},
                                          {NULL, 0, NULL, 0}};
    unsigned long long number = STOP_SECONDS;
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option != 'w' ||
            text_parse_number(optarg, strlen(optarg), WAIT_MAX, &number) < 0 ||
            number == 0) {
            return -1;
        }
    }
    *seconds = (int)number;
    *dir = argv[optind];
    return argc - optind == 1 ? 0 : -1;
}

int command_down(int argc, char **argv)
{
    const char *dir;
    int seconds;
    int lock;
    int result;

    if (read_options(argc, argv, &dir, &seconds) < 0) {
        return command_usage("down DIR [--wait SECONDS]");
    }
    result = command_enter(dir);
    if (result != EXITCODE_DONE) {
        return result;
    }
    lock = state_lock();
    if (lock < 0) {
        return command_fail_errno("run/.lock");
    }
    result = bring_down(dir, seconds);
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
    is_running =
        is_read > 0 && state_count_alive(&state) == state_count_started(&state);
    if (is_read > 0) {
        state_print(&state, 1);
    }
    printf("running=%s\n", is_running ? "yes" : "no");
    state_free(&state);
    return is_running ? EXITCODE_DONE : NOT_RUNNING;
}
