#include "pool.h"

#include "attempt.h"
#include "log.h"
#include "scheduler.h"
#include "worker.h"

#include <stdlib.h>
#include <string.h>

/* A job over which so many workers died or were expelled, each with nothing else in
 * hand, fails. */
#define JOB_LOST_MAX 2
/* So many such in a row, or that died without an answer, fail all that waits. */
#define POOL_FAILURES_MAX 3
#define PAUSE_MS 1000
#define PAUSE_MAX_MS 60000

static void run(void *data);

void pool_open(struct pool *pool, struct scheduler *scheduler,
               const struct pool_rules *rules)
{
    memset(pool, 0, sizeof *pool);
    pool->scheduler = scheduler;
    pool->rules = rules;
    pool->timer.on_due = run;
    pool->timer.data = pool;
}

void pool_close(struct pool *pool)
{
    loop_timer_clear(&pool->scheduler->loop, &pool->timer);
}

void pool_wake(struct pool *pool)
{
    loop_timer_set(&pool->scheduler->loop, &pool->timer, 0);
}

void pool_add(struct pool *pool, struct job *job)
{
    job_list_add(&pool->waiting, job);
    pool_wake(pool);
}

void pool_add_recipient(struct pool *pool, enum job_verb verb, struct message *message,
                        size_t index, size_t bytes)
{
    struct job *job = pool->waiting.last;

    if (!job || !job_has_room(job, verb, message, bytes)) {
        job = job_new(verb, message, NULL);
        message->references++;
        pool_add(pool, job);
    }
    job_add_recipient(job, (uint32_t)index, bytes);
}

void pool_fail_waiting(struct pool *pool, const char *text)
{
    struct job_list failed = pool->waiting;
    struct job *job;

    memset(&pool->waiting, 0, sizeof pool->waiting);
    while ((job = job_list_take(&failed))) {
        pool->rules->on_failed(pool, job, text);
    }
}

static size_t get_window(const struct pool *pool)
{
    return pool->careful > 0 ? 1 : pool->window;
}

/* The least busy worker that may get a job. */
static struct worker *choose_worker(const struct pool *pool)
{
    struct worker *best = NULL;
    struct worker *worker;

    for (worker = pool->workers; worker; worker = worker->next) {
        if (worker->is_full || worker->is_finished || worker->is_outdated ||
            worker->jobs.count >= get_window(pool)) {
            continue;
        }
        if (!best || worker->jobs.count < best->jobs.count) {
            best = worker;
        }
    }
    return best;
}

/* Sends the first job that waits. 1; 0 where no more can be sent for now. */
static int send_one(struct pool *pool, clock_ms now)
{
    struct worker *worker = choose_worker(pool);
    struct job *job;

    if (!worker) {
        return 0;
    }
    job = job_list_take(&pool->waiting);
    switch (worker_send(worker, job)) {
    case WORKER_OK:
        break;
    case WORKER_FAILED:
        pool->rules->on_failed(pool, job, "the message can't be read");
        return 1;
    case WORKER_BUSY:
        pool->send_after = now + PAUSE_MS;
        /* fall through */
    case WORKER_FULL:
        job_list_add_first(&pool->waiting, job);
        return 1;
    }
    if (pool->interval > 0) {
        pool->send_after =
            (pool->send_after > now ? pool->send_after : now) + pool->interval;
    }
    return 1;
}

static void feed(struct pool *pool, clock_ms now)
{
    while (pool->waiting.first && pool->send_after <= now && send_one(pool, now)) {
    }
}

static size_t count_wanted(const struct pool *pool)
{
    size_t wanted = 1 + pool->waiting.count / pool->jobs_per_worker;

    if (pool->careful > 0 || pool->failures > 0) {
        return 1;
    }
    return wanted < pool->worker_limit ? wanted : pool->worker_limit;
}

/* 1 where one was started. */
static int start_one(struct pool *pool, clock_ms now)
{
    if (!pool->waiting.first || pool->worker_count >= count_wanted(pool) ||
        pool->start_after > now || pool->send_after > now ||
        pool->scheduler->is_stopping ||
        (pool->rules->may_start && !pool->rules->may_start(pool))) {
        return 0;
    }
    if (!worker_start(pool)) {
        pool->start_after = now + PAUSE_MS;
        return 0;
    }
    return 1;
}

static int is_idle(const struct worker *worker)
{
    return worker->jobs.count == 0 && !worker->is_finished;
}

