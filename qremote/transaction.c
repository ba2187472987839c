#include "transaction.h"

#include "log.h"
#include "settings.h"
#include "suitable.h"
#include "text.h"
#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Recipients in one transaction where the server names no limit (RFC 9422). RFC 5321
 * section 4.5.3.1.8 lets every server take 100. */
#define GROUP_MAX 100
#define BLOCK_SIZE 65536

/* One transaction under way. */
struct transaction {
    struct session *session;
    struct job *job;
    size_t *group;  /* indexes in job->recipients */
    char *accepted; /* by position in group */
    size_t count;
    size_t accepted_count;
};

static const struct envelope_recipient *
recipient_of(const struct transaction *transaction, size_t position)
{
    const struct job *job = transaction->job;

    return &job->file.envelope
                .recipients[job->recipients[transaction->group[position]].index];
}

static void add_mail(const struct transaction *transaction, stralloc *out)
{
    const struct capabilities *capabilities = &transaction->session->capabilities;
    struct envelope *envelope = &transaction->job->file.envelope;
    unsigned flags = envelope->flags;

    text_add_format(out, "MAIL FROM:<%s>", text_string(&envelope->sender));
    if (capabilities->has_size) {
        text_add_format(out, " SIZE=%lld",
                        (long long)transaction->job->file.body_length);
    }
    if (capabilities->has_8bitmime &&
        (flags & (ENVELOPE_8BITMIME | ENVELOPE_SMTPUTF8))) {
        text_add_string(out, " BODY=8BITMIME");
    }
    if (capabilities->has_smtputf8 && (flags & ENVELOPE_SMTPUTF8)) {
        text_add_string(out, " SMTPUTF8");
    }
    if (capabilities->has_dsn && (flags & (ENVELOPE_RET_HDRS | ENVELOPE_RET_FULL))) {
        text_add_string(out, flags & ENVELOPE_RET_HDRS ? " RET=HDRS" : " RET=FULL");
    }
    if (capabilities->has_dsn && envelope->envid.len > 0) {
        text_add_format(out, " ENVID=%s", text_string(&envelope->envid));
    }
    text_add_string(out, "\r\n");
}

static void add_rcpt(const struct transaction *transaction, size_t position,
                     stralloc *out)
{
    static const char *const words[] = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
    const struct envelope_recipient *recipient = recipient_of(transaction, position);
    int is_first = 1, i;

    text_add_format(out, "RCPT TO:<%s>", recipient->address);
    for (i = 0; transaction->session->capabilities.has_dsn && i < 4; i++) {
        if (recipient->notify & (1u << i)) {
            text_add_string(out, is_first ? " NOTIFY=" : ",");
            text_add_string(out, words[i]);
            is_first = 0;
        }
    }
    if (transaction->session->capabilities.has_dsn && *recipient->orcpt) {
        text_add_format(out, " ORCPT=%s", recipient->orcpt);
    }
    text_add_string(out, "\r\n");
}

/* Gives what the session's last reply says to one of the group. */
static void set_by_reply(struct transaction *transaction, size_t position)
{
    const struct reply *reply = &transaction->session->reply;

    job_set(&transaction->job->recipients[transaction->group[position]],
            reply_status(reply) == 'K' ? 'Z' : reply_status(reply), reply->enhanced,
            reply->text.s);
}

/* The same for all that were accepted so far. */
static void set_accepted_by_reply(struct transaction *transaction)
{
    size_t i;

    for (i = 0; i < transaction->count; i++) {
        if (transaction->accepted[i]) {
            set_by_reply(transaction, i);
        }
    }
}

static int command_seconds(const struct transaction *transaction)
{
    return (int)setting_number(transaction->session->tables,
                               SET_remote_command_timeout);
}

/* Reads the reply to MAIL. 0, or -1: lost. Refused: the whole group has its result. */
static int read_mail_reply(struct transaction *transaction, int *is_refused)
{
    size_t i;

    if (session_read(transaction->session, command_seconds(transaction)) < 0) {
        return -1;
    }
    *is_refused = reply_status(&transaction->session->reply) != 'K';
    for (i = 0; *is_refused && i < transaction->count; i++) {
        set_by_reply(transaction, i);
    }
    return 0;
}

/* Reads the reply to one RCPT. 452 behind accepted ones means "no more in this
 * transaction" (RFC 5321 section 4.5.3.1.10): that recipient goes into the next. */
