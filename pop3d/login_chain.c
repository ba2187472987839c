#include "login_chain.h"

#include "exitcode.h"
#include "log.h"
#include "netaddress.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CREDENTIALS_FD 3

/* PROGRAM can't always ask fd 0 for the client's address: within TLS that is a socket
 * of ours. */
static int tell_client(const char *peer, const char *method)
{
    struct net_address parsed;

    if (setenv("LOGIN_METHOD", method, 1) < 0) {
        return -1;
    }
    return net_address_parse(peer, &parsed) == 0 ? setenv("TCPREMOTEIP", peer, 1) : 0;
}

static void become_program(char **program, int pipe_end, const char *peer,
                           const char *method) __attribute__((noreturn));

static void become_program(char **program, int pipe_end, const char *peer,
                           const char *method)
{
    int is_placed = pipe_end == CREDENTIALS_FD ? fcntl(pipe_end, F_SETFD, 0)
                                               : dup2(pipe_end, CREDENTIALS_FD);

    signal(SIGPIPE, SIG_DFL);
    /* Who ends popup ends the session; lost where PROGRAM changes its user. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (is_placed >= 0 && tell_client(peer, method) == 0) {
        execvp(program[0], program);
    }
    log_failure("trouble", "with", program[0], (char *)0);
    _exit(EXITCODE_TEMPORARY);
}

static enum login_result wait_for(pid_t child)
{
    struct log_line line;
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return LOGIN_BROKEN;
        }
    }
    if (WIFEXITED(status)) {
        switch (WEXITSTATUS(status)) {
        case 0:
            return LOGIN_ACCEPTED;
        case 1:
            return LOGIN_DENIED;
        case 2:
        case EXITCODE_TEMPORARY:
            return LOGIN_TEMPORARY;
        default:
            break;
        }
    }
    log_begin(&line, LOG_LEVEL_ERROR, "trouble");
    log_string(&line, "with", "checkpassword program");
    log_number(&line, WIFEXITED(status) ? "exit" : "signal",
               WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    log_end(&line);
    return LOGIN_BROKEN;
}

/* A pipe holds far more than CREDENTIALS_MAX, so this never waits. */
static int fill_pipe(int fd, const struct credentials *credentials)
{
    ssize_t written = write(fd, credentials->bytes, credentials->len);

    return close(fd) == 0 && written == (ssize_t)credentials->len ? 0 : -1;
}

enum login_result login_chain_run(char **program, const struct credentials *credentials,
                                  const char *peer, const char *method)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) < 0) {
        return LOGIN_TEMPORARY;
    }
    /* Before the fork: a torn message is never seen by PROGRAM. */
    if (fill_pipe(ends[1], credentials) < 0) {
        close(ends[0]);
        return LOGIN_TEMPORARY;
    }
    child = fork();
    if (child == 0) {
        become_program(program, ends[0], peer, method);
    }
    close(ends[0]);
    return child < 0 ? LOGIN_TEMPORARY : wait_for(child);
}
