#include "message.h"

#include "clock.h"
#include "log.h"
#include "policy.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>

/* After so many octets of a message the free space is looked at again. */
#define SPACE_STEP (1ULL << 20)

/* RFC 3848 and RFC 6531 section 4.3. HELO inside TLS has no name of its own; who has
 * logged in has spoken ESMTP, whatever HELO came later. */
static const char *protocol_name(const struct session *session)
{
    int is_tls = session->tls.is_active;

    if (session->transaction.is_smtputf8) {
        return is_tls ? "UTF8SMTPS" : "UTF8SMTP";
    }
    if (!session->is_esmtp && session->user.len == 0) {
        return "SMTP";
    }
    return is_tls ? "ESMTPS" : "ESMTP";
}

/* RFC 5321 section 4.4: who, from where, to whom (where it is one alone), when. */
static void add_received(struct session *session, stralloc *out)
{
    char literal[NET_ADDRESS_TEXT_SIZE];
    char date[CLOCK_DATE_SIZE];
    int is_hidden = session->user.len > 0 && session->limits.is_hiding_client;

    clock_format_date(date, session->envelope.arrival);
    text_add_string(out, "Received: ");
    if (!is_hidden) {
        text_add_format(out, "from %s (", text_string(&session->helo));
        if (session->peer_host.len > 0) {
            text_add_format(out, "%s ", text_string(&session->peer_host));
        }
        text_add_format(out, "%s)\n\t", net_address_literal(&session->peer, literal));
    }
    text_add_format(out, "by %s with %s%s", session->host_name, protocol_name(session),
                    session->user.len > 0 ? "A" : "");
    if (session->tls.is_active) {
        text_add_format(out, "\n\t(%s %s)", session->tls.protocol, session->tls.cipher);
    }
    text_add_format(out, " id %s", session->submission.writer.name);
    if (session->envelope.recipient_count == 1) {
        text_add_format(out, "\n\tfor <%s>", session->envelope.recipients[0].address);
    }
    text_add_format(out, ";\n\t%s\n", date);
}

static void write_queue(struct session *session, const char *bytes, size_t len)
{
    struct transaction *transaction = &session->transaction;

    if (transaction->queue_error || transaction->is_over_size ||
        session->hold.fault.code || len == 0) {
        return;
    }
    if (submission_write(&session->submission, bytes, len) != SUBMISSION_DONE) {
        transaction->queue_error = session->submission.error;
    }
}

static struct reply queue_reply(struct session *session)
{
    int error = session->transaction.queue_error;

    errno = error;
    log_failure("queue", "ip", session->peer_text, "id",
                session->submission.writer.name, (char *)0);
    if (error == ENOSPC || error == EDQUOT) {
        return reply_make(452, "4.3.1", "not enough space on the disk");
    }
    return reply_make(451, "4.3.0", "the queue can't be used at the moment");
}

/* Asks the policies and begins the queue file. */
static struct reply begin_message(struct session *session, int has_dots)
{
    struct reply reply = policy_ask(session, EVENT_DATA, NULL);
    stralloc received = STRALLOC_ZERO;

    if (reply.code) {
        return reply;
    }
    data_open(&session->transaction.data, has_dots, session->limits.line);
    session->envelope.arrival = time(NULL);
    text_clear(&session->envelope.brought_by);
    text_add_format(&session->envelope.brought_by, "smtp %s%s%s", session->peer_text,
                    session->user.len > 0 ? " user " : "", text_string(&session->user));
    if (submission_begin(&session->submission) != SUBMISSION_DONE) {
        session->transaction.queue_error = session->submission.error;
        return queue_reply(session);
    }
    add_received(session, &received);
    write_queue(session, received.s, received.len);
    text_free(&received);
    return reply_none();
}

