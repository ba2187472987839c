#include "forward.h"

#include "address.h"
#include "derived_file.h"
#include "header.h"
#include "log.h"
#include "recipient.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct targets {
    struct envelope *envelope;
    size_t count;
};

static void add_target(const char *address, void *data)
{
    struct targets *targets = data;

    envelope_add_recipient(targets->envelope, address, 0, NULL, RECIPIENT_EXPANDED);
    targets->count++;
}

static int is_same_address(const char *value, size_t len, const char *address)
{
    while (len > 0 && strchr(" \t\n", value[len - 1])) {
        len--;
    }
    while (len > 0 && strchr(" \t\n", *value)) {
        value++;
        len--;
    }
    return text_equal_nocase(value, len, address, strlen(address));
}

/* 1 where the message was forwarded for ADDRESS before, or has too many hops behind it.
 */
static int is_loop(const stralloc *header, const char *address, long long hops_limit)
{
    size_t at = 0, len;
    long long hops = 0;

    while ((len = header_field_length(header->s + at, header->len - at)) > 0) {
        const char *value;
        size_t value_len;
        if (header_field_is(header->s + at, len, "Delivered-To", &value, &value_len) &&
            is_same_address(value, value_len, address)) {
            return 1;
        }
        hops += header_field_is(header->s + at, len, "Received", &value, &value_len);
        at += len;
    }
    return hops > hops_limit;
}

/* RFC 3461 section 5.2.7: to one target all wishes go on; to several, all but SUCCESS.
 * Returns 1 where a DSN "expanded" is owed. */
static int pass_wishes(const struct envelope_recipient *from, struct envelope *to)
{
    int is_many = to->recipient_count > 1;
    unsigned notify = is_many ? from->notify & ~(unsigned)NOTIFY_SUCCESS : from->notify;
    stralloc orcpt = STRALLOC_ZERO;
    size_t i;

    if (is_many && (from->notify & NOTIFY_SUCCESS) && notify == 0) {
        notify = NOTIFY_NEVER;
    }
    if (*from->orcpt) {
        text_set_string(&orcpt, from->orcpt);
    } else if (from->notify && !address_is_utf8(from->address)) {
        text_set_string(&orcpt, "rfc822;");
        xtext_encode(&orcpt, from->address, strlen(from->address));
    }
    for (i = 0; i < to->recipient_count; i++) {
        to->recipients[i].notify = notify;
        free(to->recipients[i].orcpt);
        to->recipients[i].orcpt = memory_copy_bytes(orcpt.s ? orcpt.s : "", orcpt.len);
    }
    text_free(&orcpt);
    return is_many && (from->notify & NOTIFY_SUCCESS) != 0;
}

/* Writes Delivered-To and the message, and commits. */
static int queue_forward(const struct notify_job *job, struct envelope *envelope,
                         const char *alias, struct queue_writer *writer)
{
    stralloc line = STRALLOC_ZERO;
    int result = derived_begin(writer, envelope);

    if (result < 0) {
        return -1;
    }
    text_add_format(&line, "Delivered-To: %s\n", alias);
    if (queue_write(writer, line.s, line.len) < 0 ||
        derived_copy_body(job->fd, &job->file, writer) < 0) {
        queue_abort(writer);
        result = -1;
    } else {
        result = queue_commit(writer);
    }
    text_free(&line);
    return result;
}

/* The job with one of its recipients alone: each alias makes a message of its own. */
static struct notify_job narrow(const struct notify_job *job, size_t i)
{
    struct notify_job one = *job;

    one.recipients = &job->recipients[i];
    one.count = 1;
    return one;
}

static void send_on(struct notify_job *job, struct envelope *envelope,
                    const struct envelope_recipient *alias)
{
    struct queue_writer writer = {.fd = -1};
    const struct envelope *old = &job->file.envelope;
    int is_expansion_owed = pass_wishes(alias, envelope);
    char state =
        is_expansion_owed && old->sender.len > 0 ? STATE_DELIVERED : STATE_DONE;

    envelope->arrival = time(NULL);
    envelope->flags = old->flags;
    text_add_bytes(&envelope->envid, old->envid.s, old->envid.len);
    text_add_bytes(&envelope->sender, old->sender.s, old->sender.len);
    text_add_bytes(&envelope->brought_by, old->brought_by.s, old->brought_by.len);
    derived_set_parent(envelope, job, 'f');
    if (queue_forward(job, envelope, alias->address, &writer) == 0) {
        derived_finish(job, writer.name, state);
    } else if (errno == EEXIST) {
        derived_adopt(job, writer.name, state);
    } else if (errno == EILSEQ) {
        log_failure("damaged", "id", job->name, (char *)0);
        notify_job_unreadable(job, 1);
    } else {
        log_failure("queue", "id", job->name, (char *)0);
        notify_job_result_all(job, 'Z', "4.3.0", "cannot queue the forwarded message");
    }
    if (job->recipients[0].status == 'K' && state == STATE_DELIVERED) {
        job->recipients[0].status = 'R';
    }
}

static void forward_one(struct notify_job *job, const struct tables *tables,
                        const stralloc *header)
{
    const struct envelope_recipient *alias =
        &job->file.envelope.recipients[job->recipients[0].index];
    struct envelope envelope = {0};
    struct targets targets = {.envelope = &envelope};
    int expanded;

    if (is_loop(header, alias->address, setting_number(tables, SET_hops_limit))) {
        notify_job_result_all(job, 'D', "5.4.6",
                              "mail loop: it was here for this address before");
        return;
    }
    expanded = recipient_expand(tables, alias->address, add_target, &targets);
    if (expanded < 0) {
        notify_job_result_all(job, 'Z', "4.3.0", "cannot read the table of aliases");
    } else if (expanded == 0) {
        notify_job_result_all(job, 'D', "5.1.1", "the alias leads to no valid address");
    } else {
        send_on(job, &envelope, alias);
    }
    envelope_free(&envelope);
}

void forward_run(struct notify_job *job, const struct tables *tables)
{
    stralloc header = STRALLOC_ZERO;
    size_t i;

    if (queue_read_header(job->fd, &job->file, &header) < 0) {
        notify_job_result_all(job, 'Z', "4.3.0", "cannot read the queue file");
        return;
    }
    for (i = 0; i < job->count; i++) {
        struct notify_job one = narrow(job, i);
        forward_one(&one, tables, &header);
    }
    text_free(&header);
}
