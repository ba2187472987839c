/* One job of qnotify: what to tell or to forward of one message in the queue. */
#ifndef QSEND_NOTIFY_JOB_H
#define QSEND_NOTIFY_JOB_H

#include "packet.h"
#include "queuefile.h"
#include "tables.h"

enum notify_kind { NOTIFY_BOUNCE, NOTIFY_WARNING, NOTIFY_REPORT, NOTIFY_FORWARD };

struct notify_recipient {
    size_t index;                          /* in the queue file */
    char *action, *enhanced, *host, *text; /* empty for a forward */
    char status;                           /* the result: K, Z or D */
    char *derived;       /* name of the file that was queued for it, or NULL */
    char *code, *reason; /* of the result */
};

struct notify_job {
    long long number;
    char *name; /* the message's */
    enum notify_kind kind;
    int fd; /* the queue file, read and write */
    struct queue_file file;
    struct notify_recipient *recipients;
    size_t count;
};

/* Takes a packet apart; JOB is overwritten and FD is its own from now on. 0, or -1
 * where it is none (FD is closed then). */
int notify_job_parse(struct notify_job *job, struct packet *packet, int fd);
void notify_job_free(struct notify_job *job);
/* Sets one recipient's result. */
void notify_job_result(struct notify_recipient *recipient, char status,
                       const char *code, const char *reason);
/* Sets all of them. */
void notify_job_result_all(struct notify_job *job, char status, const char *code,
                           const char *reason);
/* Sets all of them where the message can't be read, or is not what was queued. */
void notify_job_unreadable(struct notify_job *job, int is_damaged);
/* Sends the results on fd 0, in as many packets as it takes. 0, or -1 with errno. */
int notify_job_answer(const struct notify_job *job, struct packet *packet);

#endif
