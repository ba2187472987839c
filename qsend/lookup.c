#include "lookup.h"

#include "attempt.h"
#include "route.h"
#include "scheduler.h"
#include "text.h"
#include "tls_policy.h"
#include "worker.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION_WORKERS 10 /* of each pool */
#define QUESTION_LINGER_MS 10000
#define TTL_MAX 86400
/* A failure of the DNS is not asked anew for every message. */
#define TTL_MIN_FAILURE 5
#define HOSTS_MAX 200

static void clear_answer(struct lookup *lookup)
{
    size_t i;

    for (i = 0; i < lookup->host_count; i++) {
        free(lookup->hosts[i].name);
        free(lookup->hosts[i].ip);
        free(lookup->hosts[i].dane);
    }
    free(lookup->hosts);
    free(lookup->enhanced);
    free(lookup->text);
    free(lookup->reports);
    lookup->hosts = NULL;
    lookup->host_count = 0;
    lookup->enhanced = NULL;
    lookup->text = NULL;
    lookup->reports = NULL;
    lookup->good_until = 0;
}

static void unlink_use(struct lookups *lookups, struct lookup *lookup)
{
    *(lookup->older ? &lookup->older->newer : &lookups->oldest) = lookup->newer;
    *(lookup->newer ? &lookup->newer->older : &lookups->newest) = lookup->older;
    lookups->count--;
}

static void link_newest(struct lookups *lookups, struct lookup *lookup)
{
    lookup->newer = NULL;
    lookup->older = lookups->newest;
    *(lookups->newest ? &lookups->newest->newer : &lookups->oldest) = lookup;
    lookups->newest = lookup;
    lookups->count++;
}

static void remove_lookup(struct lookups *lookups, struct lookup *lookup)
{
    struct lookup **at = &lookups->buckets[hash_string(lookup->key)];

    while (*at != lookup) {
        at = &(*at)->next;
    }
    *at = lookup->next;
    unlink_use(lookups, lookup);
    clear_answer(lookup);
    free(lookup->key);
    free(lookup);
}

/* Those that are being asked are not among them; they are bounded by the recipients in
 * memory. */
static void remove_oldest(struct lookups *lookups, size_t keep)
{
    while (lookups->count > keep) {
        /* unlink_use moves "oldest" on, which the analyzer does not see. */
        remove_lookup(lookups, lookups->oldest); // NOLINT(clang-analyzer-unix.Malloc)
    }
}

static struct lookup *find(struct lookups *lookups, const char *key)
{
    struct lookup *lookup = lookups->buckets[hash_string(key)];

    while (lookup && strcmp(lookup->key, key) != 0) {
        lookup = lookup->next;
    }
    return lookup;
}

static struct lookup *add(struct lookups *lookups, const char *key)
{
    struct lookup **bucket = &lookups->buckets[hash_string(key)];
    struct lookup *lookup = memory_get(sizeof *lookup);

    memset(lookup, 0, sizeof *lookup);
    lookup->key = memory_copy_string(key);
    lookup->next = *bucket;
    *bucket = lookup;
    return lookup;
}

/* A question for old mail that is still unasked, and new mail waits for it too. */
static void hurry(struct scheduler *scheduler, struct lookup *lookup)
{
    struct pool *pool = &scheduler->questions[QUESTION_OLD];
    struct job *job = pool->waiting.first;

    lookup->pool = QUESTION_NEW;
    while (job && job->lookup != lookup) {
        job = job->next;
    }
    if (job) {
        job_list_remove(&pool->waiting, job);
        pool_add(&scheduler->questions[QUESTION_NEW], job);
    }
}

static void ask(struct scheduler *scheduler, struct lookup *lookup,
                enum question_pool pool)
{
    if (lookup->good_until != 0) { /* its answer has grown old */
        unlink_use(&scheduler->lookups, lookup);
        clear_answer(lookup);
    }
    lookup->pool = pool;
    pool_add(&scheduler->questions[pool], job_new(JOB_LOOKUP, NULL, lookup));
}

