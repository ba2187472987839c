#include "notify_job.h"

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INDEX_MAX 1000000
#define ANSWER_MAX 512 /* one recipient in an answer */

static const char *const kind_names[] = {[NOTIFY_BOUNCE] = "bounce",
                                         [NOTIFY_WARNING] = "delay",
                                         [NOTIFY_REPORT] = "success",
                                         [NOTIFY_FORWARD] = "forward"};

static int find_kind(const char *word, enum notify_kind *kind)
{
    int i;

    for (i = 0; i <= NOTIFY_FORWARD; i++) {
        if (strcmp(word, kind_names[i]) == 0) {
            *kind = (enum notify_kind)i;
            return 0;
        }
    }
    return -1;
}

static struct notify_recipient *add_recipient(struct notify_job *job, long long index)
{
    struct notify_recipient *added;

    job->recipients =
        memory_resize(job->recipients, (job->count + 1) * sizeof *job->recipients);
    added = &job->recipients[job->count++];
    *added = (struct notify_recipient){.index = (size_t)index, .status = 'Z'};
    return added;
}

static int parse_details(struct notify_recipient *recipient, struct packet *packet)
{
    const char *action = packet_next(packet);
    const char *enhanced = action ? packet_next(packet) : NULL;
    const char *host = enhanced ? packet_next(packet) : NULL;
    const char *text = host ? packet_next(packet) : NULL;

    if (!text) {
        return -1;
    }
    recipient->action = memory_copy_string(action);
    recipient->enhanced = memory_copy_string(enhanced);
    recipient->host = memory_copy_string(host);
    recipient->text = memory_copy_string(text);
    return 0;
}

static int parse_recipients(struct notify_job *job, struct packet *packet)
{
    while (packet->next < packet->bytes.len) {
        long long index = packet_next_number(packet, INDEX_MAX);
        struct notify_recipient *recipient;
        if (index < 0) {
            return -1;
        }
        recipient = add_recipient(job, index);
        if (job->kind != NOTIFY_FORWARD && parse_details(recipient, packet) < 0) {
            return -1;
        }
    }
    return job->count > 0 ? 0 : -1;
}

int notify_job_parse(struct notify_job *job, struct packet *packet, int fd)
{
    const char *verb = packet_next(packet);
    long long number = packet_next_number(packet, 1LL << 60);
    const char *name = packet_next(packet);

    *job = (struct notify_job){.fd = fd, .number = number};
    if (fd < 0 || !verb || find_kind(verb, &job->kind) < 0 || number < 0 || !name ||
        strlen(name) >= QUEUE_NAME_SIZE) {
        notify_job_free(job);
        return -1;
    }
    job->name = memory_copy_string(name);
    if (parse_recipients(job, packet) < 0) {
        notify_job_free(job);
        return -1;
    }
    return 0;
}

static void free_recipient(struct notify_recipient *recipient)
{
    free(recipient->action);
    free(recipient->enhanced);
    free(recipient->host);
    free(recipient->text);
    free(recipient->derived);
    free(recipient->code);
    free(recipient->reason);
}

void notify_job_free(struct notify_job *job)
{
    size_t i;

    for (i = 0; i < job->count; i++) {
        free_recipient(&job->recipients[i]);
    }
    free(job->recipients);
    free(job->name);
    queue_file_free(&job->file);
    if (job->fd >= 0) {
        close(job->fd);
    }
    *job = (struct notify_job){.fd = -1};
}

void notify_job_result(struct notify_recipient *recipient, char status,
                       const char *code, const char *reason)
{
    recipient->status = status;
    free(recipient->code);
    free(recipient->reason);
    recipient->code = memory_copy_string(code);
    recipient->reason = memory_copy_string(reason);
}

void notify_job_result_all(struct notify_job *job, char status, const char *code,
                           const char *reason)
{
    size_t i;

    for (i = 0; i < job->count; i++) {
        notify_job_result(&job->recipients[i], status, code, reason);
    }
}

void notify_job_unreadable(struct notify_job *job, int is_damaged)
{
    notify_job_result_all(job, is_damaged ? 'C' : 'Z', "4.3.0",
                          is_damaged ? "the message is damaged"
                                     : "cannot read the queue file");
}

static void begin_answer(const struct notify_job *job, struct packet *packet)
{
    packet_clear(packet);
    packet_add(packet, "result");
    packet_add_number(packet, job->number);
}

int notify_job_answer(const struct notify_job *job, struct packet *packet)
{
    size_t i;

    begin_answer(job, packet);
    for (i = 0; i < job->count; i++) {
        const struct notify_recipient *recipient = &job->recipients[i];
        char status[2] = {recipient->status, '\0'};
        if (packet->bytes.len > PACKET_MAX - ANSWER_MAX) {
            if (packet_send_wait(0, packet) < 0) {
                return -1;
            }
            begin_answer(job, packet);
        }
        packet_add_number(packet, (long long)recipient->index);
        packet_add(packet, status);
        packet_add(packet, recipient->code ? recipient->code : "4.3.0");
        packet_add(packet, recipient->derived ? recipient->derived : "");
        packet_add(packet,
                   recipient->reason ? recipient->reason : "trouble with the queue");
    }
    return packet_send_wait(0, packet);
}
