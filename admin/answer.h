/* Waiting until what was started answers. */
#ifndef ADMIN_ANSWER_H
#define ADMIN_ANSWER_H

#include "clock.h"
#include "process.h"

#include <skalibs/stralloc.h>

/* Waits for a file that qlisten writes when it listens. OUT becomes its text. 0, or -1:
 * the process ended or the deadline passed. */
int answer_wait_ready(const struct process *process, const char *path,
                      clock_ms deadline, stralloc *out);
/* Connects to ADDRESS ("127.0.0.1:25", "[::1]:25", "*:25") until the first line that
 * comes begins with GREETING; says QUIT. The same results. */
int answer_wait_greeting(const struct process *process, const char *address,
                         const char *greeting, clock_ms deadline);
/* Waits until the process holds the queue's lock. The same results. */
int answer_wait_lock(const struct process *process, clock_ms deadline);

#endif
