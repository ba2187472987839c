#include "template_process.h"

#include "../lib/template.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Until the next is tried, after one that was of no use. */
#define REST_SECONDS 1
/* It answers at once but while it starts, or where memory is being swapped. */
#define ANSWER_SECONDS 10
#define END_MILLISECONDS 100

static time_t read_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

void template_process_init(struct template_process *process, struct starter *starter)
{
    *process = (struct template_process){.starter = starter, .socket = -1};
}

static void forget(struct template_process *process)
{
    close(process->socket);
    process->socket = -1;
    process->pid = 0;
}

void template_process_end(struct template_process *process)
{
    if (process->pid > 0) {
        kill(process->pid, SIGKILL); /* it holds nothing */
        waitpid(process->pid, NULL, 0);
        forget(process);
    }
}

bool template_process_reaped(struct template_process *process, pid_t pid)
{
    if (process->pid == 0 || process->pid != pid) {
        return false;
    }
    forget(process);
    return true;
}

/* Whether PROGRAM is still the file that the template runs; notes it where there is no
 * template. A program is replaced by another file of that name. */
static bool is_same_program(struct template_process *process)
{
    struct stat file;

    if (stat(process->starter->path, &file) < 0) {
        return false;
    }
    if (process->pid == 0) {
        process->device = file.st_dev;
        process->inode = file.st_ino;
    }
    return file.st_dev == process->device && file.st_ino == process->inode;
}

static void start(struct template_process *process)
{
    const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
    struct variables variables = starter_mark(process->starter, TEMPLATE_VARIABLE);
    int ends[2];
    pid_t pid;

    process->started = read_seconds();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return;
    }
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    pid = starter_run(process->starter, ends[1], &variables);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return;
    }
    process->pid = pid;
    process->socket = ends[0];
}

static bool is_due(const struct template_process *process)
{
    return !process->has_failed || read_seconds() - process->started >= REST_SECONDS;
}

bool template_process_ready(struct template_process *process)
{
    if (process->pid > 0 && !is_same_program(process)) {
        template_process_end(process);
    }
    if (process->pid == 0 && is_due(process) && is_same_program(process)) {
        process->has_failed = true;
        start(process);
    }
    return process->pid > 0;
}

/* Variables of one connection are far shorter than TEMPLATE_MESSAGE_MAX. */
static int ask(const struct template_process *process, int fd,
               const struct variables *variables)
{
    struct iovec parts[START_SLOTS];
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr header = {.msg_iov = parts,
                            .msg_iovlen = variables->own,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    struct cmsghdr *part = CMSG_FIRSTHDR(&header);
    size_t i;

    for (i = 0; i < variables->own; i++) {
        parts[i] = (struct iovec){variables->list[i], strlen(variables->list[i]) + 1};
    }
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(part), &fd, sizeof fd);
    return sendmsg(process->socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

static pid_t give_up(struct template_process *process, int error, pid_t result)
{
    template_process_end(process);
    errno = error;
    return result;
}

/* It seems to be gone without an answer, and to end at this moment. One that was killed
 * may have forked before, and one that says so has. */
static pid_t find_end(struct template_process *process)
{
    const struct timespec step = {.tv_nsec = 1000000};
    int status = 0;
    int i;

    for (i = 0; i < END_MILLISECONDS; i++) {
        if (waitpid(process->pid, &status, WNOHANG) == process->pid) {
            forget(process);
            errno = ECHILD;
            return WIFEXITED(status) && WEXITSTATUS(status) != TEMPLATE_UNTOLD ? 0 : -1;
        }
        nanosleep(&step, NULL);
    }
    return give_up(process, ECHILD, -1);
}

pid_t template_process_run(struct template_process *process, int fd,
                           const struct variables *variables)
{
    int32_t answer[2];
    ssize_t len;

    if (ask(process, fd, variables) < 0) {
        return give_up(process, errno, 0);
    }
    len = recv(process->socket, answer, sizeof answer, 0);
    if (len == 0 || (len < 0 && errno == ECONNRESET)) {
        return find_end(process);
    }
    if (len < 0) {
        return give_up(process, errno, -1);
    }
    if (len != sizeof answer[0]) {
        return give_up(process, EPROTO, 0); /* no template says so */
    }
    process->has_failed = answer[0] < 0;
    return answer[0] > 0 ? answer[0]
                         : give_up(process, answer[0] ? -answer[0] : ESTALE, 0);
}
