#include "transaction.h"

#include "address.h"
#include "command.h"
#include "data.h"
#include "log.h"
#include "settings.h"
#include "suitable.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Recipients in one transaction where the server names no limit (RFC 9422): RFC 5321
 * section 4.5.3.1.8 lets every server take 100. */
#define GROUP_DEFAULT 100
/* Commands that leave in one go, so that neither side waits for the other to read
 * (RFC 2920 section 3.1). A group of the default size fits in whole. */
#define FLIGHT_MAX (GROUP_DEFAULT + 28)

/* The commands of a transaction, in order; the n-th recipient's is STEP_RCPT + n, and
 * DATA comes after the last. */
enum { STEP_RSET, STEP_MAIL, STEP_RCPT };

struct transaction {
    struct session *session;
    struct job *job;
    size_t *group;  /* indexes in job->recipients */
    char *accepted; /* by position in group */
    size_t count;
    size_t accepted_count;
    size_t written, answered; /* steps */
    int is_refused;           /* MAIL was */
    int is_reused; /* the session had transactions before; it may have died since */
};

static long long command_seconds(const struct transaction *transaction)
{
    return setting_number(transaction->session->tables, SET_remote_command_timeout);
}

static const struct envelope_recipient *get_envelope(const struct job *job, size_t i)
{
    return &job->file.envelope.recipients[job->recipients[i].index];
}

static size_t data_step(const struct transaction *transaction)
{
    return STEP_RCPT + transaction->count;
}

/* ---- the group ---- */

/* 1 where recipient I has a domain that no one in the group has. */
static int has_new_domain(const struct transaction *transaction, size_t i)
{
    const struct job *job = transaction->job;
    const char *domain = address_domain(get_envelope(job, i)->address);
    size_t at;

    for (at = 0; domain && at < transaction->count; at++) {
        const char *other =
            address_domain(get_envelope(job, transaction->group[at])->address);
        if (other && strcmp(domain, other) == 0) {
            return 0;
        }
    }
    return 1;
}

/* Gathers the next recipients without a result, within the server's limits. */
static void choose_group(struct transaction *transaction)
{
    const struct capabilities *capabilities = &transaction->session->capabilities;
    const struct job *job = transaction->job;
    unsigned long long limit =
        capabilities->rcpt_max > 0 ? capabilities->rcpt_max : GROUP_DEFAULT;
    unsigned long long domains = 0;
    size_t i;

    transaction->count = transaction->accepted_count = 0;
    memset(transaction->accepted, 0, job->count);
    for (i = 0; i < job->count && transaction->count < limit; i++) {
        if (job->recipients[i].status) {
            continue;
        }
        if (capabilities->rcpt_domain_max > 0 && has_new_domain(transaction, i)) {
            if (domains == capabilities->rcpt_domain_max) {
                continue;
            }
            domains++;
        }
        transaction->group[transaction->count++] = i;
    }
}

/* ---- results ---- */

/* The last reply is this one's result. */
static void set_one(struct transaction *transaction, size_t position)
{
    const struct session *session = transaction->session;
    char status = reply_status(&session->reply);

    if (status == 'K' && !session->capabilities.has_dsn) {
        status = 'R';
    }
    job_set_reply(&transaction->job->recipients[transaction->group[position]], status,
                  session->host->name, &session->reply);
}

static void set_accepted(struct transaction *transaction)
{
    size_t i;

    for (i = 0; i < transaction->count; i++) {
        if (transaction->accepted[i]) {
            set_one(transaction, i);
        }
    }
}

/* The session is gone: all that have no result wait, with the server's 421 or what
 * else is known. */
static enum transaction_end give_up(struct transaction *transaction, const char *when)
{
    struct session *session = transaction->session;
    struct job *job = transaction->job;
    stralloc text = STRALLOC_ZERO;
    size_t i;

