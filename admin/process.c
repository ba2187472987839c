#include "process.h"

#include "text.h"

#include <ctype.h>
#include <dirent.h>
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

int process_read(pid_t pid, struct process *out, pid_t *session)
{
    char path[40];
    char text[2000];
    const char *fields, *start;
    ssize_t len;
    int fd;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = 0;
    fields = strrchr(text, ')');
    start = fields && fields[1] ? find_field(fields + 2, FIELD_START) : NULL;
    if (!start || fields[2] == 'Z' || fields[2] == 'X') {
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

    return process->pid > FIRST_PROCESS &&
           process_read(process->pid, &now, &session) == 0 &&
           now.start == process->start;
}

void process_signal(const struct process *process, int signal_number)
{
    int fd = process->pid > FIRST_PROCESS ? pidfd_open(process->pid, 0) : -1;

    if (fd < 0) {
        return;
    }
    /* The descriptor holds on to the process: what is checked now is what is hit. */
    if (process_is_alive(process)) {
        pidfd_send_signal(fd, signal_number, NULL, 0);
    }
    close(fd);
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

int process_signal_sessions(const struct process *leaders, int count, int signal_number)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    struct process process;
    pid_t session;
    int found = 0;
    int i;

    while (proc && (entry = readdir(proc))) {
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            process_read((pid_t)strtol(entry->d_name, NULL, 10), &process, &session) <
                0) {
            continue;
        }
        for (i = 0; i < count && !leads(&leaders[i], session); i++) {
        }
        /* No process of the session is older than its leader. */
        if (i < count && process.start >= leaders[i].start) {
            found++;
            if (signal_number) {
                process_signal(&process, signal_number);
            }
        }
    }
    if (proc) {
        closedir(proc);
    }
    return found;
}
