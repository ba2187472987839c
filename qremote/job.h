/* One job of qremote: a message and some of its recipients. */
#ifndef QREMOTE_JOB_H
#define QREMOTE_JOB_H

#include "content.h"
#include "packet.h"
#include "queuefile.h"
#include "reply.h"

struct job_recipient {
    size_t index;    /* in the queue file */
    int is_answered; /* its result was sent to qsend */
    char status;     /* 0: none yet; K, R, Z or D */
    char enhanced[12];
    char *text;
    const char *host; /* who said TEXT; NULL: we ourselves */
};

struct job {
    long long number; /* qsend's */
    char *name;       /* the message's, for the log */
    int fd;           /* the queue file */
    struct queue_file file;
    struct content content; /* of the message; found by suitable_check */
    struct job_recipient *recipients;
    size_t count;
};

/* Takes a packet "job", whose verb is read already, apart; JOB is overwritten and FD
 * its own from now on. 0, or -1 where the packet is none (FD is closed then). */
int job_parse(struct job *job, struct packet *packet, int fd);
void job_free(struct job *job);
/* Sets the result of one recipient, or of all that have none. TEXT is copied. */
void job_set(struct job_recipient *recipient, char status, const char *enhanced,
             const char *text);
/* The same, as HOST (which must outlive the job) said it. */
void job_set_reply(struct job_recipient *recipient, char status, const char *host,
                   const struct reply *reply);
void job_set_rest(struct job *job, char status, const char *enhanced, const char *text);
/* The same where the queue file can't be read, or is not what was queued. */
void job_set_unreadable(struct job *job, int is_damaged);
/* Sends the results that were not sent yet to qsend. 0, or -1 where qsend is gone. */
int job_answer(struct job *job);

#endif
