#include "envelope_commands.h"

#include "address.h"
#include "policy.h"
#include "text.h"

struct reply envelope_mail(struct session *session)
{
    struct command *command = &session->command;
    struct reply reply;

    if (command->parameters.has_auth && !session->is_submission) {
        return reply_make(555, "5.5.4", "a parameter is unknown here");
    }
    if ((command->parameters.flags & ENVELOPE_REQUIRETLS) && !session->tls.is_active) {
        return reply_make(530, "5.7.10", "REQUIRETLS is taken inside TLS alone");
    }
    session_reset_transaction(session);
    session->transaction.announced_size = command->parameters.size;
    session->transaction.is_smtputf8 =
        (command->parameters.flags & ENVELOPE_SMTPUTF8) != 0;
    reply = policy_ask(session, EVENT_MAIL, &command->path);
    if (reply.code >= 300) {
        session_reset_transaction(session);
        return reply;
    }
    session->envelope.flags = command->parameters.flags;
    text_set_string(&session->envelope.sender, text_string(&command->path));
    text_set_string(&session->envelope.envid, text_string(&command->parameters.envid));
    session->stage = STAGE_MAIL;
    /* The log names the message from here on. */
    if (queue_new_name(session->submission.writer.name) < 0) {
        session_reset_transaction(session);
        return reply_make(451, "4.3.0", "the queue can't be used at the moment");
    }
    return reply.code ? reply : reply_make(250, "2.1.0", "sender ok");
}

static struct reply check_utf8(const struct session *session)
{
    const struct command *command = &session->command;

    if (!session->transaction.is_smtputf8 &&
        (address_is_utf8(command->path.s) || command->parameters.has_utf8_orcpt)) {
        return reply_make(553, "5.6.7", "MAIL came without SMTPUTF8");
    }
    return reply_none();
}

struct reply envelope_rcpt(struct session *session)
{
    struct command *command = &session->command;
    struct reply reply = check_utf8(session);

    if (reply.code == 0) {
        reply = policy_ask(session, EVENT_RCPT, &command->path);
    }
    if (reply.code >= 300) {
        session->transaction.has_refused_recipients = 1;
        return reply;
    }
    envelope_add_recipient(&session->envelope, text_string(&command->path),
                           command->parameters.notify,
                           text_string(&command->parameters.orcpt), 0);
    session->stage = STAGE_RCPT;
    return reply.code ? reply : reply_make(250, "2.1.5", "recipient ok");
}

struct reply envelope_rset(struct session *session)
{
    struct reply reply = policy_ask(session, EVENT_RSET, NULL);

    session_reset_transaction(session);
    return reply.code ? reply : reply_make(250, "2.0.0", "ok");
}
