/* Processes that an earlier pombo started: known by their pid and the time of their
 * start, so that a pid that went to somebody else is never taken for them. */
#ifndef ADMIN_PROCESS_H
#define ADMIN_PROCESS_H

#include <sys/types.h>

struct process {
    pid_t pid;
    unsigned long long start; /* ticks since the machine's start, of /proc/PID/stat */
};

/* Reads a short file of /proc, and ends it with a zero. Its length; -1 with errno. */
ssize_t process_read_file(const char *path, char *out, size_t size);
/* Reads PID's start, session and whether it still runs (a zombie does not). 0, or -1
 * with errno: ESRCH where there is no such process, another where that can't be told.
 */
int process_read(pid_t pid, struct process *out, pid_t *session);
/* 1 where it runs, or may. */
int process_is_alive(const struct process *process);
/* Sends a signal if it is still the same process. 0, also where it is gone; -1 with
 * errno where that can't be told or done. */
int process_signal(const struct process *process, int signal_number);
/* Sends a signal to all processes of the sessions that the COUNT processes lead, the
 * leaders too. Returns how many there were, each of which that can't be told counted as
 * one: 0 is sure. Signal 0 only counts. */
int process_signal_sessions(const struct process *leaders, int count,
                            int signal_number);

#endif
