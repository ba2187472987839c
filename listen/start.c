#include "start.h"

#include "exitcode.h"
#include "variable.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *join_path(const char *folder, size_t len, const char *name)
{
    char *path = NULL;

    /* An empty folder in PATH means the current one. */
    if (asprintf(&path, "%.*s%s%s", (int)len, folder, len ? "/" : "./", name) < 0) {
        return NULL;
    }
    return path;
}

static char *find_program(const char *name)
{
    const char *folder = getenv("PATH");
    char *path;
    size_t len;

    if (strchr(name, '/')) {
        return access(name, X_OK) == 0 ? strdup(name) : NULL;
    }
    if (!folder) {
        folder = "/bin:/usr/bin";
    }
    for (;; folder += len + 1) {
        len = strcspn(folder, ":");
        path = join_path(folder, len, name);
        if (!path || access(path, X_OK) == 0) {
            return path;
        }
        free(path);
        if (!folder[len]) {
            errno = ENOENT;
            return NULL;
        }
    }
}

static int copy_environment(struct starter *starter)
{
    size_t count = 0;
    char **from;
    char **to;

    while (environ[count]) {
        count++;
    }
    starter->environment = calloc(START_SLOTS + count + 1, sizeof(char *));
    if (!starter->environment) {
        return -1;
    }
    to = starter->environment + START_SLOTS;
    for (from = environ; *from; from++) {
        if (!variable_is_of_connection(*from)) {
            *to++ = *from;
        }
    }
    return 0;
}

int starter_init(struct starter *starter, char **program)
{
    memset(starter, 0, sizeof *starter);
    starter->arguments = program;
    starter->path = find_program(program[0]);
    return starter->path ? copy_environment(starter) : -1;
}

void starter_free(struct starter *starter)
{
    free(starter->environment);
    free(starter->path);
}

static void set_slot(struct starter *starter, size_t slot, const char *name,
                     const char *value)
{
    snprintf(starter->slots[slot], START_SLOT_MAX, "%s=%s", name, value);
}

static void describe_tcp(struct starter *starter, const struct peer *remote,
                         const struct peer *local)
{
    char text[PEER_TEXT_MAX];
    char port[8];

    set_slot(starter, 0, "PROTO", "TCP");
    peer_format(remote, text);
    set_slot(starter, 1, "TCPREMOTEIP", text);
    set_slot(starter, 2, "REMOTE_ADDR", text);
    snprintf(port, sizeof port, "%u", remote->port & 0xffffU);
    set_slot(starter, 3, "TCPREMOTEPORT", port);
    set_slot(starter, 4, "REMOTE_PORT", port);
    peer_format(local, text);
    set_slot(starter, 5, "TCPLOCALIP", text);
    snprintf(port, sizeof port, "%u", local->port & 0xffffU);
    set_slot(starter, 6, "TCPLOCALPORT", port);
}

/* The slots that are in use lie right before the rest of the environment. */
static struct variables use_slots(struct starter *starter, size_t used)
{
    char **start = starter->environment + START_SLOTS - used;
    size_t i;

    for (i = 0; i < used; i++) {
        start[i] = starter->slots[i];
    }
    return (struct variables){start, used};
}

struct variables starter_describe(struct starter *starter, const struct peer *remote,
                                  const struct peer *local)
{
    if (remote->family == AF_UNIX) {
        set_slot(starter, 0, "PROTO", "UNIX");
        return use_slots(starter, 1);
    }
    describe_tcp(starter, remote, local);
    return use_slots(starter, START_SLOTS);
}

struct variables starter_mark(struct starter *starter, const char *variable)
{
    set_slot(starter, 0, variable, "1");
    return use_slots(starter, 1);
}

/* Runs in the child of vfork, which shares our memory until it has become the
 * program: nothing but system calls, and errno for the parent to see. No signal has
 * a handler here, so none can run in our memory either. */
static void become_program(const struct starter *starter, int fd, char **environment)
{
    sigset_t none;

    sigemptyset(&none);
    if (dup2(fd, 0) == 0 && dup2(fd, 1) == 1 &&
        sigprocmask(SIG_SETMASK, &none, NULL) == 0) {
        execve(starter->path, starter->arguments, environment);
    }
}

/* posix_spawn would do, but it asks for the disposition of each signal, which
 * doubles the system calls of a connection, and leaves two of them ignored. Not
 * inlined, so that no variable of a caller lives across vfork. */
static pid_t __attribute__((noinline))
fork_program(struct starter *starter, int fd, char **environment)
{
    pid_t pid = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork)

    if (pid == 0) {
        become_program(starter, fd, environment); // NOLINT(clang-analyzer-unix.Vfork)
        starter->error = errno;
        _exit(EXITCODE_TEMPORARY);
    }
    return pid;
}

pid_t starter_run(struct starter *starter, int fd, const struct variables *variables)
{
    pid_t pid;

    starter->error = 0;
    pid = fork_program(starter, fd, variables->list);
    if (pid > 0 && starter->error) {
        waitpid(pid, NULL, 0);
        errno = starter->error;
        return -1;
    }
    return pid;
}