static int read_rcpt_reply(struct transaction *transaction, size_t position,
                           int is_refused)
{
    if (session_read(transaction->session, command_seconds(transaction)) < 0) {
        return -1;
    }
    if (is_refused) {
        return 0;
    }
    if (reply_status(&transaction->session->reply) == 'K') {
        transaction->accepted[position] = 1;
        transaction->accepted_count++;
    } else if (transaction->session->reply.code != 452 ||
               transaction->accepted_count == 0) {
        set_by_reply(transaction, position);
    }
    return 0;
}

/* MAIL, RCPT and DATA in one go. 0, or -1: lost. */
static int send_pipelined(struct transaction *transaction, int *is_refused)
{
    stralloc out = STRALLOC_ZERO;
    size_t i;
    int result;

    add_mail(transaction, &out);
    for (i = 0; i < transaction->count; i++) {
        add_rcpt(transaction, i, &out);
    }
    text_add_string(&out, "DATA\r\n");
    result = session_write(transaction->session, out.s, out.len,
                           command_seconds(transaction));
    text_free(&out);
    if (result == 0) {
        result = read_mail_reply(transaction, is_refused);
    }
    for (i = 0; result == 0 && i < transaction->count; i++) {
        result = read_rcpt_reply(transaction, i, *is_refused);
    }
    return result;
}

/* The same, a command at a time, for servers without PIPELINING. DATA is sent last,
 * where anyone was accepted. */
static int send_stepwise(struct transaction *transaction, int *is_refused)
{
    int seconds = command_seconds(transaction);
    stralloc out = STRALLOC_ZERO;
    size_t i;
    int result;

    add_mail(transaction, &out);
    result = session_write(transaction->session, out.s, out.len, seconds);
    if (result == 0) {
        result = read_mail_reply(transaction, is_refused);
    }
    for (i = 0; result == 0 && !*is_refused && i < transaction->count; i++) {
        text_clear(&out);
        add_rcpt(transaction, i, &out);
        result = session_write(transaction->session, out.s, out.len, seconds);
        if (result == 0) {
            result = read_rcpt_reply(transaction, i, 0);
        }
    }
    text_free(&out);
    if (result == 0 && transaction->accepted_count > 0) {
        result = session_write(transaction->session, "DATA\r\n", 6, seconds);
    }
    return result;
}

/* Sends the message and its end. 0; -1: lost; -2: the queue file is damaged. */
static int send_message(struct transaction *transaction)
{
    long long seconds =
        setting_number(transaction->session->tables, SET_remote_data_timeout);
    struct queue_body body;
    struct wire wire = {0};
    stralloc out = STRALLOC_ZERO;
    char *block = memory_get(BLOCK_SIZE);
    int result = 0;
    ssize_t got;

    queue_body_open(&body, transaction->job->fd, &transaction->job->file);
    while (result == 0 && (got = queue_body_read(&body, block, BLOCK_SIZE)) != 0) {
        if (got < 0) {
            result = -2;
        } else {
            wire_encode(&wire, &out, block, (size_t)got);
            if (out.len >= BLOCK_SIZE / 2 && body.left > 0) {
                result = session_write(transaction->session, out.s, out.len, seconds);
                text_clear(&out);
            }
        }
    }
    if (result == 0) { /* the end leaves together with the last bytes */
        wire_end(&wire, &out);
        result = session_write(transaction->session, out.s, out.len, seconds);
    }
    text_free(&out);
    free(block);
    return result;
}

/* The reply to the message's end decides for all that were accepted. */
static void set_final(struct transaction *transaction)
{
    const struct session *session = transaction->session;
    char status = reply_status(&session->reply);
    size_t i;

    if (status == 'K' && !session->capabilities.has_dsn) {
        status = 'R';
    }
    for (i = 0; i < transaction->count; i++) {
        if (transaction->accepted[i]) {
            job_set(&transaction->job->recipients[transaction->group[i]], status,
                    session->reply.enhanced, session->reply.text.s);
        }
    }
}

/* After the 354. Where nobody was accepted, a server that wants data all the same gets
 * an empty message, whose refusal means nothing (RFC 2920 section 3.1). */
