#include "job.h"

#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INDEX_MAX 1000000

int job_parse(struct job *job, struct packet *packet, int fd)
{
    long long number = packet_next_number(packet, 1LL << 60);
    const char *name = packet_next(packet);

    *job = (struct job){.fd = fd, .number = number};
    job->name = memory_copy_string(name ? name : "");
    while (name && packet->next < packet->bytes.len) {
        long long index = packet_next_number(packet, INDEX_MAX);
        if (index < 0) {
            name = NULL;
            break;
        }
        job->recipients =
            memory_resize(job->recipients, (job->count + 1) * sizeof *job->recipients);
        job->recipients[job->count++] = (struct job_recipient){.index = (size_t)index};
    }
    if (fd < 0 || number < 0 || !name || job->count == 0) {
        job_free(job);
        return -1;
    }
    return 0;
}

void job_free(struct job *job)
{
    size_t i;

    for (i = 0; i < job->count; i++) {
        free(job->recipients[i].text);
    }
    free(job->recipients);
    free(job->name);
    queue_file_free(&job->file);
    if (job->fd >= 0) {
        close(job->fd);
    }
    *job = (struct job){.fd = -1};
}

void job_set(struct job_recipient *recipient, char status, const char *enhanced,
             const char *text)
{
    recipient->status = status;
    snprintf(recipient->enhanced, sizeof recipient->enhanced, "%s", enhanced);
    free(recipient->text);
    recipient->text = memory_copy_string(text);
    recipient->host = NULL;
}

void job_set_reply(struct job_recipient *recipient, char status, const char *host,
                   const struct reply *reply)
{
    job_set(recipient, status, reply->enhanced, reply->text.s);
    recipient->host = host;
}

void job_set_rest(struct job *job, char status, const char *enhanced, const char *text)
{
    size_t i;

    for (i = 0; i < job->count; i++) {
        if (!job->recipients[i].status) {
            job_set(&job->recipients[i], status, enhanced, text);
        }
    }
}

void job_set_unreadable(struct job *job, int is_damaged)
{
    job_set_rest(job, is_damaged ? 'C' : 'Z', "4.3.0",
                 is_damaged ? "the message is damaged" : "cannot read the queue file");
}

static void begin_result(struct packet *packet, const struct job *job)
{
    packet_clear(packet);
    packet_add(packet, "result");
    packet_add_number(packet, job->number);
}

int job_answer(struct job *job)
{
    struct packet packet = {0};
    size_t i, in_packet = 0;
    int result = 0;

    begin_result(&packet, job);
    for (i = 0; i < job->count && result == 0; i++) {
        struct job_recipient *recipient = &job->recipients[i];
        char status[2] = {recipient->status, '\0'};
        if (!recipient->status || recipient->is_answered) {
            continue;
        }
        packet_add_number(&packet, (long long)recipient->index);
        packet_add(&packet, status);
        packet_add(&packet, recipient->enhanced);
        packet_add(&packet, recipient->host ? recipient->host : "");
        packet_add(&packet, recipient->text);
        recipient->is_answered = 1;
        in_packet++;
        if (packet.bytes.len > PACKET_MAX - 2048) {
            result = packet_send_wait(0, &packet);
            begin_result(&packet, job);
            in_packet = 0;
        }
    }
    if (result == 0 && in_packet > 0) {
        result = packet_send_wait(0, &packet);
    }
    packet_free(&packet);
    return result;
}