static void add_waiter(struct scheduler *scheduler, struct lookup *lookup,
                       const struct lookup_waiter *waiter)
{
    enum question_pool pool = waiter->message->is_old ? QUESTION_OLD : QUESTION_NEW;
    struct lookup_waiter *copy = memory_get(sizeof *copy);

    *copy = *waiter;
    copy->next = NULL;
    copy->policy = memory_copy_string(waiter->policy);
    copy->auth = memory_copy_string(waiter->auth);
    copy->message->references++;
    if (lookup->last_waiter) {
        lookup->last_waiter->next = copy;
        if (pool == QUESTION_NEW && lookup->pool == QUESTION_OLD) {
            hurry(scheduler, lookup);
        }
    } else {
        lookup->first_waiter = copy;
        ask(scheduler, lookup, pool);
    }
    lookup->last_waiter = copy;
}

/* What the DNS says of TLS with the host counts at one level alone. */
static int wants_dane(const struct lookup_waiter *waiter)
{
    struct tls_policy policy;

    return tls_policy_parse_demand(waiter->policy, &policy) == 0 &&
           policy.level == TLS_DANE;
}

void lookup_ask(struct scheduler *scheduler, const char *verb, const char *name,
                const struct lookup_waiter *waiter)
{
    struct lookups *lookups = &scheduler->lookups;
    stralloc key = STRALLOC_ZERO;
    struct lookup *lookup;

    text_add_format(&key, "%s %s", verb, name);
    if (wants_dane(waiter)) {
        text_add_format(&key, " %u", waiter->port);
    }
    lookup = find(lookups, text_string(&key));
    if (lookup && lookup->good_until > clock_monotonic()) {
        unlink_use(lookups, lookup);
        link_newest(lookups, lookup);
        route_found(scheduler, lookup, waiter);
    } else if (!parking_take(scheduler, waiter->message)) {
        add_waiter(scheduler, lookup ? lookup : add(lookups, key.s), waiter);
    }
    text_free(&key);
}

/* All who wait for LOOKUP go on with its answer. */
static void tell_waiters(struct scheduler *scheduler, struct lookup *lookup)
{
    struct lookup_waiter *waiter = lookup->first_waiter;

    lookup->first_waiter = NULL;
    lookup->last_waiter = NULL;
    while (waiter) {
        struct lookup_waiter *next = waiter->next;
        route_found(scheduler, lookup, waiter);
        attempt_release(scheduler, waiter->message);
        free(waiter->policy);
        free(waiter->auth);
        free(waiter);
        waiter = next;
    }
}

static void set_answer(struct scheduler *scheduler, struct lookup *lookup, char status,
                       const char *const parts[2], long long ttl)
{
    if (status == 'K' && lookup->host_count == 0) {
        status = 'Z';
    }
    if (status == 'Z' && ttl < TTL_MIN_FAILURE) {
        ttl = TTL_MIN_FAILURE;
    }
    if (lookup->is_outdated) {
        lookup->is_outdated = 0;
        ttl = 0;
    }
    lookup->status = status;
    lookup->enhanced = memory_copy_string(parts[0]);
    lookup->text = memory_copy_string(parts[1]);
    /* Never 0, even where the clock begins there. */
    lookup->good_until = clock_monotonic() + ttl * 1000 + 1;
    link_newest(&scheduler->lookups, lookup);
    tell_waiters(scheduler, lookup);
    remove_oldest(&scheduler->lookups, LOOKUPS_MAX);
}

static int write_job(struct pool *pool, struct job *job, struct packet *packet, int *fd)
{
    char *key = memory_copy_string(job->lookup->key);
    char *rest = key;

    (void)pool;
    (void)fd;
    packet_add(packet, strsep(&rest, " "));
    packet_add_number(packet, job->number);
    while (rest) { /* the name, and the port */
        packet_add(packet, strsep(&rest, " "));
    }
    free(key);
    return 0;
}