static enum transaction_end send_data(struct transaction *transaction)
{
    struct session *session = transaction->session;
    long long final = setting_number(session->tables, SET_remote_final_timeout);
    int result = transaction->accepted_count > 0
                     ? send_message(transaction)
                     : session_write(session, ".\r\n", 3, command_seconds(transaction));

    if (result == -2) {
        log_event(LOG_LEVEL_ERROR, "damaged", "id", transaction->job->name, (char *)0);
        job_set_rest(transaction->job, 'Z', "4.3.0", "the queue file is damaged");
        session_close(session,
                      0); /* without the end, so that nobody takes the torn part */
        return TRANSACTION_OVER;
    }
    if (result < 0 || session_read(session, final) < 0) {
        job_set_rest(transaction->job, 'Z', "4.4.2",
                     "the connection was lost while the message was sent");
        session_close(session, 0);
        return TRANSACTION_OVER;
    }
    if (transaction->accepted_count > 0) {
        set_final(transaction);
    } else {
        session->needs_reset = 1;
    }
    return session_is_over(session) ? TRANSACTION_OVER : TRANSACTION_DONE;
}

/* Lost before DATA: nothing can have been taken. What has a result keeps it. */
static enum transaction_end lose(struct transaction *transaction)
{
    struct session *session = transaction->session;
    enum transaction_end end =
        session->transactions > 0 ? TRANSACTION_UNTRIED : TRANSACTION_OVER;

    if (end == TRANSACTION_OVER) {
        job_set_rest(transaction->job, 'Z', "4.4.2", "the connection was lost");
    }
    session_close(session, 0);
    return end;
}

static enum transaction_end run_group(struct transaction *transaction)
{
    struct session *session = transaction->session;
    int is_pipelined = session->capabilities.has_pipelining;
    int is_refused = 0;
    int result;

    if (session->needs_reset) {
        if (session_write(session, "RSET\r\n", 6, command_seconds(transaction)) < 0 ||
            session_read(session, command_seconds(transaction)) < 0) {
            return lose(transaction);
        }
        session->needs_reset = 0;
    }
    result = is_pipelined ? send_pipelined(transaction, &is_refused)
                          : send_stepwise(transaction, &is_refused);
    if (result < 0) {
        return lose(transaction);
    }
    if (!is_pipelined && transaction->accepted_count == 0) {
        session->needs_reset = 1;
        return session_is_over(session) ? TRANSACTION_OVER : TRANSACTION_DONE;
    }
    if (session_read(session, command_seconds(transaction)) < 0) {
        return lose(transaction);
    }
    session->transactions++;
    if (session->reply.code == 354) {
        return send_data(transaction);
    }
    set_accepted_by_reply(transaction);
    session->needs_reset = 1;
    return session_is_over(session) ? TRANSACTION_OVER : TRANSACTION_DONE;
}

/* Gathers the next recipients without a result. */
static void choose_group(struct transaction *transaction)
{
    unsigned long long limit = transaction->session->capabilities.rcpt_max;
    size_t i;

    limit = limit == 0 || limit > GROUP_MAX ? GROUP_MAX : limit;
    transaction->count = transaction->accepted_count = 0;
    memset(transaction->accepted, 0, GROUP_MAX);
    for (i = 0; i < transaction->job->count && transaction->count < limit; i++) {
        if (!transaction->job->recipients[i].status) {
            transaction->group[transaction->count++] = i;
        }
    }
}

/* The server ended the session with a 421: what is left waits. */
static void give_up_rest(struct transaction *transaction)
{
    const struct reply *reply = &transaction->session->reply;

    job_set_rest(transaction->job, 'Z', "4.4.2",
                 reply->text.len > 0 ? reply->text.s : "the connection was lost");
}

enum transaction_end transaction_run(struct session *session, struct job *job)
{
    struct transaction transaction = {.session = session,
                                      .job = job,
                                      .group = memory_get(GROUP_MAX * sizeof(size_t)),
                                      .accepted = memory_get(GROUP_MAX)};
    enum transaction_end end = TRANSACTION_DONE;

    if (suitable_check(&session->capabilities, job)) {
        choose_group(&transaction);
        while (transaction.count > 0 && end == TRANSACTION_DONE) {
            end = run_group(&transaction);
            choose_group(&transaction);
        }
    }
    if (end == TRANSACTION_OVER) {
        give_up_rest(&transaction);
    }
    free(transaction.group);
    free(transaction.accepted);
    return end;
}