    for (i = 0; session->reply.code == 421 && i < job->count; i++) {
        if (!job->recipients[i].status) {
            job_set_reply(&job->recipients[i], 'Z', session->host->name,
                          &session->reply);
        }
    }
    text_add_format(&text, "%s %s %s", session->host->name, session->trouble, when);
    job_set_rest(job, 'Z', "4.4.2", text_string(&text));
    text_free(&text);
    session_close(session, 0);
    return TRANSACTION_OVER;
}

/* Lost before the message: nobody can have got it. */
static enum transaction_end lose(struct transaction *transaction)
{
    if (transaction->is_reused) {
        session_close(transaction->session, 0);
        return TRANSACTION_UNTRIED;
    }
    return give_up(transaction, "before the message was sent");
}

/* ---- the envelope ---- */

static void add_step(struct transaction *transaction, size_t step, stralloc *out)
{
    struct session *session = transaction->session;
    struct job *job = transaction->job;

    if (step == STEP_RSET) {
        text_add_string(out, "RSET\r\n");
    } else if (step == STEP_MAIL) {
        session->mails++;
        command_add_mail(out, &session->capabilities, job);
    } else if (step < data_step(transaction)) {
        command_add_rcpt(out, &session->capabilities,
                         get_envelope(job, transaction->group[step - STEP_RCPT]));
    } else {
        text_add_string(out, "DATA\r\n");
    }
}

/* Once all that was written is answered: writes what comes next, as many commands as
 * the server takes at once. 1; 0: there is nothing more to say; -1: lost. */
static int write_flight(struct transaction *transaction)
{
    struct session *session = transaction->session;
    size_t room = session->capabilities.has_pipelining ? FLIGHT_MAX : 1;
    stralloc out = STRALLOC_ZERO;
    int result = 1;

    if (transaction->is_refused || (transaction->written == data_step(transaction) &&
                                    transaction->accepted_count == 0)) {
        return 0;
    }
    while (room-- > 0 && transaction->written <= data_step(transaction)) {
        add_step(transaction, transaction->written++, &out);
    }
    if (session_write(session, out.s, out.len, command_seconds(transaction)) < 0) {
        /* It may have said why. */
        if (!line_reader_has_input(&session->reader)) {
            result = -1;
        }
    }
    text_free(&out);
    return result;
}

static void take_refused_mail(struct transaction *transaction)
{
    size_t i;

    transaction->is_refused = 1;
    for (i = 0; i < transaction->count; i++) {
        set_one(transaction, i);
    }
}

/* A refusal that only ends the list of this transaction leaves the recipient to the
 * next one. */
static void take_rcpt(struct transaction *transaction, size_t position)
{
    struct reply *reply = &transaction->session->reply;

    if (transaction->is_refused) {
        return;
    }
    reply_fit_rcpt(reply);
    if (reply_status(reply) == 'K') {
        transaction->accepted[position] = 1;
        transaction->accepted_count++;
    } else if (!reply_is_too_many(reply) || transaction->accepted_count == 0) {
        set_one(transaction, position);
    }
}

/* 1 where the last reply can't be one to what was said: the two sides have lost each
 * other, and nothing that follows means anything. */
static int is_out_of_place(struct session *session, int is_data)
{
    int code = session->reply.code;

    if (code >= 400 || (is_data ? code == 354 : code < 300)) {
        return 0;
    }
    session->trouble = "gave a wrong answer";
    reply_begin(&session->reply);
    return 1;
}

/* Reads the reply to the next step. 0, or -1: lost. */
static int read_answer(struct transaction *transaction)
{
    struct session *session = transaction->session;
    size_t step = transaction->answered;

    if (session_read(session, command_seconds(transaction)) < 0 ||
        session_is_ending(session) ||
        is_out_of_place(session, step == data_step(transaction))) {
        return -1;
    }
    if (step == STEP_MAIL && reply_status(&session->reply) != 'K') {
        take_refused_mail(transaction);
    } else if (step >= STEP_RCPT && step < data_step(transaction)) {
        take_rcpt(transaction, step - STEP_RCPT);
    }
    transaction->answered++;
    return 0;
}