static void close_lingering(struct pool *pool, clock_ms now)
{
    int is_wanted = pool->scheduler->is_stopping ||
                    (pool->rules->is_wanted && pool->rules->is_wanted(pool));
    struct worker *next;
    struct worker *worker;

    for (worker = pool->workers; worker; worker = next) {
        next = worker->next;
        if (is_idle(worker) && (is_wanted || worker->is_outdated ||
                                worker->idle_since + pool->linger <= now)) {
            worker_close(worker);
            if (pool->rules->on_end) {
                pool->rules->on_end(pool);
            }
        }
    }
}

static void set_timer(struct pool *pool, clock_ms now)
{
    struct worker *worker;
    clock_ms due = CLOCK_NEVER;

    for (worker = pool->workers; worker; worker = worker->next) {
        if (is_idle(worker)) {
            due = clock_sooner(due, worker->idle_since + pool->linger);
        }
    }
    if (pool->waiting.first && pool->start_after > now) {
        due = clock_sooner(due, pool->start_after);
    }
    if (pool->waiting.first && pool->send_after > now) {
        due = clock_sooner(due, pool->send_after);
    }
    if (due != CLOCK_NEVER) {
        loop_timer_set(&pool->scheduler->loop, &pool->timer, due);
    }
}

static void run(void *data)
{
    struct pool *pool = data;
    clock_ms now = clock_monotonic();

    if (!pool->scheduler->is_stopping) {
        do {
            feed(pool, now);
        } while (start_one(pool, now));
    }
    close_lingering(pool, now);
    set_timer(pool, now);
}

void pool_job_done(struct worker *worker, struct job *job)
{
    struct pool *pool = worker->pool;

    job_list_remove(&worker->jobs, job);
    pool->scheduler->jobs_in_hand--;
    pool->careful -= pool->careful > 0;
    if (worker->jobs.count == 0) {
        worker->idle_since = clock_monotonic();
    }
    job_free(job);
}

void pool_worker_finished(struct worker *worker)
{
    worker->is_finished = 1;
    worker->pool->scheduler->jobs_in_hand -= worker->jobs.count;
    job_list_put_back(&worker->pool->waiting, &worker->jobs);
}

/* The first job over which they died may be at fault, not the program: the next one
 * shows which. */
static void blame(struct pool *pool)
{
    if (!pool->has_blamed) {
        pool->has_blamed = 1;
        pool->failures = POOL_FAILURES_MAX - JOB_LOST_MAX;
    }
}

/* Jobs that a dead worker had in hand: only where it was a single one is it known
 * which. */
static void put_back_jobs(struct worker *worker)
{
    struct pool *pool = worker->pool;
    struct job *job = worker->jobs.first;
    size_t count = worker->jobs.count;

    pool_worker_finished(worker);
    if (pool->careful < count) {
        pool->careful = count;
    }
    if (count == 1 && ++job->lost >= JOB_LOST_MAX) {
        job_list_remove(&pool->waiting, job);
        pool->careful--;
        blame(pool);
        pool->rules->on_failed(pool, job, "the delivery program ended unexpectedly");
    }
}

static void note_failure(struct pool *pool)
{
    clock_ms pause = PAUSE_MS << (pool->failures < 6 ? pool->failures : 6);

    pool->failures++;
    pool->start_after =
        clock_monotonic() + (pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
    log_event(LOG_LEVEL_WARNING, "worker-died", "program", pool->rules->program,
              (char *)0);
}

void pool_worker_gone(struct worker *worker)
{
    struct pool *pool = worker->pool;

    if (!worker->has_answered || worker->is_expelled) {
        note_failure(pool);
    }
    if (worker->jobs.count > 0) {
        put_back_jobs(worker);
    }
    worker_close(worker);
    if (pool->failures >= POOL_FAILURES_MAX) {
        pool_fail_waiting(pool, "the delivery program can't be run");
    }
    if (pool->rules->on_end) {
        pool->rules->on_end(pool);
    }
}

void pool_renew_workers(struct pool *pool)
{
    struct worker *worker;

    for (worker = pool->workers; worker; worker = worker->next) {
        worker->is_outdated = 1;
    }
    pool_wake(pool);
}

int pool_close_idle(struct pool *pool)
{
    struct worker *worker = pool->workers;

    while (worker && !is_idle(worker)) {
        worker = worker->next;
    }
    if (!worker) {
        return 0;
    }
    worker_close(worker);
    return 1;
}