/* The addresses that follow in the packet: PREFERENCE NAME IP DANE each. */
static void read_hosts(struct lookup *lookup, struct packet *packet)
{
    long long last = -1;
    unsigned rank = 0;

    lookup->hosts = memory_get(HOSTS_MAX * sizeof *lookup->hosts);
    while (lookup->host_count < HOSTS_MAX) {
        long long preference = packet_next_number(packet, INT_MAX);
        const char *name = packet_next(packet);
        const char *ip = packet_next(packet);
        const char *dane = packet_next(packet);
        if (preference < 0 || !name || !ip || !dane) {
            break;
        }
        rank += lookup->host_count > 0 && preference != last;
        last = preference;
        lookup->hosts[lookup->host_count].rank = rank;
        lookup->hosts[lookup->host_count].name = memory_copy_string(name);
        lookup->hosts[lookup->host_count].ip = memory_copy_string(ip);
        lookup->hosts[lookup->host_count].dane = memory_copy_string(dane);
        lookup->host_count++;
    }
    lookup->hosts =
        memory_resize(lookup->hosts, (lookup->host_count + 1) * sizeof *lookup->hosts);
}

/* mx NUMBER STATUS ENHANCED TEXT TTL REPORTS and the addresses. */
static void on_packet(struct worker *worker, const char *verb, struct packet *packet)
{
    struct scheduler *scheduler = worker->pool->scheduler;
    struct job *job =
        job_list_find(&worker->jobs, packet_next_number(packet, LLONG_MAX));
    const char *status = packet_next(packet);
    const char *parts[2] = {packet_next(packet), packet_next(packet)};
    long long ttl = packet_next_number(packet, INT_MAX);
    const char *reports = packet_next(packet);
    struct lookup *lookup;

    if (strcmp(verb, "mx") != 0 || !job || !status || !strchr("KZD", *status) ||
        !parts[0] || !parts[1]) {
        worker_expel(worker);
        return;
    }
    lookup = job->lookup;
    pool_job_done(worker, job);
    lookup->reports = memory_copy_string(reports ? reports : "");
    read_hosts(lookup, packet);
    ttl = ttl > TTL_MAX ? TTL_MAX : ttl;
    set_answer(scheduler, lookup, *status ? *status : 'Z', parts, ttl > 0 ? ttl : 0);
}

static void on_failed(struct pool *pool, struct job *job, const char *text)
{
    struct lookup *lookup = job->lookup;
    const char *const parts[2] = {"4.4.3", text};

    job_free(job);
    set_answer(pool->scheduler, lookup, 'Z', parts, 0);
}

static const struct pool_rules question_rules = {
    .spawner = SPAWNER_LOOKUP,
    .program = "qmx",
    .write_job = write_job,
    .on_packet = on_packet,
    .on_failed = on_failed,
};

void lookup_open(struct scheduler *scheduler)
{
    int i;

    for (i = 0; i < QUESTION_POOLS; i++) {
        struct pool *pool = &scheduler->questions[i];
        pool_open(pool, scheduler, &question_rules);
        pool->worker_limit = QUESTION_WORKERS;
        pool->jobs_per_worker = 1;
        pool->window = 1;
        pool->linger = QUESTION_LINGER_MS;
    }
}

void lookup_flush(struct scheduler *scheduler)
{
    remove_oldest(&scheduler->lookups, 0);
}

/* Those that a worker has in hand. */
static void mark_outdated(const struct pool *pool)
{
    const struct worker *worker;
    const struct job *job;

    for (worker = pool->workers; worker; worker = worker->next) {
        for (job = worker->jobs.first; job; job = job->next) {
            job->lookup->is_outdated = 1;
        }
    }
}

void lookup_renew(struct scheduler *scheduler)
{
    int i;

    for (i = 0; i < QUESTION_POOLS; i++) {
        mark_outdated(&scheduler->questions[i]);
        pool_renew_workers(&scheduler->questions[i]);
    }
    lookup_flush(scheduler);
}
