/* A job is what one worker is asked in one packet: recipients of one message, or
 * a question about a domain. Lists of jobs keep their order. */
#ifndef QSEND_JOB_H
#define QSEND_JOB_H

#include <stddef.h>
#include <stdint.h>

struct message;
struct lookup;

enum job_verb {
    JOB_LOCAL,
    JOB_REMOTE,
    JOB_FORWARD,
    JOB_BOUNCE,
    JOB_DELAY,
    JOB_SUCCESS,
    JOB_LOOKUP
};

struct job {
    struct job *next;
    long long number; /* set when it is sent */
    enum job_verb verb;
    unsigned lost;           /* times that a worker died over it */
    struct message *message; /* NULL for JOB_LOOKUP */
    struct lookup *lookup;   /* NULL for all others */
    size_t bytes;            /* that its recipients take in the packet */
    uint32_t *indexes;       /* recipients; [0 .. answered) have their result */
    size_t count, room, answered;
};

struct job_list {
    struct job *first, *last;
    size_t count;
};

struct job *job_new(enum job_verb verb, struct message *message, struct lookup *lookup);
void job_free(struct job *job);
/* Adds a recipient that takes BYTES in the packet. */
void job_add_recipient(struct job *job, uint32_t index, size_t bytes);
/* 1 where a recipient of MESSAGE may join: same verb and message, the packet would
 * not grow too large, and the verb allows more than one. */
int job_has_room(const struct job *job, enum job_verb verb,
                 const struct message *message, size_t bytes);
/* Moves recipient INDEX among the answered. 0, or -1 where the job has no such one
 * without an answer. */
int job_answer(struct job *job, uint32_t index);

void job_list_add(struct job_list *list, struct job *job);
void job_list_add_first(struct job_list *list, struct job *job);
struct job *job_list_take(struct job_list *list); /* NULL where it is empty */
struct job *job_list_find(const struct job_list *list, long long number);
void job_list_remove(struct job_list *list, struct job *job);
/* Moves all of FROM before those of LIST. */
void job_list_put_back(struct job_list *list, struct job_list *from);

#endif
