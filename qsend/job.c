#include "job.h"

#include "packet.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* One transaction's worth; room for the packet's first fields is kept. */
#define JOB_RECIPIENTS_MAX 1000
#define JOB_BYTES_MAX (PACKET_MAX - 256)

struct job *job_new(enum job_verb verb, struct message *message, struct lookup *lookup)
{
    struct job *job = memory_get(sizeof *job);

    memset(job, 0, sizeof *job);
    job->verb = verb;
    job->message = message;
    job->lookup = lookup;
    return job;
}

void job_free(struct job *job)
{
    free(job->indexes);
    free(job);
}

void job_add_recipient(struct job *job, uint32_t index, size_t bytes)
{
    if (job->count == job->room) {
        job->room = job->room ? job->room * 2 : 1;
        job->indexes = memory_resize(job->indexes, job->room * sizeof *job->indexes);
    }
    job->indexes[job->count++] = index;
    job->bytes += bytes;
}

int job_has_room(const struct job *job, enum job_verb verb,
                 const struct message *message, size_t bytes)
{
    return job->verb == verb && job->message == message && verb != JOB_FORWARD &&
           job->count < JOB_RECIPIENTS_MAX && job->bytes + bytes <= JOB_BYTES_MAX;
}

int job_answer(struct job *job, uint32_t index)
{
    size_t i;

    for (i = job->answered; i < job->count; i++) {
        if (job->indexes[i] == index) {
            job->indexes[i] = job->indexes[job->answered];
            job->indexes[job->answered++] = index;
            return 0;
        }
    }
    return -1;
}

void job_list_add(struct job_list *list, struct job *job)
{
    job->next = NULL;
    if (list->last) {
        list->last->next = job;
    } else {
        list->first = job;
    }
    list->last = job;
    list->count++;
}

void job_list_add_first(struct job_list *list, struct job *job)
{
    job->next = list->first;
    list->first = job;
    if (!list->last) {
        list->last = job;
    }
    list->count++;
}

struct job *job_list_take(struct job_list *list)
{
    struct job *job = list->first;

    if (job) {
        job_list_remove(list, job);
    }
    return job;
}

struct job *job_list_find(const struct job_list *list, long long number)
{
    struct job *job = list->first;

    while (job && job->number != number) {
        job = job->next;
    }
    return job;
}

void job_list_remove(struct job_list *list, struct job *job)
{
    struct job **at = &list->first;
    struct job *before = NULL;

    while (*at != job) {
        before = *at;
        at = &before->next;
    }
    *at = job->next;
    if (list->last == job) {
        list->last = before;
    }
    job->next = NULL;
    list->count--;
}

void job_list_put_back(struct job_list *list, struct job_list *from)
{
    if (!from->first) {
        return;
    }
    from->last->next = list->first;
    if (!list->last) {
        list->last = from->last;
    }
    list->first = from->first;
    list->count += from->count;
    from->first = NULL;
    from->last = NULL;
    from->count = 0;
}
