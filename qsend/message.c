#include "message.h"

#include "../tlsreport/dayline.h"
#include "log.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTCOME_TEXT_MAX 500

static int is_tls_report(const stralloc *brought_by)
{
    return brought_by->len == strlen(DAY_BROUGHT_BY) &&
           memcmp(brought_by->s, DAY_BROUGHT_BY, brought_by->len) == 0;
}

struct message *message_add(struct active *active, const char *name,
                            struct queue_file *file, int is_old)
{
    static const struct queue_file empty = {0};
    struct message *message = memory_get(sizeof *message);
    struct message **bucket = &active->buckets[hash_string(name)];
    size_t count = file->envelope.recipient_count;

    memset(message, 0, sizeof *message);
    snprintf(message->name, sizeof message->name, "%s", name);
    message->file = *file;
    *file = empty;
    message->is_tls_report = is_tls_report(&message->file.envelope.brought_by);
    /* Those who need them read them from the file. */
    text_free(&message->file.envelope.brought_by);
    text_free(&message->file.envelope.envid);
    text_free(&message->file.envelope.covered);
    message->outcomes = memory_get((count + 1) * sizeof *message->outcomes);
    memset(message->outcomes, 0, (count + 1) * sizeof *message->outcomes);
    message->is_old = is_old != 0;
    message->next = *bucket;
    *bucket = message;
    active->count++;
    active->old_count += message->is_old;
    active->recipient_count += count;
    active->old_recipient_count += message->is_old ? count : 0;
    return message;
}

void message_remove(struct active *active, struct message *message)
{
    struct message **at = &active->buckets[hash_string(message->name)];
    size_t count = message->file.envelope.recipient_count;
    size_t i;

    while (*at != message) {
        at = &(*at)->next;
    }
    *at = message->next;
    active->count--;
    active->old_count -= message->is_old;
    active->recipient_count -= count;
    active->old_recipient_count -= message->is_old ? count : 0;
    for (i = 0; i < count; i++) {
        free(message->outcomes[i].detail);
    }
    free(message->outcomes);
    queue_file_free(&message->file);
    free(message);
}

struct message *message_find(const struct active *active, const char *name)
{
    struct message *message = active->buckets[hash_string(name)];

    while (message && strcmp(message->name, name) != 0) {
        message = message->next;
    }
    return message;
}

int active_has_room(const struct active *active)
{
    return active->count < ACTIVE_MAX &&
           active->recipient_count < ACTIVE_RECIPIENTS_MAX;
}

int active_has_room_for_old(const struct active *active)
{
    return active_has_room(active) && active->old_count < ACTIVE_MAX / 2 &&
           active->old_recipient_count < ACTIVE_RECIPIENTS_MAX / 2;
}

unsigned active_percent(const struct active *active)
{
    size_t messages = active->count * 100 / ACTIVE_MAX;
    size_t recipients = active->recipient_count * 100 / ACTIVE_RECIPIENTS_MAX;

    return (unsigned)(messages > recipients ? messages : recipients);
}

struct envelope_recipient *message_recipient(struct message *message, size_t index)
{
    return &message->file.envelope.recipients[index];
}

int message_is_todo(struct message *message, size_t index)
{
    char state = message_recipient(message, index)->state;

    return state == STATE_TODO || state == STATE_WARNED;
}

int message_is_settled(const struct message *message)
{
    size_t i;

    for (i = 0; i < message->file.envelope.recipient_count; i++) {
        char state = message->file.envelope.recipients[i].state;
        if (state != STATE_DONE && state != STATE_BOUNCED) {
            return 0;
        }
    }
    return 1;
}

void message_set_state(struct message *message, size_t index, char state)
{
    message_recipient(message, index)->state = state;
    message->outcomes[index].is_new = 1;
    message->has_new_states = 1;
}

/* At most MAX bytes, and no UTF-8 character cut in two. */
static void add_part(stralloc *detail, const char *part, size_t max)
{
    size_t len = strlen(part);

    if (len > max) {
        len = max;
        while (len > 0 && ((unsigned char)part[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    text_add_bytes(detail, part, len);
    text_add_byte(detail, '\0');
}

void message_set_outcome(struct message *message, size_t index, char status,
                         const char *enhanced, const char *host, const char *text)
{
    struct outcome *outcome = &message->outcomes[index];
    stralloc detail = STRALLOC_ZERO;

    add_part(&detail, enhanced, 15);
    add_part(&detail, host, 255);
    add_part(&detail, text, OUTCOME_TEXT_MAX);
    free(outcome->detail);
    outcome->status = status;
    outcome->detail = memory_copy_bytes(detail.s, detail.len);
    text_free(&detail);
}

static const char *get_part(const struct outcome *outcome, int number)
{
    const char *part = outcome->detail;

    if (!part) {
        return "";
    }
    while (number-- > 0) {
        part += strlen(part) + 1;
    }
    return part;
}

const char *outcome_enhanced(const struct outcome *outcome)
{
    return get_part(outcome, 0);
}

const char *outcome_host(const struct outcome *outcome)
{
    return get_part(outcome, 1);
}

const char *outcome_text(const struct outcome *outcome)
{
    return get_part(outcome, 2);
}

int message_open(const struct message *message, int flags)
{
    char path[QUEUE_NAME_SIZE + 8];

    snprintf(path, sizeof path, "cur/%s", message->name);
    return open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

static int write_states(struct message *message, int fd)
{
    size_t i;

    for (i = 0; i < message->file.envelope.recipient_count; i++) {
        struct outcome *outcome = &message->outcomes[i];
        if (!outcome->is_new) {
            continue;
        }
        if (queue_mark(fd, &message->file, i, message_recipient(message, i)->state) <
            0) {
            return -1;
        }
        outcome->is_new = 0;
    }
    return 0;
}

int message_write_states(struct message *message)
{
    int fd;
    int result;

    if (!message->has_new_states) {
        return 0;
    }
    fd = message_open(message, O_RDWR);
    result = fd < 0 ? -1 : write_states(message, fd);
    message->has_new_states = result < 0;
    if (fd >= 0 && close(fd) < 0) {
        result = -1;
    }
    if (result < 0) {
        log_failure("mark", "id", message->name, (char *)0);
    }
    return result;
}
