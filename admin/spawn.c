#include "spawn.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *find_in(const char *folder, const char *middle, const char *name)
{
    char *path = NULL;

    if (asprintf(&path, "%s%s/%s", folder, middle, name) < 0) {
        text_exhausted();
    }
    if (access(path, X_OK) == 0) {
        return path;
    }
    free(path);
    return NULL;
}

char *spawn_find_program(const char *name)
{
    char folder[4096];
    ssize_t len = readlink("/proc/self/exe", folder, sizeof folder - 1);
    char *slash;
    char *path;

    if (len <= 0) {
        return NULL;
    }
    folder[len] = 0;
    slash = strrchr(folder, '/');
    if (!slash) {
        return NULL;
    }
    *slash = 0;
    path = find_in(folder, "", name);
    return path ? path : find_in(folder, "/../libexec/pombo", name);
}

/* What would tell a program of a connection, a supervisor or a journal that is not
 * there. */
static void clean_environment(void)
{
    static const char *const names[] = {
        "RELAYCLIENT",    "TCPREMOTEIP",   "TCPREMOTEPORT",  "TCPLOCALIP",
        "TCPLOCALPORT",   "REMOTE_ADDR",   "REMOTE_PORT",    "PROTO",
        "LISTEN_FDS",     "LISTEN_PID",    "LISTEN_FDNAMES", "NOTIFY_SOCKET",
        "JOURNAL_STREAM", "INVOCATION_ID", "TLS_PROTOCOL",   "TLS_CIPHER",
        "TLS_BITS",       "TLS_SNI",       "TLS_EXPORTER",   "TLS_END_POINT",
    };
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        unsetenv(names[i]);
    }
}

static void reset_signals(void)
{
    sigset_t none;
    int i;

    for (i = 1; i < SIGRTMIN; i++) {
        signal(i, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child's ends of the two pipes. */
struct child_pipes {
    int gate, report;
};

static int is_released(int gate)
{
    char byte;
    ssize_t got;

    do {
        got = read(gate, &byte, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1;
}

/* The child: tells errno on the report where it can't become the program. */
static void become(char *const *arguments, int log, const struct child_pipes *pipes)
{
    const char *dir = getenv("POMBO_DIR");
    int null = open("/dev/null", O_RDONLY);
    int failure;

    setsid();
    umask(077);
    clean_environment();
    reset_signals();
    if (null >= 0 && dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2 &&
        dir && chdir(dir) == 0 && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
        if (!is_released(pipes->gate)) {
            _exit(0);
        }
        execv(arguments[0], arguments);
    }
    failure = errno;
    if (write(pipes->report, &failure, sizeof failure) < 0) {
        /* The parent sees the exit code. */
    }
    _exit(111);
}

/* Waits until the child is the program. 0, or -1 with its errno. */
static int wait_for_exec(pid_t pid, int report)
{
    int failure = 0;
    ssize_t got;

    do {
        got = read(report, &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    if (got == 0) {
        return 0;
    }
    if (got == (ssize_t)sizeof failure) {
        waitpid(pid, NULL, 0);
        errno = failure;
    }
    return -1;
}

static void close_pair(const int pair[2])
{
    int saved = errno;

    close(pair[0]);
    close(pair[1]);
    errno = saved;
}

static int start(struct spawn *spawn, char *const *arguments, int log)
{
    int gate[2];
    int report[2];
    pid_t session;
    pid_t pid;

    if (pipe2(gate, O_CLOEXEC) < 0) {
        return -1;
    }
    if (pipe2(report, O_CLOEXEC) < 0) {
        close_pair(gate);
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        const struct child_pipes pipes = {gate[0], report[1]};
        close(gate[1]); /* else our end would never be noticed */
        become(arguments, log, &pipes);
    }
    if (pid < 0) {
        close_pair(gate);
        close_pair(report);
        return -1;
    }
    close(gate[0]);
    close(report[1]);
    spawn->gate = gate[1];
    spawn->report = report[0];
    if (process_read(pid, &spawn->process, &session) < 0) {
        int saved = errno;
        /* Where it has gone already, it has told why. */
        spawn->process = (struct process){pid, 0};
        if (saved != ESRCH) {
            spawn_cancel(spawn);
            errno = saved;
            return -1;
        }
    }
    return 0;
}

int spawn_prepare(struct spawn *spawn, char *const *arguments, const char *log)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    int result;
    int saved;

    if (fd < 0) {
        return -1;
    }
    result = start(spawn, arguments, fd);
    saved = errno;
    close(fd);
    errno = saved;
    return result;
}

/* Without a signal where nobody reads. */
static int send_byte(int gate)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    ssize_t sent;

    do {
        sent = write(gate, "", 1);
    } while (sent < 0 && errno == EINTR);
    signal(SIGPIPE, before);
    return sent == 1 ? 0 : -1;
}

int spawn_release(struct spawn *spawn)
{
    /* A child that is gone has told why; one that gets no byte ends. */
    int sent = send_byte(spawn->gate);
    int why = errno;
    int result;
    int saved;

    close(spawn->gate);
    result = wait_for_exec(spawn->process.pid, spawn->report);
    saved = errno;
    close(spawn->report);
    errno = saved;
    if (result == 0 && sent < 0) {
        waitpid(spawn->process.pid, NULL, 0);
        errno = why == EPIPE ? ECHILD : why;
        return -1;
    }
    return result;
}

void spawn_cancel(struct spawn *spawn)
{
    close(spawn->gate);
    close(spawn->report);
    waitpid(spawn->process.pid, NULL, 0);
}
