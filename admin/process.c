#include "process.h"

#include "text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* Fields of /proc/PID/stat after the ')' that ends the name, from 0: proc(5) counts
 * state as the third. */
#define FIELD_SESSION 3
#define FIELD_START 19
/* The pid of the machine's or container's init, which is never ours. */
#define FIRST_PROCESS 1

/* Finds a field; NULL where there are not so many. */
static const char *find_field(const char *fields, int number)
{
    for (; number > 0 && fields; number--) {
        fields = strchr(fields, ' ');
        fields = fields ? fields + 1 : NULL;
    }
    return fields;
}

ssize_t process_read_file(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got;
    int saved;

    if (fd < 0) {
        return -1;
    }
    do {
        got = read(fd, out + len, size - 1 - len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    saved = errno;
    close(fd);
    errno = saved;
    out[len] = 0;
    return got < 0 ? -1 : (ssize_t)len;
}

int process_read(pid_t pid, struct process *out, pid_t *session)
{
    char path[40];
    char text[2000];
    const char *fields, *start;
    ssize_t len;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    len = process_read_file(path, text, sizeof text);
    if (len < 0) {
        errno = errno == ENOENT ? ESRCH : errno;
        return -1;
    }
    fields = strrchr(text, ')');
    start = fields && fields[1] ? find_field(fields + 2, FIELD_START) : NULL;
    if (!start) {
        errno = EIO;
        return -1;
    }
    if (fields[2] == 'Z' || fields[2] == 'X') {
        errno = ESRCH;
        return -1;
    }
    out->pid = pid;
    out->start = strtoull(start, NULL, 10);
    *session = (pid_t)strtol(find_field(fields + 2, FIELD_SESSION), NULL, 10);
    return 0;
}

int process_is_alive(const struct process *process)
{
    struct process now;
    pid_t session;

    if (process->pid <= FIRST_PROCESS) {
        return 0;
    }
    return process_read(process->pid, &now, &session) == 0 ? now.start == process->start
                                                           : errno != ESRCH;
}

/* The descriptor holds on to the process: what is checked now is what is hit. */
static int signal_if_same(int fd, const struct process *process, int signal_number)
{
    struct process now;
    pid_t session;

    if (process_read(process->pid, &now, &session) < 0) {
        return -1;
    }
    return now.start == process->start ? pidfd_send_signal(fd, signal_number, NULL, 0)
                                       : 0;
}

int process_signal(const struct process *process, int signal_number)
{
    int result;
    int saved;
    int fd;

    if (process->pid <= FIRST_PROCESS) {
        return 0;
    }
    fd = pidfd_open(process->pid, 0);
    result = fd < 0 ? -1 : signal_if_same(fd, process, signal_number);
    saved = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = saved;
    return result < 0 && errno != ESRCH ? -1 : 0;
}

/* A leader's pid may have gone to another process since; then the session is not ours
 * either. Session 0 holds what was started outside of this pid namespace, and 0 is the
 * pid of a service that was never started: they must not meet. */
static int leads(const struct process *leader, pid_t session)
{
    struct process now;
    pid_t ignored;

    return leader->pid > FIRST_PROCESS && leader->pid == session &&
           (process_read(session, &now, &ignored) < 0 || now.start == leader->start);
}

/* 1 where the process PID is of one of the sessions, and is signalled; or where that
 * can't be told. */
static int signal_member(const struct process *leaders, int count, pid_t pid,
                         int signal_number)
{
    struct process process;
    pid_t session;
    int i;

    if (process_read(pid, &process, &session) < 0) {
        return errno != ESRCH;
    }
    for (i = 0; i < count && !leads(&leaders[i], session); i++) {
    }
    /* No process of the session is older than its leader. */
    if (i == count || process.start < leaders[i].start) {
        return 0;
    }
    if (signal_number) {
        process_signal(&process, signal_number);
    }
    return 1;
}

int process_signal_sessions(const struct process *leaders, int count, int signal_number)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    int found = 0;

    if (!proc) {
        return 1;
    }
    while (errno = 0, (entry = readdir(proc))) {
        if (isdigit((unsigned char)entry->d_name[0])) {
            found += signal_member(
                leaders, count, (pid_t)strtol(entry->d_name, NULL, 10), signal_number);
        }
    }
    found += errno != 0;
    closedir(proc);
    return found;
}
