#include "sessions.h"

#include "destination.h"
#include "scheduler.h"

#define PATIENCE_MS 100

static size_t get_limit(const struct scheduler *scheduler, enum session_class class)
{
    size_t limit = (size_t)scheduler->settings.concurrency_remote;

    return class == SESSION_SURE ? limit : (limit + 1) / 2;
}

/* Sessions that may still be started for CLASS. */
static size_t count_free(const struct scheduler *scheduler, enum session_class class)
{
    size_t all = get_limit(scheduler, SESSION_SURE);
    size_t used = scheduler->worker_count[SPAWNER_REMOTE] -
                  scheduler->destinations.sessions.silent;
    size_t left = used < all ? all - used : 0;
    size_t part = get_limit(scheduler, class);
    size_t doubted = scheduler->destinations.sessions.doubted;

    if (class == SESSION_DOUBTED) {
        part = doubted < part ? part - doubted : 0;
        left = part < left ? part : left;
    }
    return left;
}

/* 1 where only the number of all sessions keeps CLASS from another one. */
static int may_have_more(const struct scheduler *scheduler, enum session_class class)
{
    return class == SESSION_SURE ||
           scheduler->destinations.sessions.doubted < get_limit(scheduler, class);
}

static enum session_class get_class(const struct destination *destination)
{
    return destination->has_new_mail || destination_is_trusted(destination)
               ? SESSION_SURE
               : SESSION_DOUBTED;
}

static int may_be_passed_over(const struct scheduler *scheduler)
{
    return scheduler->destinations.sessions.silent <
           (size_t)scheduler->settings.concurrency_silent;
}

/* Counts those no more that have been silent for long enough. */
static void pass_over_silent(struct destination *destination)
{
    const struct scheduler *scheduler = destination->pool.scheduler;
    struct sessions *sessions = &destination->pool.scheduler->destinations.sessions;
    clock_ms now = clock_monotonic();
    struct worker *worker;

    for (worker = destination->pool.workers; worker; worker = worker->next) {
        if (may_be_passed_over(scheduler) && !worker->has_session &&
            !worker->is_silent && !worker->is_finished &&
            now - worker->started >= PATIENCE_MS) {
            worker->is_silent = 1;
            sessions->silent++;
        }
    }
}

static void set_patience(struct scheduler *scheduler)
{
    struct sessions *sessions = &scheduler->destinations.sessions;

    if (!sessions->is_patient) {
        sessions->is_patient = 1;
        loop_timer_set(&scheduler->loop, &sessions->patience,
                       clock_monotonic() + PATIENCE_MS / 2);
    }
}

static int has_line(const struct sessions *sessions)
{
    return sessions->lines[SESSION_SURE].first ||
           sessions->lines[SESSION_DOUBTED].first;
}

static void lose_patience(void *data)
{
    struct scheduler *scheduler = data;
    struct sessions *sessions = &scheduler->destinations.sessions;

    sessions->is_patient = 0;
    destination_each(scheduler, pass_over_silent);
    session_offer(scheduler);
    if (has_line(sessions) && may_be_passed_over(scheduler)) {
        set_patience(scheduler);
    }
}

void session_init(struct scheduler *scheduler)
{
    struct sessions *sessions = &scheduler->destinations.sessions;

    sessions->patience.on_due = lose_patience;
    sessions->patience.data = scheduler;
}

static void count_again(struct worker *worker)
{
    if (worker->is_silent) {
        worker->is_silent = 0;
        worker->pool->scheduler->destinations.sessions.silent--;
    }
}

void session_opened(struct worker *worker)
{
    worker->has_session = 1;
    count_again(worker);
}

void session_closed(struct worker *worker)
{
    count_again(worker);
}

static void stand_in_line(struct session_line *line, struct destination *destination,
                          enum session_class class)
{
    set_patience(destination->pool.scheduler);
    if (destination->is_in_line[class]) {
        return;
    }
    destination->is_in_line[class] = 1;
    destination->next_in_line[class] = NULL;
    *(line->last ? &line->last->next_in_line[class] : &line->first) = destination;
    line->last = destination;
}

static void call_next(struct session_line *line, enum session_class class)
{
    struct destination *destination = line->first;

    line->first = destination->next_in_line[class];
    line->last = line->first ? line->last : NULL;
    destination->is_in_line[class] = 0;
    destination->is_called = 1;
    pool_wake(&destination->pool);
}

void session_offer(struct scheduler *scheduler)
{
    struct sessions *sessions = &scheduler->destinations.sessions;
    size_t left = count_free(scheduler, SESSION_SURE);
    size_t doubted = count_free(scheduler, SESSION_DOUBTED);

    while (left > 0 && sessions->lines[SESSION_SURE].first) {
        call_next(&sessions->lines[SESSION_SURE], SESSION_SURE);
        left--;
    }
    while (left > 0 && doubted > 0 && sessions->lines[SESSION_DOUBTED].first) {
        call_next(&sessions->lines[SESSION_DOUBTED], SESSION_DOUBTED);
        left--;
        doubted--;
    }
}

static int start(struct sessions *sessions, struct destination *destination,
                 enum session_class class)
{
    if (class == SESSION_DOUBTED && !destination->is_counted) {
        destination->is_counted = 1;
        sessions->doubted++;
    }
    return 1;
}

int session_may_start(struct pool *pool)
{
    struct scheduler *scheduler = pool->scheduler;
    struct sessions *sessions = &scheduler->destinations.sessions;
    struct destination *destination = pool->owner;
    enum session_class class = get_class(destination);
    int is_called = destination->is_called;

    destination->is_called = 0;
    if (is_called || !sessions->lines[class].first) {
        if (count_free(scheduler, class) > 0) {
            return start(sessions, destination, class);
        }
        if (may_have_more(scheduler, class) &&
            destination_close_idle(&scheduler->destinations)) {
            return start(sessions, destination, class);
        }
    }
    stand_in_line(&sessions->lines[class], destination, class);
    return 0;
}

void session_recount(struct destination *destination)
{
    if (destination->is_counted && destination->pool.worker_count == 0) {
        session_answered(destination);
    }
}

void session_answered(struct destination *destination)
{
    if (destination->is_counted) {
        destination->is_counted = 0;
        destination->pool.scheduler->destinations.sessions.doubted--;
    }
}

void session_ended(struct pool *pool)
{
    session_recount(pool->owner);
    session_offer(pool->scheduler);
    if (has_line(&pool->scheduler->destinations.sessions)) {
        set_patience(pool->scheduler); /* another silent one may take its place */
    }
}

int session_is_wanted(const struct pool *pool)
{
    const struct scheduler *scheduler = pool->scheduler;
    const struct sessions *sessions = &scheduler->destinations.sessions;

    return sessions->lines[SESSION_SURE].first ||
           (sessions->lines[SESSION_DOUBTED].first &&
            may_have_more(scheduler, SESSION_DOUBTED));
}
