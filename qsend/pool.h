/* A pool: jobs that wait, and the workers (processes of one program) that do them.
 * Local mail has one pool, notices one, look-ups one, and each remote destination
 * its own. One worker is started first, more only as jobs pile up; each is fed a
 * window of jobs ahead; an idle one is closed after a while. Workers that die or talk
 * nonsense cost a growing pause before the next start, and what they had in hand is
 * done again: one job at a time, so that a job which kills workers is found and put
 * off. */
#ifndef QSEND_POOL_H
#define QSEND_POOL_H

#include "job.h"
#include "loop.h"
#include "packet.h"

struct scheduler;
struct pool;

/* The spawners' sockets lie at SPAWNER_FD + spawner. */
#define SPAWNER_FD 4
enum spawner {
    SPAWNER_LOCAL,
    SPAWNER_REMOTE,
    SPAWNER_LOOKUP,
    SPAWNER_NOTIFY,
    SPAWNER_COUNT
};

struct worker {
    struct worker *next;
    struct pool *pool;
    struct loop_watch watch;
    struct job_list jobs; /* sent and not answered, oldest first */
    clock_ms started, idle_since;
    unsigned char has_answered; /* of its work; not of its session alone */
    unsigned char has_session;  /* qremote: the server has answered */
    unsigned char is_silent;    /* among sessions.silent */
    unsigned char is_full;      /* its socket took no more */
    unsigned char is_finished;  /* gets no more jobs */
    unsigned char is_outdated;  /* the same, and is closed once it has none in hand */
    unsigned char is_expelled;  /* has talked nonsense, and is about to be closed */
    char tls[40]; /* how its session is protected, for the log; empty: unknown */
    struct tls_session *tls_session; /* tls_sessions.h's; or NULL */
};

struct pool_rules {
    enum spawner spawner;
    const char *program;
    /* Writes JOB's packet into PACKET (empty) and sets *FD to a descriptor that
     * goes along and is closed then, or -1. 0; -1: it can't be done now. */
    int (*write_job)(struct pool *pool, struct job *job, struct packet *packet,
                     int *fd);
    /* A packet came: its first field is VERB, the rest is still to be read. */
    void (*on_packet)(struct worker *worker, const char *verb, struct packet *packet);
    /* The job failed for now (TEXT says why); must free it. */
    void (*on_failed)(struct pool *pool, struct job *job, const char *text);
    /* These may be NULL. on_sent is told of a job that a worker was given;
     * write_greeting writes a new worker's first packet;
     * may_start is asked before a worker is started; on_close told before one is
     * closed, on_end after one has gone;
     * is_wanted: idle workers are to make room for another pool's. */
    void (*on_sent)(struct worker *worker, const struct job *job);
    void (*write_greeting)(struct pool *pool, struct packet *packet);
    int (*may_start)(struct pool *pool);
    void (*on_close)(struct worker *worker);
    void (*on_end)(struct pool *pool);
    int (*is_wanted)(const struct pool *pool);
};

struct pool {
    struct scheduler *scheduler;
    const struct pool_rules *rules;
    void *owner; /* of whoever made it */
    struct job_list waiting;
    struct worker *workers;
    size_t worker_count;
    size_t worker_limit;      /* most workers */
    size_t jobs_per_worker;   /* waiting jobs that call for another worker */
    size_t window;            /* jobs ahead for each worker */
    clock_ms linger;          /* milliseconds that an idle worker is kept */
    clock_ms interval;        /* least milliseconds from job to job; 0: none */
    clock_ms send_after;      /* the next job may go */
    clock_ms start_after;     /* the next worker may be started */
    size_t careful;           /* jobs still to be done one at a time */
    unsigned failures;        /* workers in a row that died without an answer, or
                                 talked nonsense */
    unsigned char has_blamed; /* the last of them over one job, which has failed */
    struct loop_timer timer;
};

/* Sets POOL up without workers; limits are the caller's to set. */
void pool_open(struct pool *pool, struct scheduler *scheduler,
               const struct pool_rules *rules);
/* POOL must have no jobs and no workers. */
void pool_close(struct pool *pool);
void pool_add(struct pool *pool, struct job *job);
/* Adds one recipient, to the last job that waits where it fits, else as a new job,
 * which holds a reference to MESSAGE. */
void pool_add_recipient(struct pool *pool, enum job_verb verb, struct message *message,
                        size_t index, size_t bytes);
/* Has the pool look at its jobs and workers in this turn of the loop. */
void pool_wake(struct pool *pool);
/* Fails all jobs that wait. */
void pool_fail_waiting(struct pool *pool, const char *text);
/* The job is over: forgets it (JOB is freed) after its result. */
void pool_job_done(struct worker *worker, struct job *job);
/* For workers that have said their last: puts their jobs back, feeds them no more. */
void pool_worker_finished(struct worker *worker);
/* The worker has gone, or is expelled: counts it, puts its jobs back, and frees it. */
void pool_worker_gone(struct worker *worker);
/* What waits, and what comes, is for workers that are started from now on: those that
 * run have read what has changed since. */
void pool_renew_workers(struct pool *pool);
/* Closes one idle worker; 1 where there was one. */
int pool_close_idle(struct pool *pool);

#endif