/* The header that is held is whole: judges it, completes it, and passes it on. */
static void release_header(struct session *session)
{
    struct header_hold *hold = &session->hold;
    const char *user = text_string(&session->user);
    stralloc header = STRALLOC_ZERO;
    char date[CLOCK_DATE_SIZE];
    struct completion completion = {.from = session->envelope.sender.len > 0
                                                ? text_string(&session->envelope.sender)
                                                : user,
                                    .date = date,
                                    .id = session->submission.writer.name,
                                    .host = session->host_name};

    header_hold_judge(hold, &session->tables, user);
    if (hold->fault.code) {
        return;
    }
    clock_format_date(date, session->envelope.arrival);
    draft_complete(&hold->draft, &completion, &header);
    text_add_bytes(&header, hold->draft.first.s, hold->draft.first.len);
    write_queue(session, header.s, header.len);
    text_free(&header);
}

/* Bytes of the message go into the queue; of one that is submitted, not before its
 * header is whole. */
static void store(struct session *session, const char *bytes, size_t len)
{
    struct header_hold *hold = &session->hold;
    size_t held = 0;

    if (session->is_submission && !hold->is_whole) {
        held = header_hold_take(hold, bytes, len);
        if (hold->is_whole) {
            release_header(session);
        }
    }
    write_queue(session, bytes + held, len - held);
}

/* What a message was announced with says little of what it takes. */
static void look_at_space(struct session *session)
{
    struct transaction *transaction = &session->transaction;
    long long space;

    if (transaction->data.octets - transaction->space_seen < SPACE_STEP ||
        transaction->queue_error) {
        return;
    }
    transaction->space_seen = transaction->data.octets;
    space = queue_free_space();
    if (space >= 0 && (unsigned long long)space < session->limits.free_space) {
        transaction->queue_error = ENOSPC;
        submission_abort(&session->submission);
    }
}

/* Takes LEN bytes from the reader's buffer; returns how many belonged to the message.
 */
static size_t take_bytes(struct session *session, size_t len)
{
    static char converted[DATA_ROOM(SESSION_INPUT)];
    struct transaction *transaction = &session->transaction;
    struct line_reader *reader = &session->reader;
    size_t out_len;
    size_t taken = data_convert(&transaction->data, reader->buffer + reader->start, len,
                                converted, &out_len);

    reader->start += taken;
    if (transaction->data.octets > session->limits.size && !transaction->is_over_size) {
        transaction->is_over_size = 1;
        submission_abort(&session->submission);
    }
    look_at_space(session);
    store(session, converted, out_len);
    return taken;
}

static void log_accepted(struct session *session)
{
    const struct envelope *envelope = &session->envelope;
    struct log_line line;

    session_log_begin(session, &line, "accepted");
    log_string(&line, "from", text_string(&session->envelope.sender));
    log_number(&line, "size", (long long)session->transaction.data.octets);
    log_number(&line, "recipients", (long long)envelope->recipient_count);
    if (envelope->recipient_count == 1) {
        log_string(&line, "to", envelope->recipients[0].address);
    }
    log_string(&line, "proto", session->is_esmtp ? "esmtp" : "smtp");
    if (session->tls.is_active) {
        log_string(&line, "tls", session->tls.protocol);
    }
    if (envelope->flags & ENVELOPE_REQUIRETLS) {
        log_string(&line, "requiretls", "yes");
    }
    log_end(&line);
}

/* What qmqpd has answered to a local user who may not write the queue. */
static struct reply door_reply(struct session *session, int is_permanent)
{
    const char *text = session_format(session, "%s", session->submission.reason);

    return is_permanent ? reply_make(554, "5.0.0", text)
                        : reply_make(451, "4.3.0", text);
}

static struct reply commit(struct session *session)
{
    struct submission *submission = &session->submission;
    int is_by_door = submission->spool >= 0;
    enum submission_result result = submission_commit(submission);

    if (result == SUBMISSION_DONE) {
        log_accepted(session);
        session->message_count++;
        return reply_make(250, "2.0.0",
                          is_by_door ? session_format(session, "%s", submission->reason)
                                     : session_format(session, "queued as %s",
                                                      submission->writer.name));
    }
    if (is_by_door) {
        return door_reply(session, result == SUBMISSION_PERMANENT);
    }
    session->transaction.queue_error = submission->error;
    return queue_reply(session);
}

