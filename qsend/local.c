#include "local.h"

#include "log.h"
#include "result.h"
#include "scheduler.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Jobs ahead for one qlocal, so that it can share syncs. */
#define LOCAL_WINDOW 100
#define LOCAL_LINGER_MS 5000
/* INDEX, two quotas and NULs. */
#define LOCAL_FIXED_BYTES 64

/* Where the tables have changed meanwhile, the job does not fit them any more:
 * then the whole of it waits for the next attempt. */
static int write_recipient(struct scheduler *scheduler, struct job *job, uint32_t index,
                           struct packet *packet)
{
    struct envelope_recipient *recipient = message_recipient(job->message, index);
    struct recipient_route route;

    if (recipient_resolve(&scheduler->tables, recipient->address,
                          (recipient->flags & RECIPIENT_EXPANDED) != 0,
                          &route) != RECIPIENT_MAILBOX) {
        errno = ESTALE;
        return -1;
    }
    packet_add_number(packet, index);
    packet_add(packet, route.mailbox);
    packet_add(packet, route.is_own_address ? "" : recipient->address);
    packet_add_number(packet, (long long)route.quota_bytes);
    packet_add_number(packet, (long long)route.quota_count);
    return 0;
}

static int write_job(struct pool *pool, struct job *job, struct packet *packet, int *fd)
{
    size_t i;

    packet_add(packet, "job");
    packet_add_number(packet, job->number);
    packet_add(packet, job->message->name);
    for (i = job->answered; i < job->count; i++) {
        if (write_recipient(pool->scheduler, job, job->indexes[i], packet) < 0) {
            return -1;
        }
    }
    *fd = message_open(job->message, O_RDONLY);
    return *fd < 0 ? -1 : 0;
}

static const struct pool_rules local_rules = {
    .spawner = SPAWNER_LOCAL,
    .program = "qlocal",
    .write_job = write_job,
    .on_packet = result_on_packet,
    .on_failed = result_on_failed,
};

void local_open(struct scheduler *scheduler)
{
    struct pool *pool = &scheduler->local;

    pool_open(pool, scheduler, &local_rules);
    pool->window = LOCAL_WINDOW;
    pool->jobs_per_worker = LOCAL_WINDOW;
    pool->linger = LOCAL_LINGER_MS;
    local_apply_settings(scheduler);
}

void local_apply_settings(struct scheduler *scheduler)
{
    scheduler->local.worker_limit = (size_t)scheduler->settings.concurrency_local;
}

void local_add(struct scheduler *scheduler, struct message *message, size_t index,
               const struct recipient_route *route)
{
    size_t bytes = LOCAL_FIXED_BYTES + strlen(route->mailbox);

    if (!route->is_own_address) {
        bytes += strlen(message_recipient(message, index)->address);
    }
    pool_add_recipient(&scheduler->local, JOB_LOCAL, message, index, bytes);
}
