#include "submission_policy.h"

#include "sender.h"
#include "text.h"

struct reply submission_policy_login(struct session *session, stralloc *address)
{
    (void)address;
    if (!session->is_submission || session->user.len > 0) {
        return reply_none();
    }
    return session_may_log_in(session)
               ? reply_make(530, "5.7.0", "log in first, by AUTH")
               : reply_make(530, "5.7.0", "start TLS first, then log in");
}

struct reply submission_policy_sender(struct session *session, stralloc *address)
{
    const char *user = text_string(&session->user);

    if (!session->is_submission || address->len == 0) {
        return reply_none();
    }
    switch (sender_may_use(&session->tables, user, text_string(address))) {
    case 1:
        return reply_none();
    case 0:
        return reply_make(
            553, "5.7.1",
            session_format(session, "%s may not send as this address", user));
    default:
        return reply_make(451, "4.3.0", "tables can't be read at the moment");
    }
}

static struct reply allowance_reply(struct session *session,
                                    enum allowance_result result,
                                    unsigned long long recipients)
{
    const struct allowance *allowance = &session->allowance;
    int is_hopeless = recipients > (unsigned long long)allowance->recipients;

    switch (result) {
    case ALLOWANCE_LEFT:
        return reply_none();
    case ALLOWANCE_MESSAGES:
        return reply_make(450, "4.7.0",
                          session_format(session,
                                         "%s has reached the limit of %lld messages an "
                                         "hour, try again later",
                                         text_string(&session->user),
                                         allowance->messages));
    case ALLOWANCE_RECIPIENTS:
        return reply_make(
            is_hopeless ? 550 : 450, is_hopeless ? "5.7.0" : "4.7.0",
            session_format(session, "%s has a limit of %lld recipients an hour%s",
                           text_string(&session->user), allowance->recipients,
                           is_hopeless ? "" : ", try again later"));
    default:
        return reply_make(451, "4.3.0", "messages can't be counted at the moment");
    }
}

struct reply submission_policy_allowance(struct session *session, stralloc *address)
{
    (void)address;
    if (!session->is_submission) {
        return reply_none();
    }
    return allowance_reply(
        session, allowance_look(&session->allowance, text_string(&session->user), 1),
        1);
}

struct reply submission_policy_count(struct session *session, stralloc *address)
{
    unsigned long long recipients = session->envelope.recipient_count;

    (void)address;
    if (!session->is_submission) {
        return reply_none();
    }
    return allowance_reply(
        session,
        allowance_take(&session->allowance, text_string(&session->user), recipients),
        recipients);
}

struct reply submission_policy_header(struct session *session, stralloc *address)
{
    struct reply reply = session->hold.fault;

    (void)address;
    if (reply.code) { /* the hold is emptied before the reply is written */
        reply.text = session_format(session, "%s", reply.text);
    }
    return reply;
}