/* The message is whole: judges it, commits it, and ends the transaction. */
static struct reply end_message(struct session *session)
{
    struct reply reply;

    if (session->is_submission && !session->hold.is_whole) {
        header_hold_end(&session->hold);
        release_header(session);
    }
    reply = policy_ask(session, EVENT_MESSAGE, NULL);
    if (data_is_tls_optional(&session->transaction.data)) {
        queue_set_tls_optional(&session->submission.writer);
    }
    if (reply.code == 0) {
        reply =
            session->transaction.queue_error ? queue_reply(session) : commit(session);
    }
    session_reset_transaction(session);
    return reply;
}

struct reply message_data(struct session *session)
{
    struct data_parser *data = &session->transaction.data;
    struct reply reply = begin_message(session, 1);
    static const struct reply go_on = {354, NULL, "end with a dot on a line by itself",
                                       0};

    if (reply.code) {
        return reply;
    }
    reply_add(&session->writer, &go_on, 0,
              session_deadline(session, session->limits.command_timeout));
    if (session_flush(session) < 0) {
        return session_lost(session, LINE_ERROR, "DATA");
    }
    while (data->state != DATA_END) {
        enum line_result result = line_reader_fill(
            &session->reader, session_deadline(session, session->limits.data_timeout));
        if (result != LINE_OK) {
            return session_lost(session, result, "DATA");
        }
        take_bytes(session, session->reader.end - session->reader.start);
    }
    return end_message(session);
}

/* Reads the chunk; its bytes go into the message, or nowhere. A reply where the client
 * was lost. */
static struct reply read_chunk(struct session *session, int is_kept)
{
    struct line_reader *reader = &session->reader;
    unsigned long long left = session->command.chunk_size;

    while (left > 0) {
        size_t part;
        enum line_result result = line_reader_fill(
            reader, session_deadline(session, session->limits.data_timeout));
        if (result != LINE_OK) {
            return session_lost(session, result, "BDAT");
        }
        part = reader->end - reader->start;
        part = part > left ? (size_t)left : part;
        left -= part;
        if (is_kept) {
            take_bytes(session, part);
        } else {
            reader->start += part;
        }
    }
    return reply_none();
}

struct reply message_skip_chunk(struct session *session, struct reply reply)
{
    struct reply lost;

    if (session_flush(session) < 0) {
        return session_lost(session, LINE_ERROR, "BDAT");
    }
    lost = read_chunk(session, 0);
    return session->is_over || lost.code ? lost : reply;
}

/* After the last chunk; a chunk may have ended in the middle of a line. */
static struct reply end_chunks(struct session *session)
{
    char rest[DATA_ROOM(0)];
    size_t len;

    data_finish(&session->transaction.data, rest, &len);
    store(session, rest, len);
    return end_message(session);
}

/* Of a message whose beginning is not taken the rest is not, either, though it may be
 * on its way already, and the reason may have gone (RFC 3030 section 2). */
static struct reply refuse_chunk(struct session *session, struct reply reply)
{
    session->transaction.chunk_fault =
        reply_make(reply.code, reply.enhanced, "the first chunk of this was refused");
    reply = message_skip_chunk(session, reply);
    session->stage = STAGE_CHUNKS;
    if (session->command.is_last_chunk) {
        session_reset_transaction(session);
    }
    return reply;
}

struct reply message_bdat(struct session *session)
{
    const struct command *command = &session->command;
    struct reply reply = session->transaction.chunk_fault;

    if (session->stage == STAGE_RCPT) {
        reply = begin_message(session, 0);
        session->stage = STAGE_CHUNKS;
    }
    if (reply.code) {
        return refuse_chunk(session, reply);
    }
    reply = read_chunk(session, 1);
    if (session->is_over || reply.code) {
        return reply;
    }
    if (command->is_last_chunk) {
        return end_chunks(session);
    }
    if (session->transaction.is_over_size) {
        return reply_make(552, "5.3.4", "message is larger than the limit");
    }
    if (session->transaction.queue_error) {
        return queue_reply(session);
    }
    return reply_make(
        250, "2.0.0",
        session_format(session, "%llu octets received", command->chunk_size));
}
