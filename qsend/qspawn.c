/* qspawn: starts one program again and again, as the user that it runs as itself.
 *
 *   qspawn PROGRAM [OTHER]
 *
 * Started by qstart, as pombo-mail, pombo-out or pombo-q.
 * fd 0: a SOCK_SEQPACKET socket to qsend; each packet "start" brings a descriptor
 * that becomes fd 0 of a new PROGRAM, "start 1" of OTHER (fd 1: /dev/null; fd 2: ours).
 * Ends when fd 0 closes. Logs what can't be started and what ends badly. Exit codes: 0
 * the socket closed; 100 wrong usage; 111 otherwise. */
#include "exitcode.h"
#include "log.h"
#include "packet.h"
#include "text.h"
#include "walls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAUSE_MS 1000

extern char **environ;

/* Signals are blocked in us, for signalfd; not in the program. */
static int set_up(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes,
                  int fd)
{
    sigset_t none;
    sigset_t all;

    sigemptyset(&none);
    sigfillset(&all);
    return posix_spawn_file_actions_adddup2(actions, fd, 0) ||
           posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0) ||
           posix_spawnattr_setsigmask(attributes, &none) ||
           posix_spawnattr_setsigdefault(attributes, &all) ||
           posix_spawnattr_setflags(attributes,
                                    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static void start(char *program, int fd)
{
    char *const argv[] = {program, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = ENOMEM;
    pid_t pid;

    if (posix_spawn_file_actions_init(&actions) == 0) {
        if (posix_spawnattr_init(&attributes) == 0) {
            if (set_up(&actions, &attributes, fd) == 0) {
                error =
                    posix_spawn(&pid, program, &actions, &attributes, argv, environ);
            }
            posix_spawnattr_destroy(&attributes);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    if (error) {
        errno = error;
        log_failure("spawn", "program", program, (char *)0);
    }
}

/* Errors are of a kind that passes; qsend would end without us. */
static void pause_after(const char *what)
{
    if (errno != EINTR && errno != EAGAIN && errno != ECONNRESET) {
        log_failure(what, (char *)0);
        poll(NULL, 0, PAUSE_MS);
    }
}

/* 0 when the socket has closed. */
static int take_packet(char *const programs[2])
{
    static struct packet packet;
    const char *verb;
    int fd;
    int result = packet_receive(0, &packet, &fd);

    if (result < 0) {
        pause_after("receive");
        return 1;
    }
    if (result > 0) {
        verb = packet_next(&packet);
        if (verb && strcmp(verb, "start") == 0 && fd >= 0) {
            char *program = programs[packet_next_number(&packet, 1) == 1];
            if (program) {
                start(program, fd);
            }
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    return result;
}

static void log_end_of(const char *program, pid_t pid, int status)
{
    struct log_line line;

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return;
    }
    log_begin(&line, LOG_LEVEL_WARNING, "ended-badly");
    log_string(&line, "program", program);
    log_number(&line, "pid", pid);
    if (WIFSIGNALED(status)) {
        log_number(&line, "signal", WTERMSIG(status));
    } else {
        log_number(&line, "code", WEXITSTATUS(status));
    }
    log_end(&line);
}

static void reap(const char *program, int signals)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    while (read(signals, &info, sizeof info) > 0) {
    }
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        log_end_of(program, pid, status);
    }
}

static int watch_children(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void wait_for_work(struct pollfd waits[2])
{
    while (poll(waits, 2, -1) < 0) {
        pause_after("wait");
    }
}

int main(int argc, char **argv)
{
    struct pollfd waits[2];

    log_open("qspawn");
    if (argc != 2 && argc != 3) {
        log_event(LOG_LEVEL_ERROR, "usage", "usage", "qspawn PROGRAM [OTHER]",
                  (char *)0);
        return EXITCODE_PERMANENT;
    }
    walls_enter(WALLS_STARTER, NULL);
    waits[0] = (struct pollfd){.fd = 0, .events = POLLIN};
    waits[1] = (struct pollfd){.fd = watch_children(), .events = POLLIN};
    if (waits[1].fd < 0) {
        log_failure("signals", (char *)0);
        return EXITCODE_TEMPORARY;
    }
    /* Ends with qsend alone, which closes the socket: signals to the whole group
     * must not take the workers' starter away before. */
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    text_wait_on_exhaustion(NULL);
    do {
        wait_for_work(waits);
        if (waits[1].revents) {
            reap(argv[1], waits[1].fd);
        }
    } while (!waits[0].revents || take_packet(argv + 1));
    return EXITCODE_DONE;
}
