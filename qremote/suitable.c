#include "suitable.h"

#include "address.h"
#include "log.h"
#include "text.h"

#include <errno.h>

static int is_address(const char *address, unsigned flags)
{
    stralloc parsed = STRALLOC_ZERO;
    enum address_result result =
        address_parse(address, strlen(address), flags | ADDRESS_MAY_BE_UTF8, &parsed);

    text_free(&parsed);
    return result == ADDRESS_OK;
}

/* The queue file's addresses become part of commands: nothing else may stand there. */
static void check_addresses(struct job *job)
{
    struct envelope *envelope = &job->file.envelope;
    size_t i;

    if (!is_address(text_string(&envelope->sender),
                    ADDRESS_MAY_BE_NULL | ADDRESS_MAY_LACK_DOMAIN)) {
        job_set_rest(job, 'D', "5.1.7", "the sender's address is no address");
        return;
    }
    for (i = 0; i < job->count; i++) {
        struct job_recipient *recipient = &job->recipients[i];
        if (!recipient->status &&
            !is_address(envelope->recipients[recipient->index].address, 0)) {
            job_set(recipient, 'D', "5.1.3", "the address is no address");
        }
    }
}

/* RFC 6531 section 3.5. Where the sender's address or the header section needs it, all
 * recipients do; else those with such an address alone. */
static void check_utf8(struct job *job)
{
    static const char text[] = "the next host takes no UTF-8 addresses (SMTPUTF8)";
    struct envelope *envelope = &job->file.envelope;
    size_t i;

    if (address_is_utf8(text_string(&envelope->sender)) ||
        ((envelope->flags & ENVELOPE_SMTPUTF8) && job->content.has_8bit_header)) {
        job_set_rest(job, 'D', "5.6.7", text);
        return;
    }
    for (i = 0; i < job->count; i++) {
        struct job_recipient *recipient = &job->recipients[i];
        if (!recipient->status &&
            address_is_utf8(envelope->recipients[recipient->index].address)) {
            job_set(recipient, 'D', "5.6.7", text);
        }
    }
}

static void check_size(const struct capabilities *capabilities, struct job *job)
{
    stralloc text = STRALLOC_ZERO;

    if (capabilities->size > 0 && job->content.wire_length > capabilities->size) {
        text_add_format(&text,
                        "the message has %llu octets, the next host takes %llu at most",
                        job->content.wire_length, capabilities->size);
        job_set_rest(job, 'D', "5.3.4", text_string(&text));
        text_free(&text);
    }
}

/* RFC 8689. The session's policy has it so already: nothing hangs on qsend alone. Those
 * from nobody, which tell of other mail, are not lost for it (section 5). */
static void check_requiretls(const struct capabilities *capabilities, struct job *job)
{
    const struct envelope *envelope = &job->file.envelope;

    if ((envelope->flags & ENVELOPE_REQUIRETLS) && envelope->sender.len > 0 &&
        !capabilities->has_requiretls) {
        job_set_rest(job, 'D', "5.7.30",
                     "the message requires TLS all the way (REQUIRETLS)");
    }
}

void suitable_check(const struct capabilities *capabilities, struct job *job)
{
    check_requiretls(capabilities, job);
    if (content_scan(&job->content, job->fd, &job->file) < 0) {
        int is_damaged = errno == EILSEQ;
        log_failure("read-message", "id", job->name, (char *)0);
        job_set_unreadable(job, is_damaged);
        return;
    }
    check_addresses(job);
    check_size(capabilities, job);
    if (!capabilities->has_smtputf8) {
        check_utf8(job);
    }
    /* RFC 6152 section 3; it is not converted. */
    if (job->content.has_8bit && !capabilities->has_8bitmime) {
        job_set_rest(job, 'D', "5.6.3", "the next host takes no 8-bit text (8BITMIME)");
    }
}