/* Says and hears all up to DATA. 0, or -1: lost. */
static int send_envelope(struct transaction *transaction)
{
    transaction->answered = transaction->session->needs_reset ? STEP_RSET : STEP_MAIL;
    transaction->written = transaction->answered;
    transaction->is_reused = transaction->session->mails > 0;
    transaction->is_refused = 0;
    while (transaction->answered <= data_step(transaction)) {
        int result = 1;
        if (transaction->answered == transaction->written) {
            result = write_flight(transaction);
        }
        if (result == 0) {
            return 0;
        }
        if (result < 0 || read_answer(transaction) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the message ---- */

/* The reply to the message decides for all that were accepted. */
static enum transaction_end take_final(struct transaction *transaction)
{
    struct session *session = transaction->session;

    if (is_out_of_place(session, 0)) {
        return give_up(transaction, "after the message");
    }
    set_accepted(transaction);
    session->needs_reset = reply_status(&session->reply) != 'K';
    return session_is_ending(session) ? give_up(transaction, "") : TRANSACTION_DONE;
}

/* Where nobody was accepted, a server that wants data all the same gets an empty
 * message, whose refusal means nothing (RFC 2920 section 3.1). */
static enum transaction_end send_nothing(struct transaction *transaction)
{
    struct session *session = transaction->session;

    if (session_write(session, ".\r\n", 3, command_seconds(transaction)) < 0 ||
        session_read(session, command_seconds(transaction)) < 0 ||
        session_is_ending(session)) {
        return give_up(transaction, "after it took no recipient");
    }
    session->needs_reset = 1;
    return TRANSACTION_DONE;
}

static enum transaction_end send_message(struct transaction *transaction)
{
    struct session *session = transaction->session;
    struct job *job = transaction->job;
    int is_damaged;

    switch (data_send(session, job)) {
    case DATA_SENT:
        if (session_read(session, setting_number(session->tables,
                                                 SET_remote_final_timeout)) == 0) {
            return take_final(transaction);
        }
        return give_up(transaction, "after the message, before its answer");
    case DATA_STOPPED:
        set_accepted(transaction);
        return give_up(transaction, "while the message was sent");
    case DATA_DAMAGED:
        is_damaged = errno == EILSEQ;
        log_failure("read-message", "id", job->name, (char *)0);
        job_set_unreadable(job, is_damaged);
        return give_up(transaction, "");
    default:
        return give_up(transaction, "while the message was sent");
    }
}

static enum transaction_end run_group(struct transaction *transaction)
{
    struct session *session = transaction->session;

    if (send_envelope(transaction) < 0) {
        return lose(transaction);
    }
    session->needs_reset = 1;
    if (transaction->answered <= data_step(transaction)) {
        return TRANSACTION_DONE; /* DATA was not even sent */
    }
    if (session->reply.code == 354) {
        return transaction->accepted_count > 0 ? send_message(transaction)
                                               : send_nothing(transaction);
    }
    set_accepted(transaction);
    return TRANSACTION_DONE;
}

/* The server takes no more mail in this session (LIMITS MAILMAX). */
static int is_full(const struct session *session)
{
    return session->capabilities.mail_max > 0 &&
           session->mails >= session->capabilities.mail_max;
}

static enum transaction_end run_groups(struct transaction *transaction)
{
    enum transaction_end end = TRANSACTION_DONE;

    choose_group(transaction);
    while (transaction->count > 0 && end == TRANSACTION_DONE) {
        if (is_full(transaction->session)) {
            session_close(transaction->session, 1);
            return TRANSACTION_UNTRIED;
        }
        end = run_group(transaction);
        if (job_answer(transaction->job) < 0) {
            session_close(transaction->session, 0);
            return TRANSACTION_OVER;
        }
        choose_group(transaction);
    }
    return end;
}

enum transaction_end transaction_run(struct session *session, struct job *job)
{
    struct transaction transaction = {.session = session,
                                      .job = job,
                                      .group = memory_get(job->count * sizeof(size_t)),
                                      .accepted = memory_get(job->count)};
    enum transaction_end end;

    suitable_check(&session->capabilities, job);
    end = run_groups(&transaction);
    free(transaction.group);
    free(transaction.accepted);
    return end;
}
