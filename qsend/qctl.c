/* qctl: looks at the queue, and tells qsend things.
 *
 *   qctl list      what is in the queue
 *   qctl stat      how much is in the queue
 *   qctl flush     try all deferred mail now
 *   qctl reload    read the tables anew
 *   qctl stop      end qsend after the jobs in hand
 *
 * Runs as who calls it; the queue may be read by pombo-q and root alone.
 * fd 1: the answer; fd 2: what went wrong. Environment: POMBO_DIR. Files: queue/.
 * Exit codes: 0 done; 100 wrong usage, or not permitted; 111 qsend does not run, or
 * an error of the system. */
#include "exitcode.h"
#include "paths.h"
#include "qctl_list.h"
#include "text.h"
#include "walls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int complain(const char *what)
{
    int is_denied = errno == EACCES || errno == EPERM;

    fprintf(stderr, "qctl: %s: %s\n", what,
            is_denied ? "only root and the queue's user may do this" : strerror(errno));
    return is_denied ? EXITCODE_PERMANENT : EXITCODE_TEMPORARY;
}

/* The pid of the qsend that holds the lock; 0: none does; -1 with errno. */
static pid_t find_qsend(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int result;
    int fd = open("lock", O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    result = fcntl(fd, F_GETLK, &lock);
    close(fd);
    if (result < 0) {
        return -1;
    }
    return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

static int send_signal(int number)
{
    pid_t pid = find_qsend();

    if (pid < 0) {
        return complain("lock");
    }
    if (pid == 0) {
        fprintf(stderr, "qctl: qsend is not running\n");
        return EXITCODE_TEMPORARY;
    }
    return kill(pid, number) < 0 ? complain("qsend") : EXITCODE_DONE;
}

static int do_list(void)
{
    return qctl_list() < 0 ? complain("queue") : EXITCODE_DONE;
}

static int do_stat(void)
{
    pid_t pid = find_qsend();

    if (pid < 0 || qctl_count() < 0) {
        return complain("queue");
    }
    if (pid > 0) {
        printf("qsend=%ld\n", (long)pid);
    } else {
        printf("qsend=stopped\n");
    }
    return EXITCODE_DONE;
}

static int do_flush(void)
{
    return send_signal(SIGALRM);
}

static int do_reload(void)
{
    return send_signal(SIGHUP);
}

static int do_stop(void)
{
    return send_signal(SIGTERM);
}

static const struct {
    const char *name;
    int (*run)(void);
} commands[] = {{"list", do_list},
                {"stat", do_stat},
                {"flush", do_flush},
                {"reload", do_reload},
                {"stop", do_stop}};

static int run_nothing(void)
{
    fprintf(stderr, "usage: qctl list | stat | flush | reload | stop\n");
    return EXITCODE_PERMANENT;
}

static int (*find_command(const char *name))(void)
{
    size_t i;

    for (i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return commands[i].run;
        }
    }
    return run_nothing;
}

int main(int argc, char **argv)
{
    int (*run)(void) = find_command(argc == 2 ? argv[1] : "");
    stralloc queue = STRALLOC_ZERO;
    int code;

    if (run != run_nothing && chdir(path_make(&queue, PATH_QUEUE, "")) < 0) {
        return complain(queue.s);
    }
    text_free(&queue);
    walls_enter(WALLS_QCTL, NULL);
    code = run();
    if (fflush(stdout) == EOF && code == EXITCODE_DONE) {
        return complain("output");
    }
    return code;
}
