#include "destination.h"
#include "scheduler.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define SWEEP_SECONDS 10
/* How long a back-off is remembered after its end, to double it. */
#define BACK_OFF_MEMORY_MS 3600000

static void free_destination(struct destination *destination)
{
    size_t i;

    pool_close(&destination->pool);
    tls_sessions_free(destination);
    for (i = 0; i < destination->host_count; i++) {
        free(destination->hosts[i].name);
        free(destination->hosts[i].ip);
        free(destination->hosts[i].dane);
    }
    free(destination->hosts);
    free(destination->policy);
    free(destination->auth);
    free(destination->trouble);
    free(destination->name);
    free(destination->key);
    free(destination);
}

static int is_needed(const struct destination *destination, clock_ms now)
{
    return destination->pool.waiting.first || destination->pool.worker_count > 0 ||
           destination->is_in_line[SESSION_SURE] ||
           destination->is_in_line[SESSION_DOUBTED] ||
           destination->pool.start_after > now ||
           (destination->back_off > 0 &&
            destination->back_off_end + BACK_OFF_MEMORY_MS > now);
}

static void sweep(void *data)
{
    struct scheduler *scheduler = data;
    struct destinations *destinations = &scheduler->destinations;
    clock_ms now = clock_monotonic();
    size_t i;

    for (i = 0; i < HASH_SIZE; i++) {
        struct destination **at = &destinations->buckets[i];
        while (*at) {
            struct destination *destination = *at;
            session_recount(destination);
            if (is_needed(destination, now)) {
                at = &destination->next;
            } else {
                *at = destination->next;
                destinations->count--;
                free_destination(destination);
            }
        }
    }
    session_offer(scheduler);
    loop_timer_set(&scheduler->loop, &destinations->sweep,
                   clock_deadline(SWEEP_SECONDS));
}

void destination_open(struct scheduler *scheduler)
{
    session_init(scheduler);
    scheduler->destinations.sweep.on_due = sweep;
    scheduler->destinations.sweep.data = scheduler;
    sweep(scheduler);
}

void destination_each(struct scheduler *scheduler,
                      void (*act)(struct destination *destination))
{
    struct destinations *destinations = &scheduler->destinations;
    struct destination *destination;
    size_t i;

    for (i = 0; i < HASH_SIZE; i++) {
        for (destination = destinations->buckets[i]; destination;
             destination = destination->next) {
            act(destination);
        }
    }
}

int destination_close_idle(struct destinations *destinations)
{
    struct destination *destination;
    size_t i;

    for (i = 0; i < HASH_SIZE; i++) {
        for (destination = destinations->buckets[i]; destination;
             destination = destination->next) {
            if (!destination->pool.waiting.first &&
                pool_close_idle(&destination->pool)) {
                return 1;
            }
        }
    }
    return 0;
}

void destination_apply_settings(struct scheduler *scheduler)
{
    destination_each(scheduler, destination_set_limits);
}

static void end_back_off(struct destination *destination)
{
    destination->back_off_end = 0;
}

void destination_flush(struct scheduler *scheduler)
{
    destination_each(scheduler, end_back_off);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The hosts in the order of their text, so that shuffling makes no difference. */
static void make_key(stralloc *key, const struct lookup *lookup,
                     const struct lookup_waiter *waiter)
{
    char **lines = memory_get((lookup->host_count + 1) * sizeof *lines);
    stralloc line = STRALLOC_ZERO;
    size_t i;

    for (i = 0; i < lookup->host_count; i++) {
        const struct lookup_host *host = &lookup->hosts[i];
        text_clear(&line);
        text_add_format(&line, "%03u %s %s %s\n", host->rank, host->name, host->ip,
                        host->dane);
        lines[i] = memory_copy_string(text_string(&line));
    }
    qsort(lines, lookup->host_count, sizeof *lines, compare_lines);
    text_add_format(key, "%u %s\n%s\n", waiter->port, waiter->policy, waiter->auth);
    for (i = 0; i < lookup->host_count; i++) {
        text_add_string(key, lines[i]);
        free(lines[i]);
    }
    text_string(key);
    text_free(&line);
    free(lines);
}

static struct destination *new_destination(struct scheduler *scheduler, const char *key,
                                           const struct lookup *lookup,
                                           const struct lookup_waiter *waiter)
{
    struct destination *destination = memory_get(sizeof *destination);
    size_t i;

    memset(destination, 0, sizeof *destination);
    pool_open(&destination->pool, scheduler, &destination_rules);
    destination->pool.owner = destination;
    destination->key = memory_copy_string(key);
    destination->name = memory_copy_string(lookup->hosts[0].name);
    destination->port = waiter->port;
    destination->policy = memory_copy_string(waiter->policy);
    destination->auth = memory_copy_string(waiter->auth);
    destination->hosts = memory_get(lookup->host_count * sizeof *destination->hosts);
    destination->host_count = lookup->host_count;
    for (i = 0; i < lookup->host_count; i++) {
        destination->hosts[i].rank = lookup->hosts[i].rank;
        destination->hosts[i].name = memory_copy_string(lookup->hosts[i].name);
        destination->hosts[i].ip = memory_copy_string(lookup->hosts[i].ip);
        destination->hosts[i].dane = memory_copy_string(lookup->hosts[i].dane);
    }
    destination_set_limits(destination);
    return destination;
}

struct destination *destination_find(struct scheduler *scheduler,
                                     const struct lookup *lookup,
                                     const struct lookup_waiter *waiter)
{
    struct destination **bucket;
    struct destination *destination;
    stralloc key = STRALLOC_ZERO;

    make_key(&key, lookup, waiter);
    bucket = &scheduler->destinations.buckets[hash_string(key.s)];
    destination = *bucket;
    while (destination && strcmp(destination->key, key.s) != 0) {
        destination = destination->next;
    }
    if (!destination) {
        destination = new_destination(scheduler, key.s, lookup, waiter);
        destination->next = *bucket;
        *bucket = destination;
        scheduler->destinations.count++;
    }
    text_free(&key);
    return destination;
}
