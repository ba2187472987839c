#include "suitable.h"

#include "address.h"
#include "text.h"

#include <stdlib.h>

#define BLOCK_SIZE 65536

static int has_eight_bits(const char *bytes, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if ((unsigned char)bytes[i] > 127) {
            return 1;
        }
    }
    return 0;
}

/* 1 where the message holds bytes over 127, 0 where not, -1 where it can't be read. */
static int scan_message(const struct job *job)
{
    char *block = memory_get(BLOCK_SIZE);
    struct queue_body body;
    ssize_t got;
    int found = 0;

    queue_body_open(&body, job->fd, &job->file);
    while (!found && (got = queue_body_read(&body, block, BLOCK_SIZE)) != 0) {
        if (got < 0) {
            found = -1;
            break;
        }
        found = has_eight_bits(block, (size_t)got);
    }
    free(block);
    return found;
}

static int has_utf8_address(struct job *job)
{
    size_t i;

    if (address_is_utf8(text_string(&job->file.envelope.sender))) {
        return 1;
    }
    for (i = 0; i < job->count; i++) {
        if (address_is_utf8(
                job->file.envelope.recipients[job->recipients[i].index].address)) {
            return 1;
        }
    }
    return 0;
}

/* RFC 6152 section 3, RFC 6531 section 3.5: what says that it has 8-bit text, and has
 * it, is not sent to who does not take it. */
static int check_bytes(const struct capabilities *capabilities, struct job *job)
{
    unsigned flags = job->file.envelope.flags;
    int found;

    if ((flags & ENVELOPE_SMTPUTF8) && !capabilities->has_smtputf8 &&
        has_utf8_address(job)) {
        job_set_rest(job, 'D', "5.6.7",
                     "the next host takes no UTF-8 addresses (SMTPUTF8)");
        return 0;
    }
    if (!(flags & (ENVELOPE_8BITMIME | ENVELOPE_SMTPUTF8)) ||
        (capabilities->has_8bitmime &&
         (capabilities->has_smtputf8 || !(flags & ENVELOPE_SMTPUTF8)))) {
        return 1;
    }
    found = scan_message(job);
    if (found < 0) {
        job_set_rest(job, 'Z', "4.3.0", "cannot read the queue file");
    } else if (found && !capabilities->has_8bitmime) {
        job_set_rest(job, 'D', "5.6.3", "the next host takes no 8-bit text (8BITMIME)");
    } else {
        return 1;
    }
    return 0;
}

int suitable_check(const struct capabilities *capabilities, struct job *job)
{
    if (job->file.envelope.flags & ENVELOPE_REQUIRETLS) {
        job_set_rest(job, 'D', "5.7.30",
                     "the message requires TLS all the way (REQUIRETLS)");
        return 0;
    }
    if (capabilities->size > 0 &&
        (unsigned long long)job->file.body_length > capabilities->size) {
        job_set_rest(job, 'D', "5.3.4",
                     "the message is larger than the next host takes");
        return 0;
    }
    return check_bytes(capabilities, job);
}
