/* What `pombo up` started: run/state, one name=value a line. */
#ifndef ADMIN_STATE_H
#define ADMIN_STATE_H

#include "process.h"

#include <skalibs/stralloc.h>

enum service_kind {
    SERVICE_TLSC, /* these two before those that need them */
    SERVICE_STS,
    SERVICE_QSEND,
    SERVICE_TLS, /* not where there is no certificate */
    SERVICE_LOGIN,
    SERVICE_AUTH,
    SERVICE_QMQP,
    SERVICE_SMTP,
    SERVICE_SUBMISSION,
    SERVICE_POP3,
    SERVICE_SMTPS, /* these two where addresses are given */
    SERVICE_POP3S,
    SERVICE_COUNT
};
/* "tlsc", "sts", "qsend", "tls", "login", "auth", "qmqp", "smtp", "submission", "pop3",
 * "smtps", "pop3s". */
extern const char *const service_names[SERVICE_COUNT];

struct state {
    struct process services[SERVICE_COUNT]; /* pid 0: not started */
    stralloc addresses; /* lines such as smtp=ADDRESS, as status prints them */
};

/* Waits for run/.lock, which keeps other ups and downs away; the descriptor, or -1. */
int state_lock(void);
/* Reads run/state. 1 read, 0 there is none (or it is from before the machine's last
 * start), -1 with errno. */
int state_read(struct state *state);
/* Writes it anew, at once. 0, or -1 with errno. */
int state_write(const struct state *state);
/* Removes it. 0, or -1 with errno. */
int state_remove(void);
void state_free(struct state *state);
/* How many of the services were started. */
int state_count_started(const struct state *state);
/* How many of them run. */
int state_count_alive(const struct state *state);
/* Prints addresses and DIR to standard output, and the pids. */
void state_print(const struct state *state, int with_pids);

#endif
