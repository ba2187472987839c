#include "forker.h"

#include "log.h"
#include "text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REST_MILLISECONDS 500
#define STOP_STEPS 250
#define ACCEPTS_IN_A_ROW 64

int forker_open(struct forker *forker)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, the children could not be counted */
    if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) {
        return -1;
    }
    forker->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    forker->room = forker->most;
    return forker->signals < 0 ? -1 : child_table_init(&forker->children, forker->room);
}

static void reap(struct forker *forker)
{
    uint32_t unused;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        child_remove(&forker->children, pid, &unused);
        if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM) {
            struct log_line line;
            log_begin(&line, LOG_LEVEL_ERROR, "crashed");
            log_number(&line, "session", pid);
            log_number(&line, "signal", WTERMSIG(status));
            log_end(&line);
        }
    }
}

static void refresh(struct forker *forker, int is_asked)
{
    if (forker->refresh) {
        forker->refresh(forker->data, is_asked);
    }
}

static void read_signals(struct forker *forker)
{
    struct signalfd_siginfo info;

    while (read(forker->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            reap(forker);
        } else if (info.ssi_signo == SIGHUP) {
            refresh(forker, 1);
        } else {
            forker->is_stopping = 1;
        }
    }
}

static void serve(struct forker *forker, int door) __attribute__((noreturn));

/* DOOR: -1 for the work that nobody asked for. */
static void serve(struct forker *forker, int door)
{
    sigset_t none;

    close(forker->listener);
    close(forker->signals);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    text_on_exhaustion(NULL);
    _exit(door < 0 ? forker->work(forker->data) : forker->serve(forker->data, door));
}

static void turn_away(const struct forker *forker, int door)
{
    (void)send(door, forker->busy, strlen(forker->busy), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int wait_for_work(const struct forker *forker)
{
    return forker->work ? clock_poll_timeout(forker->next_work) : -1;
}

/* How long poll may wait. */
static int get_patience(const struct forker *forker)
{
    int idle = forker->idle > 0 ? forker->idle * 1000 : -1;
    int until_work = wait_for_work(forker);

    return idle >= 0 && (until_work < 0 || idle < until_work) ? idle : until_work;
}

static int is_full(const struct forker *forker)
{
    return forker->children.count >= forker->most ||
           forker->children.count >= forker->room;
}

static void start(struct forker *forker, int door)
{
    pid_t pid;

    if (is_full(forker)) {
        reap(forker); /* some may have ended by now */
    }
    if (is_full(forker)) {
        if (!forker->has_told_full) {
            log_event(LOG_LEVEL_WARNING, "full", "limit", forker->limit, (char *)0);
        }
        forker->has_told_full = 1;
        turn_away(forker, door);
        return;
    }
    forker->has_told_full = 0;
    pid = fork();
    if (pid == 0) {
        serve(forker, door);
    }
    if (pid < 0) {
        log_failure("fork", (char *)0);
        turn_away(forker, door);
        return;
    }
    child_add(&forker->children, pid, 0);
}

static void work(struct forker *forker)
{
    pid_t pid;

    if (wait_for_work(forker) != 0) {
        return;
    }
    forker->next_work = clock_deadline(forker->period);
    if (is_full(forker)) {
        return;
    }
    pid = fork();
    if (pid == 0) {
        serve(forker, -1);
    }
    if (pid < 0) {
        log_failure("fork", (char *)0);
    } else if (pid > 0) {
        child_add(&forker->children, pid, 0);
    }
}

/* Errors that last a while are waited out. */
static void accept_some(struct forker *forker)
{
    int i;

    for (i = 0; i < ACCEPTS_IN_A_ROW; i++) {
        int door = accept4(forker->listener, NULL, NULL, SOCK_CLOEXEC);
        if (door >= 0) {
            refresh(forker, 0);
            start(forker, door);
            close(door);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            log_failure("accept", (char *)0);
            poll(NULL, 0, REST_MILLISECONDS);
            return;
        }
    }
}

static void end_all(struct forker *forker)
{
    const struct timespec step = {.tv_nsec = 20 * 1000000L};
    int i;

    child_signal_all(&forker->children, SIGTERM);
    for (i = 0; i < STOP_STEPS && forker->children.count > 0; i++) {
        reap(forker);
        nanosleep(&step, NULL);
    }
    child_signal_all(&forker->children, SIGKILL);
}

void forker_run(struct forker *forker)
{
    refresh(forker, 1);
    while (!forker->is_stopping) {
        struct pollfd pollers[2] = {{.fd = forker->signals, .events = POLLIN},
                                    {.fd = forker->listener, .events = POLLIN}};
        int ready;
        work(forker);
        ready = poll(pollers, 2, get_patience(forker));
        if (ready == 0) {
            refresh(forker, 0);
        }
        if (ready < 0) {
            if (errno != EINTR) {
                log_failure("poll", (char *)0);
                poll(NULL, 0, REST_MILLISECONDS);
            }
            continue;
        }
        if (pollers[0].revents) {
            read_signals(forker);
        }
        if (pollers[1].revents && !forker->is_stopping) {
            accept_some(forker);
        }
    }
    close(forker->listener);
    end_all(forker);
}
